package io.mqttkafka.bridge.spi;

import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.StartMode;
import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.config.LoopOptions;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.config.StatusOptions;
import io.mqttkafka.bridge.event.BridgeListener;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Everything a bridge is made of, as {@link io.mqttkafka.bridge.BridgeBuilder} hands it to the engine.
 *
 * <p>Immutable.
 *
 * @param mqtt the MQTT side
 * @param kafka the Kafka side
 * @param routes the routes in the order in which they were added
 * @param listeners who is told what happens
 * @param life how it starts and ends
 * @param loops how messages are kept from going round in circles
 * @param status where the bridge says how it is, or null if it does not
 */
public record BridgeConfig(
        MqttOptions mqtt,
        KafkaOptions kafka,
        List<Route> routes,
        List<BridgeListener> listeners,
        Life life,
        LoopOptions loops,
        @Nullable StatusOptions status) {
    /**
     * Copies the lists.
     *
     * @param mqtt the MQTT side
     * @param kafka the Kafka side
     * @param routes the routes in the order in which they were added
     * @param listeners who is told what happens
     * @param life how it starts and ends
     * @param loops how messages are kept from going round in circles
     * @param status where the bridge says how it is, or null if it does not
     * @throws NullPointerException if any part but {@code status} is or holds null
     * @throws IllegalArgumentException if a route is none of this library
     */
    public BridgeConfig {
        Objects.requireNonNull(mqtt, "mqtt");
        Objects.requireNonNull(kafka, "kafka");
        Objects.requireNonNull(life, "life");
        Objects.requireNonNull(loops, "loops");
        routes = List.copyOf(routes);
        routes.forEach(RouteDefinition::of);
        listeners = List.copyOf(listeners);
    }

    /** {@return how long a start goes on trying} */
    public Duration startTimeout() {
        return life.startTimeout;
    }

    /** {@return what becomes of a start whose brokers are not there in time} */
    public StartMode startMode() {
        return life.startMode;
    }

    /** {@return how long a close waits for messages in flight} */
    public Duration drainTimeout() {
        return life.drainTimeout;
    }

    /** {@return the age from which an unacknowledged message is reported} */
    public Duration stallThreshold() {
        return life.stallThreshold;
    }

    /**
     * How a bridge starts, ends, and tells that it does not get on. What {@link io.mqttkafka.bridge.BridgeBuilder} checks is
     * not checked again.
     *
     * <p>Immutable.
     *
     * @param startTimeout how long a start goes on trying, from 1 millisecond to 1 day
     * @param startMode what becomes of a start whose brokers are not there in time
     * @param drainTimeout how long a close waits for messages in flight, from 0 to 1 day
     * @param stallThreshold the age from which an unacknowledged message is reported, from 1 millisecond to 1 day
     */
    public record Life(Duration startTimeout, StartMode startMode, Duration drainTimeout, Duration stallThreshold) {
        /**
         * Checks its parts.
         *
         * @param startTimeout how long a start goes on trying, from 1 millisecond to 1 day
         * @param startMode what becomes of a start whose brokers are not there in time
         * @param drainTimeout how long a close waits for messages in flight, from 0 to 1 day
         * @param stallThreshold the age from which an unacknowledged message is reported, from 1 millisecond to 1 day
         * @throws NullPointerException if any part is null
         */
        public Life {
            Objects.requireNonNull(startTimeout, "startTimeout");
            Objects.requireNonNull(startMode, "startMode");
            Objects.requireNonNull(drainTimeout, "drainTimeout");
            Objects.requireNonNull(stallThreshold, "stallThreshold");
        }
    }
}
