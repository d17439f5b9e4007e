package io.mqttkafka.bridge.benchmarks;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/** All trials with one backlog: each peer once per round. Not thread-safe. */
final class WorkloadResult {
    private final Map<Peer, List<TrialResult>> trials = new EnumMap<>(Peer.class);
    private final Set<Peer> failed = EnumSet.noneOf(Peer.class);

    void add(Peer peer, TrialResult result) {
        trials.computeIfAbsent(peer, absent -> new ArrayList<>()).add(result);
    }

    void addFailure(Peer peer) {
        failed.add(peer);
    }

    /** The peers that have figures. */
    Set<Peer> measured() {
        return trials.keySet();
    }

    /** The median over the rounds, the upper one of an even number; not a number if there is no figure. */
    double median(Peer peer, ToDoubleFunction<TrialResult> metric) {
        double[] sorted = of(peer).stream().mapToDouble(metric).sorted().toArray();
        return sorted.length == 0 ? Double.NaN : sorted[sorted.length / 2];
    }

    /** The sum over the rounds: no fault may hide behind a median. */
    long total(Peer peer, ToLongFunction<TrialResult> count) {
        return of(peer).stream().mapToLong(count).sum();
    }

    /** How many times {@code base}'s figure {@code peer} has; not a number if either has none. */
    double ratio(Peer peer, Peer base, ToDoubleFunction<TrialResult> metric) {
        return median(peer, metric) / median(base, metric);
    }

    /** Whether {@code peer} did all its trials and nothing was lost, duplicated, reordered or corrupt. */
    boolean isFaultless(Peer peer) {
        return !failed.contains(peer) && of(peer).stream().allMatch(TrialResult::isFaultless);
    }

    private List<TrialResult> of(Peer peer) {
        return trials.getOrDefault(peer, List.of());
    }
}
