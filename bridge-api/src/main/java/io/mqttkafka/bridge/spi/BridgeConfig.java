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
 * @param startTimeout how long a start goes on trying, from 1 millisecond to 1 day
 * @param drainTimeout how long a close waits for messages in flight, from 0 to 1 day
 * @param stallThreshold the age from which an unacknowledged message is reported, from 1 millisecond to 1 day
 * @param loops how messages are kept from going round in circles
 * @param status where the bridge says how it is, or null if it does not
 * @param startMode what becomes of a start whose brokers are not there in time
 */
public record BridgeConfig(
        MqttOptions mqtt,
        KafkaOptions kafka,
        List<Route> routes,
        List<BridgeListener> listeners,
        Duration startTimeout,
        Duration drainTimeout,
        Duration stallThreshold,
        LoopOptions loops,
        @Nullable StatusOptions status,
        StartMode startMode) {
    /**
     * Copies the lists. What {@link io.mqttkafka.bridge.BridgeBuilder} checks is not checked again.
     *
     * @param mqtt the MQTT side
     * @param kafka the Kafka side
     * @param routes the routes in the order in which they were added
     * @param listeners who is told what happens
     * @param startTimeout how long a start goes on trying, from 1 millisecond to 1 day
     * @param drainTimeout how long a close waits for messages in flight, from 0 to 1 day
     * @param stallThreshold the age from which an unacknowledged message is reported, from 1 millisecond to 1 day
     * @param loops how messages are kept from going round in circles
     * @param status where the bridge says how it is, or null if it does not
     * @param startMode what becomes of a start whose brokers are not there in time
     * @throws NullPointerException if any part but {@code status} is or holds null
     * @throws IllegalArgumentException if a route is none of this library
     */
    public BridgeConfig {
        Objects.requireNonNull(mqtt, "mqtt");
        Objects.requireNonNull(kafka, "kafka");
        Objects.requireNonNull(startTimeout, "startTimeout");
        Objects.requireNonNull(drainTimeout, "drainTimeout");
        Objects.requireNonNull(stallThreshold, "stallThreshold");
        Objects.requireNonNull(loops, "loops");
        Objects.requireNonNull(startMode, "startMode");
        routes = List.copyOf(routes);
        routes.forEach(RouteDefinition::of);
        listeners = List.copyOf(listeners);
    }

    /**
     * Makes a configuration with the defaults of {@link LoopOptions} and {@link StartMode}, and without a status.
     *
     * @param mqtt the MQTT side
     * @param kafka the Kafka side
     * @param routes the routes in the order in which they were added
     * @param listeners who is told what happens
     * @param startTimeout how long a start goes on trying, from 1 millisecond to 1 day
     * @param drainTimeout how long a close waits for messages in flight, from 0 to 1 day
     * @param stallThreshold the age from which an unacknowledged message is reported, from 1 millisecond to 1 day
     * @throws NullPointerException if any part is or holds null
     * @throws IllegalArgumentException if a route is none of this library
     */
    public BridgeConfig(
            MqttOptions mqtt,
            KafkaOptions kafka,
            List<Route> routes,
            List<BridgeListener> listeners,
            Duration startTimeout,
            Duration drainTimeout,
            Duration stallThreshold) {
        this(
                mqtt,
                kafka,
                routes,
                listeners,
                startTimeout,
                drainTimeout,
                stallThreshold,
                LoopOptions.defaults(),
                null,
                StartMode.UNTIL_TIMEOUT);
    }
}
