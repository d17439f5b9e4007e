package io.mqttkafka.bridge.tests.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.NoSubscribers;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.message.Header;
import io.mqttkafka.bridge.message.KafkaMessage;
import io.mqttkafka.bridge.message.MqttMessage;
import io.mqttkafka.bridge.message.UserProperty;
import io.mqttkafka.bridge.spi.MessageObserver;
import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import io.mqttkafka.bridge.testkit.fake.mqtt.LoggedPacket;
import io.mqttkafka.bridge.testkit.junit.BridgeStarter;
import io.mqttkafka.bridge.testkit.junit.BridgeTest;
import io.mqttkafka.bridge.testkit.net.FaultProxy.Direction;
import io.mqttkafka.bridge.testkit.packet.MqttPacket;
import io.mqttkafka.bridge.testkit.packet.MqttPacketType;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import io.mqttkafka.bridge.tests.engine.LogCapture;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.StreamSupport;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** An observer follows messages both ways, carries a trace on, and can harm none of them. */
@BridgeTest
class MessageObserverTest {
    /** Traces what comes with {@code traceparent}, as a sampler that follows its parent does. */
    private static final class Tracer implements MessageObserver {
        final List<String> entered = new CopyOnWriteArrayList<>();
        final List<String> ended = new CopyOnWriteArrayList<>();

        @Override
        public @Nullable Observation received(String route, MqttMessage message) {
            return message.properties().userProperties().stream()
                    .filter(property -> property.name().equals("traceparent"))
                    .map(UserProperty::value)
                    .findFirst()
                    .map(parent -> observation(route, parent))
                    .orElse(null);
        }

        @Override
        public @Nullable Observation received(String route, KafkaMessage message) {
            Header parent = message.lastHeader("traceparent");
            return parent == null ? null : observation(route, new String(parent.value(), StandardCharsets.UTF_8));
        }

        private Observation observation(String route, String parent) {
            return new Observation() {
                @Override
                public List<Header> headers() {
                    return List.of(header("traceparent", parent + "+" + route), header("tracestate", "new"));
                }

                @Override
                public Scope enter() {
                    Thread by = Thread.currentThread();
                    entered.add("in " + parent);
                    return () -> entered.add((Thread.currentThread() == by ? "out " : "elsewhere ") + parent);
                }

                @Override
                public void ended(Outcome outcome, @Nullable Throwable cause) {
                    ended.add(parent + " " + outcome + (cause == null ? "" : " " + cause.getMessage()));
                }
            };
        }
    }

    private static Header header(String name, String value) {
        return new Header(name, value.getBytes(StandardCharsets.UTF_8));
    }

    private static PublishPacket traced(String payload, QoS qos) {
        return PublishPacket.to("a/b")
                .payload(payload)
                .qos(qos.level())
                .packetId(Math.min(qos.level(), 1))
                .userProperty("tracestate", "old")
                .userProperty("traceparent", "p")
                .userProperty("other", "o")
                .build();
    }

    private static List<String> headers(Headers headers) {
        return StreamSupport.stream(headers.spliterator(), false)
                .map(one -> one.key() + "=" + new String(one.value(), StandardCharsets.UTF_8))
                .toList();
    }

    @ParameterizedTest
    @EnumSource(QoS.class)
    void fromMqtt_traced_goesOnWithItsOwnTraceAndIsCurrentOnce(
            QoS qos, FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges) {
        kafka.createTopic("t", 1);
        Tracer tracer = new Tracer();
        bridges.start(bridges.builder()
                .route(Route.fromMqtt("a/#").qos(qos).toKafka("t").name("in").build())
                .observer(tracer)
                .build());

        mqtt.publish(traced("x", qos));
        kafka.awaitRecords("t", 1);
        mqtt.publish(PublishPacket.to("a/b")
                .payload("y")
                .qos(qos.level())
                .packetId(Math.min(qos.level(), 1))
                .userProperty("other", "o")
                .build());

        assertThat(kafka.awaitRecords("t", 2))
                .satisfiesExactly(
                        x -> assertThat(headers(x.headers()))
                                .containsExactly("other=o", "traceparent=p+in", "tracestate=new"),
                        y -> assertThat(headers(y.headers())).containsExactly("other=o"));
        await().until(() -> !tracer.ended.isEmpty());
        assertThat(tracer.ended).containsExactly("p DELIVERED");
        assertThat(tracer.entered).containsExactly("in p", "out p");
    }

    @ParameterizedTest
    @EnumSource(QoS.class)
    void fromKafka_traced_goesOnWithItsOwnTrace(QoS qos, FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges) {
        kafka.createTopic("commands", 1);
        Tracer tracer = new Tracer();
        bridges.start(bridges.builder()
                .route(Route.fromKafka("commands")
                        .group("g")
                        .toMqtt("devices/{key}")
                        .qos(qos)
                        .noSubscribers(NoSubscribers.accept())
                        .name("out")
                        .build())
                .observer(tracer)
                .build());

        produce(kafka, "x", "traceparent", "p", "other", "o", "tracestate", "old");
        produce(kafka, "y", "other", "o");
        kafka.awaitCommitted("g", "commands", 0, 2);

        List<List<String>> published = mqtt.packets().stream()
                .filter(one -> one.direction() == Direction.CLIENT_TO_SERVER)
                .map(LoggedPacket::packet)
                .filter(packet -> packet.type() == MqttPacketType.PUBLISH)
                .map(MqttPacket::publish)
                .filter(one -> one.topic().startsWith("devices/"))
                .map(one -> one.properties().userProperties().stream()
                        .map(Map.Entry::toString)
                        .toList())
                .toList();
        assertThat(published)
                .containsExactly(List.of("other=o", "traceparent=p+out", "tracestate=new"), List.of("other=o"));
        assertThat(tracer.ended).containsExactly("p DELIVERED");
        assertThat(tracer.entered).containsExactly("in p", "out p");
    }

    private static void produce(FakeKafka kafka, String value, String... headers) {
        RecordHeaders all = new RecordHeaders();
        for (int i = 0; i < headers.length; i += 2) {
            all.add(headers[i], headers[i + 1].getBytes(StandardCharsets.UTF_8));
        }
        kafka.produce(new ProducerRecord<>(
                "commands", 0, "7".getBytes(StandardCharsets.UTF_8), value.getBytes(StandardCharsets.UTF_8), all));
    }

    @Test
    void messages_notDelivered_endWithWhatBecameOfThem(FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges) {
        Tracer tracer = new Tracer();
        bridges.start(bridges.builder()
                .route(Route.fromMqtt("a/#")
                        .qos(QoS.AT_LEAST_ONCE)
                        .filter((payload, message) -> payload.length > 1)
                        .toKafka(message -> {
                            throw new IllegalStateException("never");
                        })
                        .onFailure(failure -> failure.skip())
                        .name("in")
                        .build())
                .route(Route.fromMqtt("a/+")
                        .qos(QoS.AT_LEAST_ONCE)
                        .toKafka("t")
                        .partitioner(request -> 99)
                        .onFailure(failure -> failure.deadLetter("dead"))
                        .name("dead")
                        .build())
                .observer(tracer)
                .build());

        mqtt.awaitAcknowledged(mqtt.publish(traced("x", QoS.AT_LEAST_ONCE)));
        mqtt.awaitAcknowledged(mqtt.publish(traced("long", QoS.AT_LEAST_ONCE)));

        assertThat(tracer.ended)
                .anySatisfy(one -> assertThat(one).isEqualTo("p FILTERED"))
                .anySatisfy(one -> assertThat(one).startsWith("p SKIPPED never"))
                .anySatisfy(one -> assertThat(one).startsWith("p DEAD_LETTERED"))
                .hasSize(4);
    }

    /** A bug of the observer is told once, and costs no message. */
    @Test
    void observer_thatThrows_harmsNothing(FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges) {
        MessageObserver broken = new MessageObserver() {
            @Override
            public Observation received(String route, MqttMessage message) {
                if (message.topic().endsWith("0")) {
                    throw new AssertionError("begin");
                }
                return new Observation() {
                    @Override
                    public List<Header> headers() {
                        throw new IllegalStateException("headers");
                    }

                    @Override
                    public Scope enter() {
                        if (message.topic().endsWith("1")) {
                            throw new IllegalStateException("enter");
                        }
                        return () -> {
                            throw new IllegalStateException("close");
                        };
                    }

                    @Override
                    public void ended(Outcome outcome, @Nullable Throwable cause) {
                        throw new IllegalStateException("ended");
                    }
                };
            }

            @Override
            public Observation received(String route, KafkaMessage message) {
                throw new IllegalStateException("record");
            }
        };
        try (LogCapture log = new LogCapture()) {
            bridges.start(bridges.builder()
                    .route(Route.fromMqtt("a/#")
                            .qos(QoS.AT_LEAST_ONCE)
                            .toKafka("t")
                            .name("in")
                            .build())
                    .observer(broken)
                    .build());

            for (int i = 0; i < 6; i++) {
                mqtt.awaitAcknowledged(mqtt.publish("a/" + i % 3, "x" + i, 1));
            }

            assertThat(kafka.values("t")).containsExactly("x0", "x1", "x2", "x3", "x4", "x5");
            assertThat(log.lines())
                    .filteredOn(line -> line.contains("it is told once"))
                    .hasSize(1);
        }
    }
}
