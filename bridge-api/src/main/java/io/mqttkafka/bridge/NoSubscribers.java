package io.mqttkafka.bridge;

import io.mqttkafka.bridge.failure.Backoff;
import java.time.Duration;
import java.util.Objects;

/**
 * What happens to a record whose message the MQTT broker took over with the words "no matching subscribers" (0x10): it has
 * thrown the message away, because nobody subscribes to its topic. A subscriber that is offline and has a session is one.
 *
 * <p>Brokers need not say so, and at QoS 0 none can: mosquitto does at QoS 1 only, HiveMQ and RabbitMQ do, Artemis and
 * Moquette never. Where a broker does not, nothing here has an effect. A retained message is kept for later subscribers, so
 * that it is never dealt with here.
 *
 * <p>Immutable.
 */
public sealed interface NoSubscribers {
    /**
     * Publish the message again, after a while, until somebody subscribes or its deadline is over. Later records of the route
     * wait behind it.
     *
     * <p>Immutable.
     *
     * @param backoff the delays between the attempts, of which there can be any number
     */
    record Await(Backoff backoff) implements NoSubscribers {
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
    record Fail() implements NoSubscribers {}

    /**
     * Take the message for delivered, and tell.
     *
     * <p>Immutable.
     */
    record Accept() implements NoSubscribers {}

    /**
     * Waits for a subscriber, looking for one after 200 milliseconds at first and every 5 seconds at last. The default of
     * routes with QoS 1 and 2.
     *
     * @return the policy
     */
    static NoSubscribers await() {
        return await(Backoff.exponential(Duration.ofMillis(200), Duration.ofSeconds(5)));
    }

    /**
     * Waits for a subscriber.
     *
     * @param backoff the delays between the attempts
     * @return the policy
     */
    static NoSubscribers await(Backoff backoff) {
        return new Await(backoff);
    }

    /**
     * Leaves it to the failure policy of the route: so it can be tried a number of times, then written to a dead letter
     * topic.
     *
     * @return the policy
     */
    static NoSubscribers fail() {
        return new Fail();
    }

    /**
     * Takes the message for delivered: it is lost and counted. The only one with QoS 0.
     *
     * @return the policy
     */
    static NoSubscribers accept() {
        return new Accept();
    }
}
