package io.mqttkafka.bridge.benchmarks;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/**
 * One promise about this project's bridge, as a ratio to another peer.
 *
 * @param atLeast whether {@code limit} is the least the ratio may be, or the most
 */
record Bar(String text, Peer base, ToDoubleFunction<TrialResult> metric, double limit, boolean atLeast) {
    static final List<Bar> ALL = List.of(
            new Bar("rate >= 0.7 x floor", Peer.FLOOR, TrialResult::messagesPerSecond, 0.7, true),
            new Bar("CPU per message <= 1.5 x floor", Peer.FLOOR, TrialResult::cpuMicros, 1.5, false),
            new Bar("rate >= 3 x stock Paho", Peer.PAHO, TrialResult::messagesPerSecond, 3, true),
            new Bar("rate >= 0.97 x before", Peer.BEFORE, TrialResult::messagesPerSecond, 0.97, true),
            new Bar("CPU per message <= 1.03 x before", Peer.BEFORE, TrialResult::cpuMicros, 1.03, false));

    private static final List<Bar> TO_MQTT = List.of(
            new Bar("rate >= 0.85 x floor", Peer.FLOOR, TrialResult::messagesPerSecond, 0.85, true),
            new Bar("CPU per message <= 1.5 x floor", Peer.FLOOR, TrialResult::cpuMicros, 1.5, false),
            new Bar("rate >= 0.97 x before", Peer.BEFORE, TrialResult::messagesPerSecond, 0.97, true),
            new Bar("CPU per message <= 1.03 x before", Peer.BEFORE, TrialResult::cpuMicros, 1.03, false));

    static List<Bar> of(Direction direction) {
        return direction == Direction.TO_KAFKA ? ALL : TO_MQTT;
    }

    boolean appliesTo(WorkloadResult result) {
        return result.measured().containsAll(Set.of(Peer.OURS, base));
    }

    boolean isMetBy(WorkloadResult result) {
        double ratio = ratio(result);
        return atLeast ? ratio >= limit : ratio <= limit;
    }

    String verdict(WorkloadResult result) {
        return String.format(Locale.ROOT, "%s  %s: %.2f", isMetBy(result) ? "PASS" : "FAIL", text, ratio(result));
    }

    private double ratio(WorkloadResult result) {
        return result.ratio(Peer.OURS, base, metric);
    }
}
