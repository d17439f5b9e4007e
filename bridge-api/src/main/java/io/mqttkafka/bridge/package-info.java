/**
 * Bridges MQTT and Kafka with acknowledgements that mean what the QoS says.
 *
 * <p>Start at {@link io.mqttkafka.bridge.Bridge}. A bridge is built from {@linkplain io.mqttkafka.bridge.Route routes};
 * a route is a value that says which messages it takes, what it does to them and where they go:
 *
 * <pre>{@code
 * Route telemetry = Route.fromMqtt("sensors/{site}/{device}/temp")
 *         .qos(QoS.AT_LEAST_ONCE)
 *         .toKafka("telemetry.{site}")
 *         .key("{device}")
 *         .build();
 *
 * try (Bridge bridge = Bridge.builder()
 *         .mqtt(m -> m.serverUri("tcp://broker:1883").clientId("edge-1"))
 *         .kafka(k -> k.bootstrapServers("kafka:9092"))
 *         .route(telemetry)
 *         .build()
 *         .start()) {
 *     ...
 * }
 * }</pre>
 *
 * <p>Users implement {@link io.mqttkafka.bridge.PayloadCodec}, {@link io.mqttkafka.bridge.TopicMapper},
 * {@link io.mqttkafka.bridge.Partitioner} and {@link io.mqttkafka.bridge.event.BridgeListener}. Every other type here is
 * made by the library. The engine is in the module {@code bridge-core}, which is found on the class path at run time.
 */
@NullMarked
package io.mqttkafka.bridge;

import org.jspecify.annotations.NullMarked;
