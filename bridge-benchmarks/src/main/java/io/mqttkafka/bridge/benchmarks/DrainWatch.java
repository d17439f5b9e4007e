package io.mqttkafka.bridge.benchmarks;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Follows the growth of the target topic while a peer drains the backlog, and notes what the peer had used when the
 * first and when the last record was seen. Not thread-safe.
 */
final class DrainWatch {
    /** Each look costs the broker a little, for every peer alike. */
    private static final Duration INTERVAL = Duration.ofMillis(100);

    private static final Duration QUIET_WHEN_COMPLETE = Duration.ofSeconds(1);
    private static final Duration QUIET_WHEN_SHORT = Duration.ofSeconds(30);

    private final TargetTopic topic;
    private final ChildProcess peer;
    private long endOffset;
    private @Nullable Sample first;
    private @Nullable Sample last;

    DrainWatch(TargetTopic topic, ChildProcess peer) {
        this.topic = topic;
        this.peer = peer;
    }

    /** What the peer had used when the topic had grown to {@code endOffset}. */
    record Sample(long endOffset, ProcessUsage usage) {}

    /**
     * Returns once the ledger holds {@code messages}, or the topic has not grown for a long while, or {@code limit} is
     * over.
     */
    void await(RecordAudit audit, DeliveryLedger ledger, long messages, Duration limit)
            throws IOException, InterruptedException, ExecutionException, PeerFailedException {
        long startedAt = System.nanoTime();
        long grownAt = startedAt;
        boolean audited = false;
        while (isWithin(limit, startedAt)) {
            if (look()) {
                grownAt = System.nanoTime();
                audited = false;
            }
            if (!isWithin(QUIET_WHEN_SHORT, grownAt)) {
                return;
            }
            // Transaction markers count as growth, so only reading the records back tells whether all are there.
            if (!audited && endOffset >= messages && !isWithin(QUIET_WHEN_COMPLETE, grownAt)) {
                audit.catchUp();
                audited = true;
                if (ledger.delivered() >= messages) {
                    return;
                }
            }
            Thread.sleep(INTERVAL.toMillis());
        }
    }

    Sample first() throws PeerFailedException {
        return require(first);
    }

    Sample last() throws PeerFailedException {
        return require(last);
    }

    private boolean look() throws IOException, InterruptedException, ExecutionException, PeerFailedException {
        peer.requireAlive();
        long newEndOffset = topic.endOffset();
        if (newEndOffset == endOffset) {
            return false;
        }
        endOffset = newEndOffset;
        last = new Sample(endOffset, peer.usage());
        if (first == null) {
            first = last;
        }
        return true;
    }

    private static boolean isWithin(Duration duration, long sinceNanos) {
        return System.nanoTime() - sinceNanos < duration.toNanos();
    }

    private static Sample require(@Nullable Sample sample) throws PeerFailedException {
        if (sample == null) {
            throw new PeerFailedException("No record arrived in Kafka");
        }
        return sample;
    }
}
