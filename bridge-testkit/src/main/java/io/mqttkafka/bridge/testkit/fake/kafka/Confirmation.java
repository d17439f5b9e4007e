package io.mqttkafka.bridge.testkit.fake.kafka;

import io.mqttkafka.bridge.testkit.fake.mqtt.LoggedPacket;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * A record that a {@link FakeKafka} has, and when it was safe there: written, or if it belongs to a transaction, committed.
 *
 * <p>Immutable as long as nobody writes to the record's bytes.
 *
 * @param record the record
 * @param order its place among all that happened in the fakes of this JVM, to be compared with {@link LoggedPacket#order()}
 */
public record Confirmation(ConsumerRecord<byte[], byte[]> record, long order) {}
