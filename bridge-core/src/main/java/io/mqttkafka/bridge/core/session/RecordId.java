package io.mqttkafka.bridge.core.session;

/**
 * Which record it is: where it lies, and what it holds, so that a topic that was deleted and created anew is not taken for
 * the old one.
 *
 * @param partition where it was read
 * @param offset its offset
 * @param fingerprint a hash of what Kafka has of it
 */
public record RecordId(Partition partition, long offset, long fingerprint) {}
