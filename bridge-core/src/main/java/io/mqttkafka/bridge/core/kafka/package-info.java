/**
 * The Kafka side of the engine, and the only package that sees Kafka's clients.
 *
 * <p>{@link io.mqttkafka.bridge.core.kafka.RecordSender} is where records leave; {@link
 * io.mqttkafka.bridge.core.kafka.KafkaClients} is the seam behind which Kafka's clients sit.
 */
@NullMarked
package io.mqttkafka.bridge.core.kafka;

import org.jspecify.annotations.NullMarked;
