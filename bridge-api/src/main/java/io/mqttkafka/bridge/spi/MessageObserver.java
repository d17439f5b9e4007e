package io.mqttkafka.bridge.spi;

import io.mqttkafka.bridge.message.Header;
import io.mqttkafka.bridge.message.KafkaMessage;
import io.mqttkafka.bridge.message.MqttMessage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Follows single messages on their way through a bridge, to trace them: it hears of the begin, adds headers that carry the
 * trace on, and hears of the end.
 *
 * <p>It is asked for each message on each of its routes, by the threads that carry the messages: it must be quick, must not
 * block, and must be thread-safe. What it throws is logged once and changes nothing for the message.
 */
public interface MessageObserver {
    /**
     * A message from MQTT begins its way on a route. One that the broker delivers again begins anew.
     *
     * @param route the name of the route
     * @param message the message; its user properties may carry a trace
     * @return what follows it; null if it is not to be followed, which costs nothing more
     */
    @Nullable
    Observation received(String route, MqttMessage message);

    /**
     * A record from Kafka begins its way on a route.
     *
     * @param route the name of the route
     * @param message the record; its headers may carry a trace
     * @return what follows it; null if it is not to be followed, which costs nothing more
     */
    @Nullable
    Observation received(String route, KafkaMessage message);

    /**
     * Follows one message on one route.
     *
     * <p>It is called by one thread at a time, but by different ones. A message that is tried again is asked for its headers and
     * sent again. One that a bridge has not done with when it is closed has no end.
     */
    interface Observation {
        /**
         * Returns headers for what is sent on: of the record, or as user properties of the MQTT message, whatever the options of
         * the route say of those that the message came with. They take the place of others of the same name. One that MQTT does
         * not take is left out there.
         *
         * @return the headers; empty for none
         */
        List<Header> headers();

        /**
         * Makes this message the current one of the thread that hands it to Kafka's producer, or to the MQTT connection. Called
         * by that thread just before.
         *
         * @return is closed by the same thread just after; null if there is nothing to close
         */
        @Nullable
        Scope enter();

        /**
         * The route is done with the message. Called once, and last.
         *
         * @param outcome what became of it
         * @param cause why it was given up; null if it was not
         */
        void ended(Outcome outcome, @Nullable Throwable cause);
    }

    /** What ends when a message has been handed on. */
    interface Scope extends AutoCloseable {
        @Override
        void close();
    }

    /** What became of a message on a route. */
    enum Outcome {
        /** The other side has taken it over. */
        DELIVERED,
        /** A filter has refused it. */
        FILTERED,
        /** It would have gone round in circles. */
        LOOPED,
        /** It had expired. */
        EXPIRED,
        /** It failed, and the failure policy left it out. */
        SKIPPED,
        /** It failed, and has become a dead letter. */
        DEAD_LETTERED,
        /** It is of QoS 0, and was thrown away. */
        SHED,
        /** It is left unacknowledged, so that it comes again. */
        RETURNED
    }
}
