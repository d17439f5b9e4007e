package io.mqttkafka.bridge.tests.faults;

import io.mqttkafka.bridge.tests.faults.Tally.Verdict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Sums up the runs of this JVM by QoS and prints the sum after each, so that a long run can be read while it goes on.
 * Thread-safe.
 */
final class Totals {

    private static final Map<Integer, Totals> BY_QOS = new TreeMap<>();

    private final int qos;
    private final List<Duration> recoveries = new ArrayList<>();
    private long messages;
    private long kills;
    private long faults;
    private long lost;
    private long duplicated;
    private long reordered;
    private long acknowledgements;
    private long early;

    private Totals(int qos) {
        this.qos = qos;
    }

    /** Adds a run: how often the bridge was killed or halted, and how often something else went wrong. */
    static synchronized void add(int qos, int kills, int faults, Verdict verdict, List<Duration> recoveries) {
        Totals totals = BY_QOS.computeIfAbsent(qos, Totals::new);
        totals.messages += verdict.acknowledged();
        totals.kills += kills;
        totals.faults += faults;
        totals.lost += verdict.lost();
        totals.duplicated += verdict.duplicated();
        totals.reordered += verdict.reordered();
        totals.recoveries.addAll(recoveries);
        totals.print();
    }

    /** Adds acknowledgements that were compared with what could be read, and how many of them came too early. */
    static synchronized void addAcknowledgements(int qos, int seen, int early) {
        Totals totals = BY_QOS.computeIfAbsent(qos, Totals::new);
        totals.acknowledgements += seen;
        totals.early += early;
    }

    private void print() {
        System.out.printf(
                "So far at qos %d: messages %d, kills %d, faults %d, lost %d, duplicated %d, reordered %d, "
                        + "early acks %d of %d, recovery p50 %s p99 %s of %d%n",
                qos,
                messages,
                kills,
                faults,
                lost,
                duplicated,
                reordered,
                early,
                acknowledgements,
                recovery(50),
                recovery(99),
                recoveries.size());
    }

    private String recovery(int percentile) {
        if (recoveries.isEmpty()) {
            return "-";
        }
        List<Duration> sorted = recoveries.stream().sorted().toList();
        int index = (sorted.size() * percentile + 99) / 100 - 1;
        return sorted.get(index).toMillis() + " ms";
    }
}
