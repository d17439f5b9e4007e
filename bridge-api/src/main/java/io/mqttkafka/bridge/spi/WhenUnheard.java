package io.mqttkafka.bridge.spi;

import io.mqttkafka.bridge.failure.Backoff;
import java.util.Objects;

/**
 * What {@link io.mqttkafka.bridge.NoSubscribers} says becomes of a message that nobody subscribes to.
 *
 * <p>Immutable.
 */
public sealed interface WhenUnheard {
    /**
     * Publish the message again, after a while, until somebody subscribes or its deadline is over.
     *
     * <p>Immutable.
     *
     * @param backoff the delays between the attempts, of which there can be any number
     */
    record Await(Backoff backoff) implements WhenUnheard {
        /**
         * Checks its part.
         *
         * @param backoff the delays between the attempts, of which there can be any number
         * @throws NullPointerException if it is null
         */
        public Await {
            Objects.requireNonNull(backoff, "backoff");
        }
    }

    /**
     * Take it for a failure that a repetition may mend: the failure policy of the route decides.
     *
     * <p>Immutable.
     */
    record Fail() implements WhenUnheard {}

    /**
     * Take the message for delivered, and tell.
     *
     * <p>Immutable.
     */
    record Accept() implements WhenUnheard {}
}
