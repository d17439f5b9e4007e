package io.mqttkafka.bridge.testkit.fake.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.event.BridgeListener;
import io.mqttkafka.bridge.event.Connected;
import io.mqttkafka.bridge.event.Disconnected;
import io.mqttkafka.bridge.event.Retry;
import io.mqttkafka.bridge.failure.Backoff;
import io.mqttkafka.bridge.testkit.ManualClock;
import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka;
import io.mqttkafka.bridge.testkit.fake.kafka.KafkaOperation;
import io.mqttkafka.bridge.testkit.packet.MqttProperties;
import io.mqttkafka.bridge.testkit.packet.MqttProperty;
import io.mqttkafka.bridge.testkit.packet.MqttTestClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A bridge between fakes that share a clock: it pauses until the clock is moved, and not a nanosecond less. */
class BridgeTimeTest {

    private static final Duration NANO = Duration.ofNanos(1);
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final ManualClock clock = new ManualClock();
    private final FakeMqttBroker mqtt = FakeMqttBroker.builder().clock(clock).start();
    private final FakeKafka kafka = FakeKafka.builder().clock(clock).start();
    private final Events events = new Events();

    @AfterEach
    void close() {
        kafka.close();
        mqtt.close();
    }

    /** Keeps what it is told. */
    private static final class Events implements BridgeListener {
        final List<Connected> connected = new CopyOnWriteArrayList<>();
        final List<Disconnected> disconnected = new CopyOnWriteArrayList<>();
        final List<Retry> retries = new CopyOnWriteArrayList<>();

        @Override
        public void onConnected(Connected event) {
            connected.add(event);
        }

        @Override
        public void onDisconnected(Disconnected event) {
            disconnected.add(event);
        }

        @Override
        public void onRetry(Retry event) {
            retries.add(event);
        }
    }

    private Bridge bridge(Route route) {
        return Bridge.builder()
                .mqtt(m -> m.serverUri(mqtt.serverUri())
                        .clientId("edge-1")
                        // Its client pings by the machine's time, which the broker does not live by.
                        .keepAlive(Duration.ofHours(18))
                        .reconnect(Backoff.exponential(Duration.ofSeconds(1), Duration.ofMinutes(1))))
                .kafka(k -> k.bootstrapServers(kafka.bootstrapServers()).deliveryTimeout(Duration.ofMinutes(30)))
                .listener(events)
                .drainTimeout(Duration.ofSeconds(1))
                .route(route)
                .build()
                .start();
    }

    private static Route toKafka() {
        return Route.fromMqtt("sensors/#")
                .qos(QoS.AT_LEAST_ONCE)
                .toKafka("telemetry")
                .build();
    }

    /** Moves the clock to the end of the pause, having seen that a nanosecond before nothing happens. */
    private Duration passPause() {
        Duration pause = clock.awaitPause();
        clock.advance(pause.minus(NANO));
        assertThat(clock.awaitPause()).isEqualTo(NANO);
        clock.advance(NANO);
        return pause;
    }

    private static void assertJittered(Duration delay, Duration unjittered) {
        assertThat(delay).isBetween(unjittered.dividedBy(2), unjittered);
    }

    @Test
    void reconnect_waitsForTheClock_andBeginsAgainAfterProgress() {
        try (Bridge bridge = bridge(toKafka())) {
            mqtt.stop();
            for (int attempt = 0; attempt < 3; attempt++) {
                int failed = attempt + 1;
                await().atMost(PATIENCE).until(() -> events.disconnected.size() == failed);

                assertJittered(passPause(), Duration.ofSeconds(1L << attempt));
            }
            await().atMost(PATIENCE).until(() -> events.disconnected.size() == 4);
            mqtt.restart();
            assertThat(events.connected).hasSize(1);
            assertJittered(passPause(), Duration.ofSeconds(8));
            await().atMost(PATIENCE).until(() -> events.connected.size() == 2);

            // A connection that was up for longer than 10 s counts as progress.
            clock.advance(Duration.ofSeconds(11));
            mqtt.dropConnection("edge-1");

            assertJittered(passPause(), Duration.ofSeconds(1));
            await().atMost(PATIENCE).until(() -> events.connected.size() == 3);
            await().until(() -> bridge.health().healthy());
        }
    }

    @Test
    void reconnect_closedWhileItPauses_doesNotWait() {
        Bridge bridge = bridge(toKafka());
        mqtt.stop();
        clock.awaitPause();

        bridge.close();

        assertThat(kafka.clients()).isZero();
    }

    @Test
    void retriesToKafka_areExhaustedByTheClock() {
        Route route = Route.fromMqtt("sensors/#")
                .qos(QoS.AT_LEAST_ONCE)
                .toKafka(message -> {
                    throw new IllegalStateException("never");
                })
                .onFailure(f -> f.retry(5, Backoff.exponential(Duration.ofMillis(100), Duration.ofMinutes(1)))
                        .deadLetter("dead"))
                .name("r")
                .build();
        try (Bridge bridge = bridge(route)) {
            Publication published = mqtt.publish("sensors/1", "a", 1);

            exhaustRetries();

            mqtt.awaitAcknowledged(published);
            assertThat(kafka.values("dead")).containsExactly("a");
            await().until(() -> bridge.health().route("r").total().retries() == 5);
        }
    }

    @Test
    void retriesToMqtt_areExhaustedByTheClock() {
        kafka.createTopic("commands", 1);
        Route route = Route.fromKafka("commands")
                .toMqtt(message -> {
                    throw new IllegalStateException("never");
                })
                .onFailure(f -> f.retry(5, Backoff.exponential(Duration.ofMillis(100), Duration.ofMinutes(1)))
                        .deadLetter("dead"))
                .name("r")
                .build();
        try (Bridge bridge = bridge(route)) {
            kafka.produce("commands", "7", "on");

            exhaustRetries();

            kafka.awaitRecords("dead", 1);
            await().until(() -> bridge.health().route("r").total().retries() == 5);
        }
    }

    private void exhaustRetries() {
        for (int retry = 0; retry < 5; retry++) {
            int failed = retry + 1;
            await().atMost(PATIENCE).until(() -> events.retries.size() == failed);
            assertThat(kafka.values("dead")).isEmpty();

            assertJittered(passPause(), Duration.ofMillis(100L << retry));
        }
    }

    @Test
    void expiry_ofAMessage_isThatOfTheClock() {
        Route route = Route.fromMqtt("sensors/#")
                .qos(QoS.AT_LEAST_ONCE)
                .toKafka("telemetry")
                .metadataHeaders()
                .build();
        try (Bridge bridge = bridge(route)) {
            clock.advance(Duration.ofSeconds(40));
            mqtt.publish(
                    "sensors/1",
                    new byte[] {1},
                    1,
                    false,
                    MqttProperties.NONE.with(MqttProperty.MESSAGE_EXPIRY_INTERVAL, 60));

            ConsumerRecord<byte[], byte[]> record =
                    kafka.awaitRecords("telemetry", 1).get(0);

            assertThat(new String(record.headers().lastHeader("mqtt.expires-at").value(), StandardCharsets.UTF_8))
                    .isEqualTo("100000");
            assertThat(record.timestamp()).isEqualTo(40_000);
            await().until(() -> bridge.health().healthy());
        }
    }

    @Test
    void expiry_ofARecord_comesWithTheClock() {
        kafka.createTopic("commands", 1);
        Route route = Route.fromKafka("commands")
                .toMqtt("devices/{key}/cmd")
                .name("r")
                .build();
        clock.advance(Duration.ofMillis(59_999));
        try (Bridge bridge = bridge(route);
                MqttTestClient device = MqttTestClient.connect(mqtt.serverUri(), "device", true)) {
            device.subscribe("devices/#", 1);
            kafka.produce(expiring("first", 60_000));
            assertThat(device.next()).contains("first");

            clock.advance(Duration.ofMillis(1));
            kafka.produce(expiring("second", 60_000));

            await().atMost(PATIENCE)
                    .until(() -> bridge.health().route("r").total().expired() == 1);
        }
    }

    private static ProducerRecord<byte[], byte[]> expiring(String value, long millis) {
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(
                "commands", "7".getBytes(StandardCharsets.UTF_8), value.getBytes(StandardCharsets.UTF_8));
        record.headers().add("mqtt.expires-at", Long.toString(millis).getBytes(StandardCharsets.UTF_8));
        return record;
    }

    @Test
    void delayOfKafka_isOverByTheClock() {
        kafka.faults().on(KafkaOperation.SEND).nth(1).delay(Duration.ofMinutes(10));
        try (Bridge bridge = bridge(toKafka())) {
            Publication published = mqtt.publish("sensors/1", "a", 1);

            assertThat(passPause()).isEqualTo(Duration.ofMinutes(10));

            mqtt.awaitAcknowledged(published);
            assertThat(kafka.values("telemetry")).containsExactly("a");
            await().until(() -> bridge.health().healthy());
        }
    }

    @Test
    void deliveryTimeout_beforeTheEndOfTheDelay_isOverByTheClock() {
        kafka.faults().on(KafkaOperation.SEND).nth(1).delay(Duration.ofHours(2));
        try (Bridge bridge = bridge(toKafka())) {
            Publication published = mqtt.publish("sensors/1", "a", 1);
            clock.awaitPause();

            // Past both: the timeout was first, and the message comes again.
            clock.advance(Duration.ofHours(2));
            await().atMost(PATIENCE).until(() -> !events.disconnected.isEmpty());
            passPause();

            mqtt.awaitAcknowledged(published);
            assertThat(kafka.values("telemetry")).containsExactly("a");
            // What comes again comes with CONNACK, before the connection counts.
            await().atMost(PATIENCE)
                    .until(() -> bridge.health().connections().get(0).connects() == 2);
        }
    }
}
