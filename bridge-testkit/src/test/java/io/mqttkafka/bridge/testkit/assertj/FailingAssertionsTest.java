package io.mqttkafka.bridge.testkit.assertj;

import static io.mqttkafka.bridge.testkit.assertj.BridgeAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.BridgeState;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka;
import io.mqttkafka.bridge.testkit.fake.kafka.KafkaOperation;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import io.mqttkafka.bridge.testkit.fake.mqtt.Publication;
import io.mqttkafka.bridge.testkit.packet.MqttPacketType;
import io.mqttkafka.bridge.testkit.packet.MqttTestClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.assertj.core.api.Assertions;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every assertion fails where it must, once its patience is at an end, and says what there is instead. */
class FailingAssertionsTest {

    private static final Duration SHORT = Duration.ofMillis(40);

    private final FakeMqttBroker mqtt = FakeMqttBroker.start();
    private final FakeKafka kafka = FakeKafka.start();

    @AfterEach
    void close() {
        kafka.close();
        mqtt.close();
    }

    private static void assertFails(ThrowingCallable assertion, String message) {
        assertThatThrownBy(assertion).isInstanceOf(AssertionError.class).hasMessageContaining(message);
    }

    private static Arguments topic(String message, Consumer<TopicAssert> fails, Consumer<TopicAssert> holds) {
        return arguments(message, fails, holds);
    }

    /** The topic has a, b, b in partition 0 and c in partition 1, the first with the headers h=v and n without a value. */
    static Stream<Arguments> topics() {
        return Stream.of(
                topic("in this order", t -> t.containsInOrder("b", "a"), t -> t.containsInOrder("a", "b")),
                topic("in this order", t -> t.containsInOrder("a", "d"), t -> t.containsInOrder("a", "b", "b")),
                topic("in one partition", t -> t.containsInOrder("a", "c"), t -> t.containsInOrder("c")),
                topic("in this order", t -> t.containsInOrder("a", "a"), t -> t.containsInOrder("b", "b")),
                topic("the values [a, d]", t -> t.contains("a", "d"), t -> t.contains("c", "a")),
                topic(
                        "exactly the values [a, b, b]",
                        t -> t.containsExactlyInAnyOrder("b", "b", "a"),
                        t -> t.containsExactlyInAnyOrder("c", "b", "a", "b")),
                topic(
                        "exactly the values [a, b, c]",
                        t -> t.containsExactlyInAnyOrder("a", "b", "c"),
                        t -> t.containsExactlyInAnyOrder("a", "b", "b", "c")),
                topic(
                        "exactly the values [a, b, b, c, d]",
                        t -> t.containsExactlyInAnyOrder("a", "b", "b", "c", "d"),
                        t -> t.contains()),
                topic("3 records", t -> t.hasRecords(3), t -> t.hasRecords(4)),
                topic("5 records", t -> t.hasRecords(5), t -> t.hasRecords(4)),
                topic("the header h=w", t -> t.hasHeader("h", "w"), t -> t.hasHeader("h", "v")),
                topic("the header v=h", t -> t.hasHeader("v", "h"), t -> t.hasHeader("h", "v")),
                topic("the header n=v", t -> t.hasHeader("n", "v"), t -> t.hasHeader("h", "v")),
                topic("a record k=b", t -> t.hasRecord("k", "b"), t -> t.hasRecord("k", "c")),
                topic("a record null=c", t -> t.hasRecord(null, "c"), t -> t.hasRecord(null, "a")),
                topic("the keys [k, l]", t -> t.containsKeys("k", "l"), t -> t.containsKeys("k")),
                topic(
                        "each of the keys [k, l] in one partition",
                        t -> t.hasEachKeyInOnePartition("k", "l"),
                        t -> t.hasEachKeyInOnePartition("k")),
                topic("3 records", t -> t.hasRecords(3, SHORT), t -> t.hasRecords(4, SHORT)),
                topic("no record", t -> t.isEmpty(SHORT), t -> t.hasRecords(4)),
                topic("no record", t -> t.isEmpty(), t -> t.hasRecords(4)));
    }

    @ParameterizedTest
    @MethodSource("topics")
    void topic_thatIsOtherwise_fails(String message, Consumer<TopicAssert> fails, Consumer<TopicAssert> holds) {
        kafka.createTopic("t", 2);
        ProducerRecord<byte[], byte[]> first = record(0, "a");
        first.headers().add("h", "v".getBytes(StandardCharsets.UTF_8)).add("n", null);
        kafka.produce(first);
        kafka.produce(record(0, "b"));
        kafka.produce(record(0, "b"));
        kafka.produce(new ProducerRecord<>("t", 1, new byte[] {'k'}, new byte[] {'c'}));
        TopicAssert topic = assertThat(kafka).within(SHORT).topic("t");

        holds.accept(topic);
        assertFails(() -> fails.accept(topic), message);
        assertFails(() -> fails.accept(topic), "it has 4");
    }

    private static ProducerRecord<byte[], byte[]> record(int partition, String value) {
        return new ProducerRecord<>("t", partition, null, value.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void topic_thatIsMissing_fails() {
        assertFails(() -> assertThat(kafka).within(SHORT).topic("nowhere").contains("a"), "it has 0 records");
    }

    private Bridge bridge() {
        return Bridge.builder()
                .mqtt(m -> m.serverUri(mqtt.serverUri()).clientId("edge-1"))
                .kafka(k -> k.bootstrapServers(kafka.bootstrapServers()))
                .route(Route.fromMqtt("sensors/#")
                        .qos(QoS.AT_LEAST_ONCE)
                        .toKafka("telemetry")
                        .build())
                .drainTimeout(Duration.ofMillis(100))
                .build()
                .start();
    }

    @Test
    void message_thatIsOnItsWay_isNotAcknowledged() {
        kafka.faults().on(KafkaOperation.SEND).nth(2).hang();
        try (Bridge bridge = bridge()) {
            Publication done = mqtt.publish("sensors/1", "a", 1);
            assertThat(mqtt).acknowledged(done);
            Publication held = mqtt.publish("sensors/1", "b", 1);

            assertFails(() -> assertThat(mqtt).within(SHORT).acknowledged(done, held), "to be acknowledged");
            assertFails(() -> assertThat(mqtt).within(SHORT).allAcknowledged("edge-1"), "'edge-1' to acknowledge all");
            assertFails(() -> assertThat(mqtt).notAcknowledged(done), "not to be acknowledged");
            await().until(() -> bridge.health().healthy());
        }
    }

    /** The acknowledgement comes while the assertion looks on. */
    @Test
    void message_thatIsAcknowledgedLater_isFoundByWhoLooksOn() {
        kafka.faults().on(KafkaOperation.SEND).nth(1).hang();
        try (Bridge bridge = bridge()) {
            Publication held = mqtt.publish("sensors/1", "a", 1);
            kafka.faults().awaitHappened(1);
            assertThat(mqtt).notAcknowledged(held, SHORT);
            Thread releasing = new Thread(() -> {
                LockSupport.parkNanos(SHORT.toNanos());
                kafka.faults().release();
            });
            releasing.start();

            assertFails(
                    () -> assertThat(mqtt).notAcknowledged(held, BridgeAssertions.PATIENCE), "not to be acknowledged");
            assertThat(bridge).eventuallyHealthy();
        }
    }

    @Test
    void topic_thatGetsARecordMore_isFoundByWhoLooksOn() {
        kafka.produce("t", null, "a");
        Thread producing = new Thread(() -> {
            LockSupport.parkNanos(SHORT.toNanos());
            kafka.produce("t", null, "b");
        });
        producing.start();

        assertFails(() -> assertThat(kafka).topic("t").hasRecords(1, BridgeAssertions.PATIENCE), "to keep 1 records");
    }

    @Test
    void bridge_thatIsOtherwise_fails() {
        try (Bridge bridge = bridge()) {
            assertThat(bridge).eventuallyIs(BridgeState.RUNNING).eventuallyHealthy();

            assertFails(
                    () -> assertThat(bridge).within(SHORT).eventuallyIs(BridgeState.FAILED),
                    "Expected of the bridge: FAILED, but it is");
            assertFails(
                    () -> assertThat(bridge)
                            .within(SHORT)
                            .eventually(
                                    "two connections",
                                    health -> health.connections().size() == 2),
                    "two connections");
        }
    }

    @Test
    void fault_thatDoesNotHappen_isNamed() {
        kafka.faults().on(KafkaOperation.SEND).topic("t").nth(2).tooLarge();
        mqtt.faults().on(MqttPacketType.PUBACK).fromClient().nth(7).dropConnection();

        Assertions.assertThat(kafka.faults().neverHappened())
                .containsExactly("SEND 't': nth(2).fail(RecordTooLargeException)");
        Assertions.assertThat(mqtt.faults().neverHappened())
                .containsExactly("on PUBACK from client nth(7): drop the connection");
    }

    @Test
    void message_thatNoClientHasPublished_isNotReceived() {
        try (MqttTestClient device = MqttTestClient.connect(mqtt.serverUri(), "device", true)) {
            device.subscribe("to/device", 1);
            mqtt.publish("to/device", "a", 1);
            device.publish("from/device", "b", 1);

            assertThat(mqtt).received("from/device", "b");
            assertFails(
                    () -> assertThat(mqtt).within(SHORT).received("to/device", "a"), "from a client to 'to/device'");
            assertFails(() -> assertThat(mqtt).within(SHORT).received("from/device", "a"), "to 'from/device'");
            assertFails(() -> assertThat(mqtt).within(SHORT).received("elsewhere", "b"), "to 'elsewhere'");
        }
    }

    @Test
    void acknowledgement_beforeTheRecord_isFound() {
        try (MqttTestClient device = MqttTestClient.connect(mqtt.serverUri(), "device", true)) {
            device.subscribe("sensors/#", 1);
            assertThat(mqtt).acknowledged(mqtt.publish("sensors/1", "a", 1));

            assertFails(() -> assertThat(mqtt).neverAcknowledgedBefore(kafka), "a message to 'sensors/1'");
            kafka.produce("telemetry", null, "a");
            assertFails(() -> assertThat(mqtt).neverAcknowledgedBefore(kafka), "a message to 'sensors/1'");
        }
    }

    @Test
    void patience_isAtAnEndNoSooner() {
        long begun = System.nanoTime();

        assertFails(() -> assertThat(kafka).within(SHORT).topic("t").hasRecords(1), "1 records");

        Assertions.assertThat(System.nanoTime() - begun).isGreaterThanOrEqualTo(SHORT.toNanos());
    }
}
