/**
 * The way of a record from Kafka to MQTT: the sink, as Kafka Connect means it.
 *
 * <p>Start at {@link io.mqttkafka.bridge.core.sink.KafkaToMqttPipeline}, one page from top to bottom. {@link
 * io.mqttkafka.bridge.core.sink.SinkRunner} keeps the connection up on which its routes publish, and their readers at work;
 * {@link io.mqttkafka.bridge.core.sink.PacketWriter} writes; {@link io.mqttkafka.bridge.core.sink.OutboxCommitter} lets Kafka
 * know of packet ids before they leave.
 */
@NullMarked
package io.mqttkafka.bridge.core.sink;

import org.jspecify.annotations.NullMarked;
