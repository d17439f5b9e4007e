package io.mqttkafka.bridge.core.kafka;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells when Kafka does not take offsets over for long, which nobody sees otherwise. For the reading thread only. */
final class CommitTroubles {
    private static final Logger log = LoggerFactory.getLogger(CommitTroubles.class);
    private static final long LONG_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final String route;
    private final String group;
    private final int mostOpen;

    /** When the first commit was asked for that was not confirmed; meaningless if all were. */
    private long sinceNanos;

    private boolean unconfirmed;
    private boolean told;
    private @Nullable Exception cause;

    CommitTroubles(String route, String group, int mostOpen) {
        this.route = route;
        this.group = group;
        this.mostOpen = mostOpen;
    }

    void asked(long nowNanos) {
        if (!unconfirmed) {
            unconfirmed = true;
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
        unconfirmed = false;
        told = false;
        cause = null;
    }

    /**
     * Tells it, once.
     *
     * @param nowNanos the time
     * @return what to tell; null if there is nothing new
     */
    @Nullable
    String look(long nowNanos) {
        if (!unconfirmed || told || nowNanos - sinceNanos < LONG_NANOS) {
            return null;
        }
        told = true;
        Exception why = cause;
        String text = "Kafka has taken no offsets of the group '" + group + "' over for "
                + TimeUnit.NANOSECONDS.toSeconds(nowNanos - sinceNanos) + " s ("
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
