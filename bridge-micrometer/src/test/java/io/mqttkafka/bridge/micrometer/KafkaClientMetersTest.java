package io.mqttkafka.bridge.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.mqttkafka.bridge.config.KafkaOptions;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

class KafkaClientMetersTest {
    /** A producer of Kafka's own, which reaches nobody. */
    @Test
    void client_isShownAndGoesWhenItIsClosed() {
        MeterRegistry registry = new SimpleMeterRegistry();
        KafkaOptions options = KafkaClientMeters.report(
                        KafkaOptions.builder().bootstrapServers("127.0.0.1:1"), registry)
                .build();
        Map<String, Object> properties = new HashMap<>(options.client());
        properties.put("bootstrap.servers", "127.0.0.1:1");
        properties.put("client.id", "edge-1");

        try (Producer<byte[], byte[]> producer =
                new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
            assertThat(registry.get("kafka.producer.record.error.total")
                            .tag("client.id", "edge-1")
                            .functionCounter()
                            .count())
                    .isZero();
            assertThat(registry.get("kafka.producer.request.latency.avg").gauge())
                    .isNotNull();
            assertThat(registry.getMeters())
                    .extracting(Meter::getId)
                    .allMatch(id -> id.getTags().size() == 1)
                    .hasSizeLessThan(150);
            assertThat(producer.metrics()).isNotEmpty();
        }

        assertThat(registry.getMeters()).isEmpty();
    }
}
