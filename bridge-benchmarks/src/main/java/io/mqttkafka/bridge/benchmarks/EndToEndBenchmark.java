package io.mqttkafka.bridge.benchmarks;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * How fast does the bridge move messages from MQTT to Kafka, or back, and what does it cost, next to the least work that does it
 * and to what users write by hand?
 *
 * <pre>{@code
 * mvn -q -Pbenchmark -pl bridge-benchmarks -am compile
 * mvn -q -Pbenchmark -pl bridge-benchmarks -am compile -Dbenchmark.args="--all --rounds 3"
 * mvn -q -Pbenchmark -pl bridge-benchmarks -am compile -Dbenchmark.args="--direction to-mqtt"
 * }</pre>
 *
 * <p>For each backlog, each peer in turn gets a new mosquitto (on the PATH) and a new Kafka, one persistent session full
 * of messages, and a JVM of its own with the same heap, receive maximum and producer settings. Measured are
 *
 * <ul>
 *   <li>messages per second between the first and the last append, by Kafka's clock (LogAppendTime);
 *   <li>the peer's CPU time per message up to the last append: from its start, JVM and compiler included, which is what
 *       the bar is about; and "draining", between the first and the last append only;
 *   <li>its peak memory (VmHWM);
 *   <li>what was lost, duplicated, reordered or corrupt, by numbers and checksums in the payloads.
 * </ul>
 *
 * <p>With {@code --direction to-mqtt} the backlog lies in Kafka, a subscriber counts what comes out of mosquitto, and its
 * clock and its count stand for the appends. The rate is that of all four together: consumer, peer, mosquitto, subscriber.
 *
 * <p>A backlog of QoS 0 is queued too: mosquitto does that for a persistent session with {@code queue_qos0_messages}. Then
 * "lost" is what the broker or the peer gave up. Only ratios within one run mean anything: brokers, peer and benchmark
 * share the machine. Linux only.
 *
 * <p>The exit code is 0 if this project's bridge and the floor carried every message of QoS 1 once and in order, and this
 * project's bridge those of QoS 2, else 1.
 */
public final class EndToEndBenchmark {
    /** What exactly once may cost. */
    private static final double LEAST_OF_QOS1 = 0.5;

    private final BenchmarkOptions options;
    private final Report report = new Report(System.out);

    private EndToEndBenchmark(BenchmarkOptions options) {
        this.options = options;
    }

    /** Runs the benchmark; an unknown option prints all options. */
    public static void main(String[] args) throws IOException, InterruptedException, ExecutionException {
        BenchmarkOptions options;
        try {
            options = BenchmarkOptions.parse(args);
            options.direction();
            options.peers().forEach(options::classPath);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage() + "\n\n" + BenchmarkOptions.USAGE);
            System.exit(2);
            return;
        }
        boolean passed = new EndToEndBenchmark(options).run();
        System.exit(passed ? 0 : 1);
    }

    private boolean run() throws IOException, InterruptedException, ExecutionException {
        boolean passed = true;
        Map<Integer, Double> rates = new HashMap<>();
        for (Workload workload : options.workloads()) {
            report.title(options.direction(), workload, options.rounds());
            WorkloadResult result = measure(workload);
            report.table(result);
            passed &= judge(workload, result);
            if (workload.payloadBytes() == Workload.JUDGED_BYTES && options.direction() == Direction.TO_KAFKA) {
                rates.put(workload.qos(), result.median(Peer.OURS, TrialResult::messagesPerSecond));
            }
        }
        return judgeExactlyOnce(rates.get(1), rates.get(2)) && passed;
    }

    /** Both rates are of this run, or there is nothing to judge. */
    private boolean judgeExactlyOnce(@Nullable Double qos1, @Nullable Double qos2) {
        if (qos1 == null || qos2 == null || qos1.isNaN() || qos2.isNaN()) {
            return true;
        }
        double ratio = qos2 / qos1;
        boolean met = ratio >= LEAST_OF_QOS1;
        report.line(String.format(
                Locale.ROOT,
                "%s  rate at QoS 2 >= %.1f x rate at QoS 1, ours: %.2f",
                met ? "PASS" : "FAIL",
                LEAST_OF_QOS1,
                ratio));
        return met || !options.enforcesBars();
    }

    private WorkloadResult measure(Workload workload) throws IOException, InterruptedException, ExecutionException {
        WorkloadResult result = new WorkloadResult();
        List<Peer> turn = new ArrayList<>(options.peers());
        for (int round = 0; round < options.rounds(); round++) {
            for (Peer peer : turn) {
                try {
                    TrialResult trial = measure(workload, peer);
                    result.add(peer, trial);
                    report.trial(peer, trial);
                } catch (PeerFailedException e) {
                    result.addFailure(peer);
                    report.failure(peer, e);
                }
            }
            // Another peer begins each round, so that none always runs after the same one.
            Collections.rotate(turn, 1);
        }
        return result;
    }

    private TrialResult measure(Workload workload, Peer peer)
            throws IOException, InterruptedException, ExecutionException, PeerFailedException {
        return options.direction() == Direction.TO_KAFKA
                ? new Trial(options, workload, peer).run()
                : new SinkTrial(options, workload, peer).run();
    }

    private boolean judge(Workload workload, WorkloadResult result) {
        boolean passed = workload.qos() != 1 || (result.isFaultless(Peer.OURS) && result.isFaultless(Peer.FLOOR));
        passed &= workload.qos() != 2 || result.isFaultless(Peer.OURS);
        if (workload.isJudged()) {
            for (Bar bar : Bar.of(options.direction())) {
                if (bar.appliesTo(result)) {
                    report.verdict(bar, result);
                    passed &= bar.isMetBy(result) || !options.enforcesBars();
                }
            }
        }
        return passed;
    }
}
