package io.mqttkafka.bridge.benchmarks;

/**
 * What one peer did with one backlog.
 *
 * @param messagesPerSecond between the first and the last append, by Kafka's clock, or arrival, by the subscriber's
 * @param cpuMicros the peer's CPU time per message from its start to the last append, the start of its JVM included
 * @param drainCpuMicros the same between the first and the last append
 * @param peakMebibytes the most memory the peer held
 */
record TrialResult(
        double messagesPerSecond,
        double cpuMicros,
        double drainCpuMicros,
        double peakMebibytes,
        long lost,
        long duplicated,
        long reordered,
        long corrupt) {

    static TrialResult of(DeliveryLedger ledger, DrainWatch.Sample first, DrainWatch.Sample last) {
        double delivered = Math.max(1, ledger.delivered());
        double drained = Math.max(1, last.endOffset() - first.endOffset());
        return new TrialResult(
                delivered * 1_000 / ledger.appendMillis(),
                last.usage().cpuMillis() * 1_000 / delivered,
                (last.usage().cpuMillis() - first.usage().cpuMillis()) * 1_000 / drained,
                last.usage().peakKibibytes() / 1024.0,
                ledger.lost(),
                ledger.duplicated(),
                ledger.reordered(),
                ledger.corrupt());
    }

    boolean isFaultless() {
        return lost == 0 && duplicated == 0 && reordered == 0 && corrupt == 0;
    }
}
