package io.mqttkafka.bridge.core.kafka;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells when Kafka does not take offsets over for long, which nobody sees otherwise. For the reading thread only, but for {@link
 * #age}.
 */
final class CommitTroubles {
    private static final Logger log = LoggerFactory.getLogger(CommitTroubles.class);
    private static final long LONG_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final String route;
    private final String group;
    private final int mostOpen;

    /** When the first commit was asked for that was not confirmed; null if all were. */
    private volatile @Nullable Long sinceNanos;

    private boolean told;
    private @Nullable Exception cause;

    CommitTroubles(String route, String group, int mostOpen) {
        this.route = route;
        this.group = group;
        this.mostOpen = mostOpen;
    }

    void asked(long nowNanos) {
        if (sinceNanos == null) {
            sinceNanos = nowNanos;
        }
    }

    void failed(Exception failure) {
        cause = failure;
    }

    void confirmed() {
        if (told) {
            log.info("Kafka takes the offsets of route '{}' over again", route);
        }
        forget();
    }

    /** Nothing that is not confirmed concerns us any more. */
    void forget() {
        sinceNanos = null;
        told = false;
        cause = null;
    }

    /** Says for how long Kafka has confirmed no commit although one was asked for; 0 if none is open. */
    long age(long nowNanos) {
        Long since = sinceNanos;
        return since == null ? 0 : Math.max(0, nowNanos - since);
    }

    /**
     * Tells it, once.
     *
     * @param nowNanos the time
     * @return what to tell; null if there is nothing new
     */
    @Nullable
    String look(long nowNanos) {
        long age = age(nowNanos);
        if (told || age < LONG_NANOS) {
            return null;
        }
        told = true;
        Exception why = cause;
        String text = "Kafka has taken no offsets of the group '" + group + "' over for "
                + TimeUnit.NANOSECONDS.toSeconds(age) + " s ("
                + (why == null ? "it does not answer" : SendFailures.text(why))
                + "); check the right READ on the group and the topic, and Kafka's offsets topic";
        log.warn(
                "Route '{}': {}; it goes on for {} records at most, and a restart publishes again what is not committed",
                route,
                text,
                mostOpen);
        return text;
    }
}
