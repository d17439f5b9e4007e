package io.mqttkafka.bridge.benchmarks;

import io.mqttkafka.bridge.benchmarks.DrainWatch.Sample;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Follows what arrives at the subscriber, and notes what the peer had used when the first and when the last message was
 * seen. Not thread-safe.
 */
final class ArrivalWatch {
    private static final Duration INTERVAL = Duration.ofMillis(20);
    private static final Duration QUIET_WHEN_COMPLETE = Duration.ofSeconds(1);
    private static final Duration QUIET_WHEN_SHORT = Duration.ofSeconds(30);

    private final CountingSubscriber subscriber;
    private final ChildProcess peer;
    private long received;
    private @Nullable Sample first;
    private @Nullable Sample last;

    ArrivalWatch(CountingSubscriber subscriber, ChildProcess peer) {
        this.subscriber = subscriber;
        this.peer = peer;
    }

    /** Returns a second after {@code messages} have come, or when none has for a long while, or {@code limit} is over. */
    void await(long messages, Duration limit) throws IOException, InterruptedException, PeerFailedException {
        long startedAt = System.nanoTime();
        long grownAt = startedAt;
        while (isWithin(limit, startedAt)) {
            if (look()) {
                grownAt = System.nanoTime();
            }
            if (!isWithin(received >= messages ? QUIET_WHEN_COMPLETE : QUIET_WHEN_SHORT, grownAt)) {
                return;
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

    private boolean look() throws IOException, InterruptedException, PeerFailedException {
        peer.requireAlive();
        long now = subscriber.received();
        if (now == received) {
            return false;
        }
        received = now;
        last = new Sample(received, peer.usage());
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
            throw new PeerFailedException("No message arrived at the subscriber");
        }
        return sample;
    }
}
