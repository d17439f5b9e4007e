package io.mqttkafka.bridge.benchmarks;

import java.io.PrintStream;
import java.util.Locale;

/** Prints what was measured. */
final class Report {
    private final PrintStream out;

    Report(PrintStream out) {
        this.out = out;
    }

    void title(Direction direction, Workload workload, int rounds) {
        out.printf(
                Locale.ROOT,
                "%n%s: QoS %d, %,d B, %,d messages, %,d topics, %d round(s)%n",
                direction.label(),
                workload.qos(),
                workload.payloadBytes(),
                workload.messages(),
                workload.topics(),
                rounds);
    }

    void trial(Peer peer, TrialResult result) {
        out.printf(
                Locale.ROOT,
                "  %s: %,.0f messages/s, %.2f us of CPU per message%s%n",
                peer.label(),
                result.messagesPerSecond(),
                result.cpuMicros(),
                result.isFaultless() ? "" : ", with faults");
    }

    void failure(Peer peer, PeerFailedException failure) {
        out.printf("  %s failed: %s%n", peer.label(), failure.getMessage());
    }

    /** Rates and ratios are medians over the rounds, faults are sums. */
    void table(WorkloadResult result) {
        out.printf(
                "%-6s %12s %8s %11s %8s %11s %9s %8s %8s %9s %8s%n",
                "peer",
                "messages/s",
                "x floor",
                "CPU us/msg",
                "x floor",
                "draining",
                "peak MiB",
                "lost",
                "dupl.",
                "reordered",
                "corrupt");
        for (Peer peer : result.measured()) {
            out.printf(
                    Locale.ROOT,
                    "%-6s %,12.0f %8.2f %11.2f %8.2f %11.2f %9.0f %,8d %,8d %,9d %,8d%n",
                    peer.label(),
                    result.median(peer, TrialResult::messagesPerSecond),
                    result.ratio(peer, Peer.FLOOR, TrialResult::messagesPerSecond),
                    result.median(peer, TrialResult::cpuMicros),
                    result.ratio(peer, Peer.FLOOR, TrialResult::cpuMicros),
                    result.median(peer, TrialResult::drainCpuMicros),
                    result.median(peer, TrialResult::peakMebibytes),
                    result.total(peer, TrialResult::lost),
                    result.total(peer, TrialResult::duplicated),
                    result.total(peer, TrialResult::reordered),
                    result.total(peer, TrialResult::corrupt));
        }
    }

    void verdict(Bar bar, WorkloadResult result) {
        line(bar.verdict(result));
    }

    void line(String text) {
        out.println(text);
    }
}
