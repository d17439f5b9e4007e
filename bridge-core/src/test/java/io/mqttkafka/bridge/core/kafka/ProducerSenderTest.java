package io.mqttkafka.bridge.core.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.core.restart.Restarts;
import io.mqttkafka.bridge.error.BridgeStartException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.junit.jupiter.api.Test;

class ProducerSenderTest {
    private final List<Object> closings = new ArrayList<>();

    /** Admin.close() without a time waits for calls that are under way, and a start timeout would not be kept. */
    @Test
    void open_kafkaDoesNotAnswer_closesAdminWithoutWaiting() {
        KafkaOptions options =
                KafkaOptions.builder().bootstrapServers("kafka:9092").build();
        KafkaClients silent = new Silent();
        RecordSender sink = new ProducerSender(
                silent,
                options,
                MqttOptions.builder().serverUri("tcp://broker").build(),
                "test",
                new TopicInspector(silent, options, "test"),
                new TopicWaits());

        assertThatThrownBy(() -> sink.open(Duration.ofMillis(200)))
                .isInstanceOf(BridgeStartException.class)
                .hasMessageContaining("kafka.bootstrapServers");
        assertThat(closings).containsExactly(List.of(Duration.ZERO));
    }

    /** As a native library that cannot be loaded; nothing says that the next producer will not do better. */
    @Test
    void send_throwsWithEachProducer_isAFailureOfTheRecordInTheEnd() {
        ProducerLife life = null;
        Restarts restarts = new Restarts();
        List<SendFailure.Kind> kinds = new ArrayList<>();
        for (int number = 1; number <= Restarts.MOST; number++) {
            life = new ProducerLife(number, new MockProducer<>(), restarts);
            kinds.add(life.judge(
                            new KafkaException(new UnsatisfiedLinkError("none")),
                            true,
                            new TopicFlow("t", new TopicWaits().of("t")))
                    .kind());
        }

        assertThat(kinds.subList(0, Restarts.MOST - 1)).containsOnly(SendFailure.Kind.BROKEN);
        assertThat(kinds.get(Restarts.MOST - 1)).isEqualTo(SendFailure.Kind.REFUSED);
        // It writes on, the policy of the route having disposed of that record.
        assertThat(life.isOver()).isFalse();
    }

    @Test
    void judge_deniedWithOthersUnderWay_takesThemAlong() {
        MockProducer<byte[], byte[]> producer = new MockProducer<>();
        ProducerLife life = new ProducerLife(1, producer, new Restarts());
        TopicFlow flow = new TopicFlow("t", new TopicWaits().of("t"));
        assertThat(life.judge(new TopicAuthorizationException(Set.of("t")), false, flow)
                        .kind())
                .isEqualTo(SendFailure.Kind.DENIED);
        flow.sending();

        SendFailure failure = life.judge(new TopicAuthorizationException(Set.of("t")), false, flow);

        assertThat(failure.kind()).isEqualTo(SendFailure.Kind.BROKEN);
        assertThat(failure.cause()).isInstanceOf(TopicLostException.class);
        assertThat(producer.closed()).isTrue();
    }

    /** A cluster that never answers. */
    private final class Silent implements KafkaClients {
        @Override
        public Producer<byte[], byte[]> producer(Map<String, Object> properties) {
            throw new AssertionError("no producer is made for a cluster that does not answer");
        }

        @Override
        public Consumer<byte[], byte[]> consumer(Map<String, Object> properties) {
            throw new AssertionError("no consumer is made for a sink");
        }

        @Override
        public Admin admin(Map<String, Object> properties) {
            return (Admin) Proxy.newProxyInstance(
                    Admin.class.getClassLoader(), new Class<?>[] {Admin.class}, (proxy, method, arguments) -> {
                        if (method.getName().equals("close")) {
                            closings.add(arguments == null ? List.of() : Arrays.asList(arguments));
                            return null;
                        }
                        throw new TimeoutException("no answer");
                    });
        }
    }
}
