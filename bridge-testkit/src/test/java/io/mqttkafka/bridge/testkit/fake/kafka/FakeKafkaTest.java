package io.mqttkafka.bridge.testkit.fake.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.BridgeState;
import io.mqttkafka.bridge.NoSubscribers;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.error.BridgeStartException;
import io.mqttkafka.bridge.failure.Backoff;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import io.mqttkafka.bridge.testkit.fake.mqtt.Publication;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A bridge that its user built knows a FakeKafka by its address, and meets there what a real Kafka would do. */
class FakeKafkaTest {

    private final FakeMqttBroker mqtt = FakeMqttBroker.start();
    private final FakeKafka kafka = FakeKafka.start();

    @AfterEach
    void close() {
        kafka.close();
        mqtt.close();
    }

    private Bridge bridge(Route... routes) {
        var builder = Bridge.builder()
                .mqtt(m -> m.serverUri(mqtt.serverUri())
                        .clientId("edge-1")
                        .reconnect(Backoff.exponential(Duration.ofMillis(1), Duration.ofMillis(20))))
                .kafka(k -> k.bootstrapServers(kafka.bootstrapServers()))
                .drainTimeout(Duration.ofSeconds(1));
        for (Route route : routes) {
            builder.route(route);
        }
        return builder.build().start();
    }

    private static Route toKafka(QoS qos) {
        return Route.fromMqtt("sensors/#").qos(qos).toKafka("telemetry").build();
    }

    @Test
    void qos1_confirmed_isAcknowledged() {
        try (Bridge bridge = bridge(toKafka(QoS.AT_LEAST_ONCE))) {
            mqtt.awaitAcknowledged(mqtt.publish("sensors/7/temp", "21.5", 1));

            assertThat(kafka.values("telemetry")).containsExactly("21.5");
            assertThat(new String(kafka.records("telemetry").get(0).key(), StandardCharsets.UTF_8))
                    .isEqualTo("sensors/7/temp");
            await().until(() -> bridge.health().healthy());
        }
        assertThat(kafka.clients()).isZero();
    }

    /** As Kafka and the bridge come: the dead letter of what is too large for Kafka would be larger still. */
    @ParameterizedTest
    @CsvSource({"1, 1048588", "2, 1048588", "1, 50000", "2, 50000"})
    void largeMessage_isDeadLettered_cutToWhatFits(int qos, int mostBytes) {
        kafka.createTopic("dead", 1, Map.of("max.message.bytes", Integer.toString(mostBytes)));
        Route route = Route.fromMqtt("sensors/#")
                .qos(QoS.of(qos))
                .toKafka("telemetry")
                .onFailure(f -> f.deadLetter("dead"))
                .build();
        try (Bridge bridge = bridge(route)) {
            Publication large = mqtt.publish("sensors/7/log", "x".repeat(1_048_500), qos);
            Publication small = mqtt.publish("sensors/7/temp", "21.5", qos);
            mqtt.awaitAcknowledged(large);
            mqtt.awaitAcknowledged(small);

            ConsumerRecord<byte[], byte[]> dead = kafka.records("dead").get(0);
            assertThat(dead.value().length).isBetween(mostBytes / 3, mostBytes);
            assertThat(header(dead, "bridge.dead-letter.cut")).isEqualTo("payload");
            assertThat(header(dead, "bridge.dead-letter.size")).isEqualTo("1048500");
            assertThat(header(dead, "bridge.dead-letter.sha-256"))
                    .isEqualTo("2eebef14bd0cfbcbf63bef7cbbc2e23b4b8588f72b60001260d96ba590e1342a");
            assertThat(kafka.values("telemetry")).containsExactly("21.5");
            assertThat(bridge.health().routes().get(0).total().deadLettered()).isOne();
        }
    }

    private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
    }

    @Test
    void qos2_committed_isSeenOnce() {
        try (Bridge bridge = bridge(toKafka(QoS.EXACTLY_ONCE))) {
            mqtt.awaitAcknowledged(mqtt.publish("sensors/7/temp", "21.5", 2));

            assertThat(kafka.values("telemetry")).containsExactly("21.5");
            assertThat(bridge.guarantees().get(0).guarantee()).hasToString("EXACTLY_ONCE");
        }
    }

    @Test
    void commit_whoseAnswerIsLost_isNotRepeated() {
        try (Bridge bridge = bridge(toKafka(QoS.EXACTLY_ONCE))) {
            // After the start, which has committed the beginning of the MQTT session.
            kafka.faults().on(KafkaOperation.COMMIT_TRANSACTION).nth(1).loseAnswer();
            mqtt.awaitAcknowledged(mqtt.publish("sensors/7/temp", "21.5", 2));

            assertThat(kafka.values("telemetry")).containsExactly("21.5");
            assertThat(kafka.faults().happened()).hasSize(1);
            assertThat(bridge.state()).isNotEqualTo(BridgeState.FAILED);
        }
    }

    @Test
    void commit_thatFails_isRepeatedAndAbortedRecordsAreInvisible() {
        try (Bridge bridge = bridge(toKafka(QoS.EXACTLY_ONCE))) {
            // After the start, which has committed the beginning of the MQTT session.
            kafka.faults().on(KafkaOperation.COMMIT_TRANSACTION).nth(1).fail(new KafkaException("gone"));
            mqtt.awaitAcknowledged(mqtt.publish("sensors/7/temp", "21.5", 2));

            assertThat(kafka.values("telemetry")).containsExactly("21.5");
            assertThat(kafka.written("telemetry")).hasSize(2);
            await().until(() -> bridge.health().healthy());
        }
    }

    @Test
    void producer_thatIsFenced_stopsItsRoute() {
        try (Bridge bridge = bridge(toKafka(QoS.EXACTLY_ONCE))) {
            // After the start, which has committed the beginning of the MQTT session.
            kafka.faults().on(KafkaOperation.COMMIT_TRANSACTION).fence();
            Publication published = mqtt.publish("sensors/7/temp", "21.5", 2);

            await().until(() -> bridge.state() == BridgeState.FAILED);
            assertThat(published.isAcknowledged()).isFalse();
            assertThat(kafka.values("telemetry")).isEmpty();
        }
    }

    @Test
    void record_thatHangs_isNotAcknowledgedBeforeItIsReleased() {
        kafka.faults().on(KafkaOperation.SEND).nth(1).hang();
        try (Bridge bridge = bridge(toKafka(QoS.AT_LEAST_ONCE))) {
            Publication published = mqtt.publish("sensors/7/temp", "21.5", 1);
            await().until(() -> !kafka.faults().happened().isEmpty());
            assertThat(published.isAcknowledged()).isFalse();

            kafka.faults().release();

            mqtt.awaitAcknowledged(published);
            await().until(() -> bridge.health().healthy());
        }
    }

    @Test
    void record_thatIsTooLarge_goesToTheDeadLetters() {
        kafka.faults().on(KafkaOperation.SEND).topic("telemetry").tooLarge();
        Route route = Route.fromMqtt("sensors/#")
                .qos(QoS.AT_LEAST_ONCE)
                .toKafka("telemetry")
                .onFailure(f -> f.deadLetter("dead"))
                .build();
        try (Bridge bridge = bridge(route)) {
            mqtt.awaitAcknowledged(mqtt.publish("sensors/7/temp", "21.5", 1));

            assertThat(kafka.values("telemetry")).isEmpty();
            assertThat(kafka.values("dead")).containsExactly("21.5");
            assertThat(bridge.health().route(route.name()).total().deadLettered())
                    .isEqualTo(1);
        }
    }

    @Test
    void topic_withoutTheRight_isRefusedAtTheStart() {
        kafka.faults().on(KafkaOperation.LOOK_UP).topic("telemetry").unauthorised();

        assertThatThrownBy(() -> bridge(toKafka(QoS.AT_LEAST_ONCE)))
                .isInstanceOf(BridgeStartException.class)
                .hasMessageContaining("telemetry");
        assertThat(kafka.clients()).isZero();
    }

    @Test
    void kafka_thatIsAway_holdsMessagesUntilItIsBack() {
        try (Bridge bridge = bridge(toKafka(QoS.AT_LEAST_ONCE))) {
            mqtt.awaitAcknowledged(mqtt.publish("sensors/7/temp", "1", 1));
            kafka.stop();
            Publication second = mqtt.publish("sensors/7/temp", "2", 1);
            await().until(() -> bridge.health().connections().get(0).unacknowledged() == 1);
            assertThat(second.isAcknowledged()).isFalse();

            kafka.restart();

            mqtt.awaitAcknowledged(second);
            assertThat(kafka.values("telemetry")).containsExactly("1", "2");
        }
    }

    @Test
    void fromKafka_published_commitsTheOffset() {
        kafka.createTopic("commands", 2);
        Route route = Route.fromKafka("commands")
                .group("edge")
                .toMqtt("devices/{key}/cmd")
                .qos(QoS.AT_LEAST_ONCE)
                .noSubscribers(NoSubscribers.accept())
                .build();
        try (Bridge bridge = bridge(route)) {
            kafka.produce("commands", "7", "on");

            int partition = kafka.records("commands").get(0).partition();
            kafka.awaitCommitted("edge", "commands", partition, 1);
            await().until(() -> bridge.health().route(route.name()).total().delivered() == 1);
        }
        assertThat(kafka.clients()).isZero();
    }

    @Test
    void group_whoseMemberIsGivenUp_readsOnFromWhatWasCommitted() {
        Route route = Route.fromKafka("commands")
                .group("edge")
                .toMqtt("devices/{key}/cmd")
                .qos(QoS.AT_LEAST_ONCE)
                .noSubscribers(NoSubscribers.accept())
                .build();
        kafka.createTopic("commands", 1);
        try (Bridge bridge = bridge(route)) {
            kafka.produce("commands", "7", "on");
            kafka.awaitCommitted("edge", "commands", 0, 1);

            kafka.evict("edge");
            kafka.produce("commands", "7", "off");

            kafka.awaitCommitted("edge", "commands", 0, 2);
            await().until(() -> bridge.health().route(route.name()).total().delivered() == 2);
        }
    }

    @Test
    void topics_thatAreMissing_areNotCreatedIfThatIsNotAllowed() {
        try (FakeKafka strict = FakeKafka.builder().withoutAutoCreate().start()) {
            assertThatThrownBy(() -> strict.produce("nowhere", null, "x")).hasMessageContaining("nowhere");
            assertThat(strict.topics()).isEmpty();
        }
    }

    @Test
    void transactions_arePutInOrder() {
        KafkaCore core = new KafkaCore(InstantSource.system(), true, 1);
        KafkaTransaction first = new KafkaTransaction();
        KafkaTransaction second = new KafkaTransaction();
        core.append(record("a"), core.place(record("a")), first);
        core.append(record("b"), 0, second);
        core.append(record("c"), 0, null);

        core.end(second, true);
        assertThat(core.confirmations("t")).isEmpty();
        core.end(first, false);

        assertThat(core.confirmations("t"))
                .extracting(c -> new String(c.record().value(), StandardCharsets.UTF_8))
                .containsExactly("b", "c");
        assertThat(core.written("t")).hasSize(3);
    }

    @Test
    void consumer_readsWhatIsNotCommitted_unlessToldNotTo() {
        KafkaCore core = new KafkaCore(InstantSource.system(), true, 1);
        KafkaTransaction aborted = new KafkaTransaction();
        core.append(record("taken back"), core.place(record("taken back")), aborted);
        core.end(aborted, false);
        core.append(record("meant"), 0, null);

        assertThat(read(core, Map.of("group.id", "a", "auto.offset.reset", "earliest")))
                .containsExactly("taken back", "meant");
        assertThat(read(
                        core,
                        Map.of("group.id", "b", "auto.offset.reset", "earliest", "isolation.level", "read_committed")))
                .containsExactly("meant");
    }

    private static List<String> read(KafkaCore core, Map<String, Object> properties) {
        try (FakeConsumer consumer = new FakeConsumer(core, properties)) {
            consumer.subscribe(List.of("t"), new Nothing());
            List<String> values = new ArrayList<>();
            consumer.poll(Duration.ZERO)
                    .forEach(record -> values.add(new String(record.value(), StandardCharsets.UTF_8)));
            return values;
        }
    }

    private static ProducerRecord<byte[], byte[]> record(String value) {
        return new ProducerRecord<>("t", value.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void group_ofTwo_sharesThePartitions() {
        kafka.createTopic("commands", 2);
        KafkaCore core = new KafkaCore(InstantSource.system(), true, 2);
        core.create("t", 2);
        try (FakeConsumer one = consumer(core);
                FakeConsumer two = consumer(core)) {
            one.subscribe(List.of("t"), new Nothing());
            one.poll(Duration.ZERO);
            assertThat(one.assignment()).hasSize(2);

            two.subscribe(List.of("t"), new Nothing());
            two.poll(Duration.ZERO);
            assertThat(two.assignment()).isEmpty();
            one.poll(Duration.ZERO);
            two.poll(Duration.ZERO);

            assertThat(one.assignment()).hasSize(1);
            assertThat(two.assignment()).hasSize(1).doesNotContainAnyElementsOf(one.assignment());
        }
        assertThat(core.consumers()).isZero();
    }

    private static FakeConsumer consumer(KafkaCore core) {
        return new FakeConsumer(core, Map.of("group.id", "g", "auto.offset.reset", "earliest"));
    }

    private static final class Nothing implements ConsumerRebalanceListener {
        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {}

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {}
    }
}
