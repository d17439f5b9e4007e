package io.mqttkafka.bridge.tests.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.core.kafka.KafkaClients;
import io.mqttkafka.bridge.core.kafka.ProducerSender;
import io.mqttkafka.bridge.core.kafka.TopicInspector;
import io.mqttkafka.bridge.core.kafka.TopicResolution.State;
import io.mqttkafka.bridge.core.kafka.TopicWaits;
import io.mqttkafka.bridge.testkit.broker.EmbeddedKafka;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** What a real Kafka answers to the questions of the inspector. */
class TopicInspectorIT {

    private final Lines lines = new Lines();

    @Test
    void resolve_oneBrokerAndTopicsTooAlike_saysBothAndKafkaRefusesTheSecond() {
        Logger logger = (Logger) org.slf4j.LoggerFactory.getLogger(TopicInspector.class);
        lines.start();
        logger.addAppender(lines);
        try (EmbeddedKafka kafka = EmbeddedKafka.start()) {
            KafkaOptions options = KafkaOptions.builder()
                    .bootstrapServers(kafka.bootstrapServers())
                    .build();
            MqttOptions mqtt = MqttOptions.builder().serverUri("tcp://not-used").build();
            kafka.createTopic("site.a", 1);
            try (TopicInspector inspector = new TopicInspector(KafkaClients.REAL, options, "it")) {
                ProducerSender sink =
                        new ProducerSender(KafkaClients.REAL, options, mqtt, "it", inspector, new TopicWaits());
                sink.open(Duration.ofSeconds(30));

                assertThat(sink.resolve("site.a").state()).isEqualTo(State.READY);
                await().until(() -> lines.contain("has one broker"));
                assertThat(sink.resolve("site_a").state()).isNotEqualTo(State.READY);
                assertThat(lines.contain("'site_a' and 'site.a' differ only by"))
                        .isTrue();
                assertThatThrownBy(() -> kafka.createTopic("site_a", 1)).hasStackTraceContaining("collides");
                sink.close(Duration.ZERO);
            }
        } finally {
            logger.detachAppender(lines);
        }
    }

    private static final class Lines extends AppenderBase<ILoggingEvent> {
        private final List<String> all = new CopyOnWriteArrayList<>();

        @Override
        protected void append(ILoggingEvent event) {
            all.add(event.getFormattedMessage());
        }

        boolean contain(String text) {
            return all.stream().anyMatch(line -> line.contains(text));
        }
    }
}
