package io.mqttkafka.bridge.tests.sink;

import static io.mqttkafka.bridge.tests.engine.Engine.QUIET;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.testkit.ManualClock;
import io.mqttkafka.bridge.testkit.packet.MqttProperty;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import io.mqttkafka.bridge.testkit.packet.ScriptedConnection;
import io.mqttkafka.bridge.tests.engine.Engine;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Deadlines of records from Kafka, by a clock that the test moves. */
class ExpiryTest {
    private final ManualClock clock = new ManualClock();
    private final Engine engine = new Engine();
    private ScriptedConnection connection;

    @AfterEach
    void close() {
        engine.close();
    }

    private void start() {
        connection = engine.clock(clock)
                .route(Route.fromKafka("commands")
                        .group("g")
                        .toMqtt("devices/{key}/cmd")
                        .name("r")
                        .build())
                .publishing();
    }

    private void append(String value, long deadlineMillis) {
        engine.kafka.log.append("commands", "7", value, "mqtt.expires-at", Long.toString(deadlineMillis));
    }

    private static long expiry(PublishPacket packet) {
        return packet.properties().number(MqttProperty.MESSAGE_EXPIRY_INTERVAL).orElseThrow();
    }

    @Test
    void secondsLeft_areThoseOfTheMomentOfSending_alsoWhenSentAgain() {
        start();
        append("on", 60_000);
        assertThat(expiry(connection.expectPublish())).isEqualTo(60);

        clock.advance(Duration.ofMillis(19_001));
        connection.cut();
        clock.advance(clock.awaitPause());
        connection = engine.broker.accept();
        connection.handshake(true);

        PublishPacket again = connection.expectPublish();
        assertThat(again.dup()).isTrue();
        assertThat(expiry(again)).isEqualTo(41);
    }

    @Test
    void deadline_isOverInItsVeryMillisecond() {
        start();
        clock.advance(Duration.ofSeconds(20));

        append("late", 20_000);
        append("just", 20_001);

        PublishPacket packet = connection.expectPublish();
        assertThat(packet.payloadText()).isEqualTo("just");
        assertThat(expiry(packet)).isEqualTo(1);
        connection.puback(packet.packetId());
        await().until(() -> engine.kafka.log.committed("commands") == 2);
        connection.expectNothing(QUIET);
        await().until(() -> engine.bridge().health().route("r").total().expired() == 1);
    }
}
