package io.mqttkafka.bridge.tests.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.core.time.BridgeClock;
import io.mqttkafka.bridge.failure.Backoff;
import io.mqttkafka.bridge.testkit.packet.MqttProperty;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import io.mqttkafka.bridge.testkit.packet.ScriptedConnection;
import io.mqttkafka.bridge.tests.engine.Engine;
import io.mqttkafka.bridge.tests.engine.ScriptedKafka;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The machine's wall clock is set, by somebody or by NTP, while the bridge is at work. Only deadlines of messages go by it. */
class WallClockTest {
    private final SetClock clock = new SetClock();
    private final Engine engine = new Engine();

    @AfterEach
    void close() {
        engine.close();
    }

    @ParameterizedTest
    @ValueSource(longs = {-3_600, 3_600})
    void toKafka_retriesReconnectsAndKeepsOrder(long seconds) {
        ScriptedConnection connection =
                engine.clock(clock).route("a/#", QoS.AT_LEAST_ONCE, "t").connected();
        connection.publish(Engine.qos1(1, "a/1", "x1"));
        connection.publish(Engine.qos1(2, "a/2", "x2"));
        ScriptedKafka.Sent first = engine.kafka.next("x1");
        ScriptedKafka.Sent second = engine.kafka.next("x2");
        clock.set(seconds);

        ScriptedConnection again = engine.reconnected(connection, true);
        again.publish(Engine.qos1(1, "a/1", "x1").duplicate());
        again.publish(Engine.qos1(2, "a/2", "x2").duplicate());
        again.publish(Engine.qos1(3, "a/3", "x3"));
        engine.kafka.next("x3").confirm();
        second.confirm();
        first.confirm();
        again.expectPuback(1);
        again.expectPuback(2);
        again.expectPuback(3);
    }

    @ParameterizedTest
    @ValueSource(longs = {-3_600, 3_600})
    void toMqtt_retriesAndReconnectsInTime_andExpiresByTheNewTime(long seconds) {
        AtomicBoolean fails = new AtomicBoolean(true);
        long deadline = clock.millis() + Duration.ofHours(2).toMillis();
        ScriptedConnection connection = engine.clock(clock)
                .route(Route.fromKafka("commands")
                        .group("g")
                        .filter(value -> {
                            if (fails.getAndSet(false)) {
                                clock.set(seconds);
                                throw new IllegalStateException("once");
                            }
                            return true;
                        })
                        .toMqtt("devices/{key}/cmd")
                        .name("r")
                        .qos(QoS.AT_LEAST_ONCE)
                        .onFailure(failure -> failure.retry(3, Backoff.fixed(Duration.ofMillis(20))))
                        .build())
                .publishing();
        engine.kafka.log.append("commands", "7", "x1", "mqtt.expires-at", Long.toString(deadline));
        engine.kafka.log.append("commands", "7", "x2");

        PublishPacket first = connection.expectPublish();
        assertThat(first.payloadText()).isEqualTo("x1");
        assertThat(first.properties()
                        .number(MqttProperty.MESSAGE_EXPIRY_INTERVAL)
                        .orElseThrow())
                .isBetween(7_200 - seconds - 60, 7_200 - seconds);
        assertThat(connection.expectPublish().payloadText()).isEqualTo("x2");

        ScriptedConnection again = engine.publishingAgain(connection, true);
        assertThat(again.expectPublish().payloadText()).isEqualTo("x1");
        assertThat(again.expectPublish().payloadText()).isEqualTo("x2");
        assertThat(engine.bridge().health().route("r").total().expired()).isZero();
    }

    /** The machine's time, with a wall clock that can be set. */
    private static final class SetClock implements BridgeClock {
        private volatile long shiftMillis;

        void set(long seconds) {
            shiftMillis = Duration.ofSeconds(seconds).toMillis();
        }

        @Override
        public Instant instant() {
            return Instant.ofEpochMilli(millis());
        }

        @Override
        public long millis() {
            return SYSTEM.millis() + shiftMillis;
        }

        @Override
        public long nanos() {
            return SYSTEM.nanos();
        }

        @Override
        public void await(Object monitor, long untilNanos) throws InterruptedException {
            SYSTEM.await(monitor, untilNanos);
        }

        @Override
        public void park(Object blocker, long untilNanos) {
            SYSTEM.park(blocker, untilNanos);
        }

        @Override
        public void remind(long atNanos, Runnable wake) {
            SYSTEM.remind(atNanos, wake);
        }
    }
}
