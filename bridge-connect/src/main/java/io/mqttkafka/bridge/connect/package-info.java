/**
 * The bridge within a worker of Kafka Connect: a source connector, whose tasks hand what comes from MQTT to the worker, and a
 * sink connector, whose tasks publish what the worker hands to them.
 *
 * <p>A task is a bridge of one connection, made as any other, that reaches Kafka by its worker ({@link
 * io.mqttkafka.bridge.core.KafkaAccess}): {@code source} and {@code sink} are the two ways, {@code config} reads the properties.
 */
@NullMarked
package io.mqttkafka.bridge.connect;

import org.jspecify.annotations.NullMarked;
