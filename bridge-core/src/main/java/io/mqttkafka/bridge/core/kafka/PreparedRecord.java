package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.message.Header;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A record that waits for its transaction.
 *
 * @param topic the topic
 * @param partition the partition, or null to place it by its key
 * @param key the key, or null
 * @param value the value, or null for a tombstone
 * @param headers its headers, or null if it has none
 * @param pending who hears of the outcome
 */
public record PreparedRecord(
        String topic,
        @Nullable Integer partition,
        byte @Nullable [] key,
        byte @Nullable [] value,
        @Nullable List<Header> headers,
        PendingRecord pending) {}
