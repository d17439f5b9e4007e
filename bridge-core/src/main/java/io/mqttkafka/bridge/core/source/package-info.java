/**
 * The way of a message from MQTT to Kafka: the source, as Kafka Connect means it.
 *
 * <p>Start at {@link io.mqttkafka.bridge.core.source.MqttToKafkaPipeline}, one page from top to bottom. {@link
 * io.mqttkafka.bridge.core.source.SourceRunner} feeds it with what arrives on one MQTT connection; {@link
 * io.mqttkafka.bridge.core.source.MessageIntake} finds the routes of a message and waits for room; {@link
 * io.mqttkafka.bridge.core.source.RouteLane} keeps the order of a route while one of its messages has to wait; {@link
 * io.mqttkafka.bridge.core.source.Acknowledger} and {@link io.mqttkafka.bridge.core.source.TransactionCommitter} tell the
 * MQTT broker what Kafka has confirmed.
 */
@NullMarked
package io.mqttkafka.bridge.core.source;

import org.jspecify.annotations.NullMarked;
