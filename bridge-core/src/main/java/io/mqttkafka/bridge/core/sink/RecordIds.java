package io.mqttkafka.bridge.core.sink;

import io.mqttkafka.bridge.core.session.Partition;
import io.mqttkafka.bridge.core.session.RecordId;
import io.mqttkafka.bridge.message.KafkaMessage;
import java.util.Arrays;

/** Tells which record a message is. For one thread. */
final class RecordIds {
    private final String group;

    /** Records come in runs of one partition. */
    private Partition last;

    RecordIds(String group) {
        this.group = group;
        last = new Partition(group, "", 0);
    }

    RecordId of(KafkaMessage message) {
        if (last.number() != message.partition() || !last.topic().equals(message.topic())) {
            last = new Partition(group, message.topic(), message.partition());
        }
        return new RecordId(last, message.offset(), fingerprint(message));
    }

    /** Of what Kafka keeps, so that a topic that was created anew is told from the old one by the times of its records. */
    private static long fingerprint(KafkaMessage message) {
        long hash = message.timestampMillis();
        hash = hash * 0x9E3779B97F4A7C15L + Arrays.hashCode(message.key());
        return hash * 0x9E3779B97F4A7C15L + Arrays.hashCode(message.payload());
    }
}
