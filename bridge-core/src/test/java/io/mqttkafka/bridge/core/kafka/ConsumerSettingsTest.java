package io.mqttkafka.bridge.core.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.config.KafkaOptions;
import org.junit.jupiter.api.Test;

class ConsumerSettingsTest {
    private static final int MIB = 1024 * 1024;

    @Test
    void fetch_followsTheHeap() {
        assertThat(ConsumerSettings.fetchBytes(64L * MIB)).isEqualTo(4 * MIB);
        assertThat(ConsumerSettings.fetchBytes(8L * MIB)).isEqualTo(MIB);
        assertThat(ConsumerSettings.fetchBytes(Long.MAX_VALUE)).isEqualTo(16 * MIB);
    }

    @Test
    void fetch_thatIsSet_stays() {
        KafkaOptions kafka = KafkaOptions.builder()
                .bootstrapServers("kafka:9092")
                .consumer("fetch.max.bytes", "12345")
                .build();

        assertThat(ConsumerSettings.consumer(kafka, "g", "c", true)).containsEntry("fetch.max.bytes", "12345");
    }
}
