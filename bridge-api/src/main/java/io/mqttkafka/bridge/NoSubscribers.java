package io.mqttkafka.bridge;

import io.mqttkafka.bridge.failure.Backoff;
import io.mqttkafka.bridge.spi.WhenUnheard;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

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
public final class NoSubscribers {
    private final WhenUnheard choice;

    private NoSubscribers(WhenUnheard choice) {
        this.choice = choice;
    }

    /**
     * Waits for a subscriber, looking for one after 200 milliseconds at first and every 5 seconds at last. The default of
     * routes with QoS 1 and 2.
     *
     * @return the policy
     */
    public static NoSubscribers await() {
        return await(Backoff.exponential(Duration.ofMillis(200), Duration.ofSeconds(5)));
    }

    /**
     * Publishes the message again, after a while, until somebody subscribes or its deadline is over. Later records of the route
     * wait behind it.
     *
     * @param backoff the delays between the attempts, of which there can be any number
     * @return the policy
     * @throws NullPointerException if {@code backoff} is null
     */
    public static NoSubscribers await(Backoff backoff) {
        return new NoSubscribers(new WhenUnheard.Await(backoff));
    }

    /**
     * Leaves it to the failure policy of the route: so it can be tried a number of times, then written to a dead letter
     * topic.
     *
     * @return the policy
     */
    public static NoSubscribers fail() {
        return new NoSubscribers(new WhenUnheard.Fail());
    }

    /**
     * Takes the message for delivered: it is lost and counted. The only one with QoS 0.
     *
     * @return the policy
     */
    public static NoSubscribers accept() {
        return new NoSubscribers(new WhenUnheard.Accept());
    }

    /** {@return what the engine does} */
    public WhenUnheard choice() {
        return choice;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof NoSubscribers policy && choice.equals(policy.choice);
    }

    @Override
    public int hashCode() {
        return choice.hashCode();
    }

    @Override
    public String toString() {
        return choice.toString();
    }
}
