package io.mqttkafka.bridge.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.BridgeHealth;
import io.mqttkafka.bridge.BridgeHealth.KafkaHealth;
import io.mqttkafka.bridge.BridgeHealth.RouteCounts;
import io.mqttkafka.bridge.BridgeHealth.RouteHealth;
import io.mqttkafka.bridge.BridgeState;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.examples.SensorMessage.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** The quickstart must be able to fail: each kind of loss, repetition and miscount is found and named. */
class QuickstartReportTest {
    private static final RouteCounts NONE = RouteCounts.builder().build();

    // 60 temperatures (4 of them broken, 4 implausible), 20 alarms, 20 vibrations.
    private final List<SensorMessage> messages = SensorMessage.of(100);
    private final List<SensorMessage> inKafka = new ArrayList<>(
            messages.stream().filter(message -> !message.filtered()).toList());
    private final Map<Kind, RouteCounts> bridge = new EnumMap<>(Map.of(
            Kind.TELEMETRY,
                    RouteCounts.builder()
                            .received(60)
                            .delivered(52)
                            .acknowledged(60)
                            .deadLettered(4)
                            .filtered(4)
                            .build(),
            Kind.ALARM,
                    RouteCounts.builder()
                            .received(20)
                            .delivered(20)
                            .acknowledged(20)
                            .build(),
            Kind.VIBRATION, RouteCounts.builder().received(20).delivered(20).build()));

    private long unpublished;

    @Test
    void everythingInPlace_noDifference() {
        assertThat(report().differences()).isEmpty();
        assertThat(report().table())
                .hasSize(5)
                .anyMatch(line -> line.matches("telemetry +1 +60 +52 +4 +4 +0 +60 +52 +4"))
                .anyMatch(line -> line.matches("total +100 +92 +4 +4 +0 +80 +92 +4"));
    }

    @Test
    void publishedLess_isNamed() {
        unpublished = 1;

        assertThat(report().differences())
                .containsExactly(
                        "telemetry, QoS 1: published is 59, expected 60",
                        "alarms, QoS 2: published is 19, expected 20",
                        "vibration, QoS 0: published is 19, expected 20");
    }

    @Test
    void recordMissing_isNamed() {
        inKafka.remove(first(Kind.ALARM));

        assertThat(report().differences()).containsExactly("alarms, QoS 2: in Kafka is 19, expected 20");
    }

    @Test
    void deadLetterMissing_isNamed() {
        inKafka.removeIf(message -> message.deadLettered() && message.id() == 10);

        assertThat(report().differences()).containsExactly("telemetry, QoS 1: dead letters is 3, expected 4");
    }

    @Test
    void recordTwice_isNamed() {
        inKafka.add(inKafka.get(inKafka.size() - 1));

        assertThat(report().differences()).singleElement().asString().contains("message 99 is in Kafka twice");
    }

    @Test
    void recordsOfOneDeviceReordered_areNamed() {
        List<SensorMessage> ofOneDevice = inKafka.stream()
                .filter(message -> message.mqttTopic().equals(inKafka.get(0).mqttTopic()))
                .toList();
        inKafka.removeAll(ofOneDevice);
        inKafka.add(ofOneDevice.get(1));
        inKafka.add(ofOneDevice.get(0));
        bridge.put(
                Kind.TELEMETRY,
                RouteCounts.builder()
                        .received(60)
                        .delivered(52 - ofOneDevice.size() + 2)
                        .acknowledged(60)
                        .deadLettered(4)
                        .filtered(4)
                        .build());

        assertThat(report().differences()).anyMatch(line -> line.contains("of the same device"));
    }

    @Test
    void recordInWrongTopic_isNamed() {
        SensorMessage stray = first(Kind.VIBRATION);
        inKafka.remove(stray);
        inKafka.add(new SensorMessage(stray.id(), stray.kind(), stray.mqttTopic(), stray.payload(), Quickstart.ALARMS));

        assertThat(report().differences())
                .contains("vibration, QoS 0: in Kafka is 19, expected 20")
                .anyMatch(line -> line.contains("96 messages are in Kafka, but only 95"));
    }

    @Test
    void bridgeCountsOff_areNamed() {
        bridge.put(
                Kind.ALARM,
                RouteCounts.builder()
                        .received(21)
                        .delivered(20)
                        .acknowledged(19)
                        .build());

        assertThat(report().differences())
                .containsExactly(
                        "alarms, QoS 2: received is 21, expected 20", "alarms, QoS 2: acknowledged is 19, expected 20");
    }

    @Test
    void shedAtQos0AndCounted_isNoDifference() {
        inKafka.remove(first(Kind.VIBRATION));
        bridge.put(
                Kind.VIBRATION,
                RouteCounts.builder().received(20).delivered(19).shed(1).build());

        assertThat(report().differences()).isEmpty();
    }

    private SensorMessage first(Kind kind) {
        return inKafka.stream()
                .filter(message -> message.kind() == kind)
                .findFirst()
                .orElseThrow();
    }

    private QuickstartReport report() {
        List<RouteHealth> routes = Arrays.stream(Kind.values())
                .map(kind -> RouteHealth.builder(kind.routeName())
                        .running(true)
                        .qos0(kind.qos() == QoS.AT_MOST_ONCE ? bridge.get(kind) : NONE)
                        .qos1(kind.qos() == QoS.AT_LEAST_ONCE ? bridge.get(kind) : NONE)
                        .qos2(kind.qos() == QoS.EXACTLY_ONCE ? bridge.get(kind) : NONE)
                        .build())
                .toList();
        return new QuickstartReport(
                messages,
                kind -> messages.stream()
                                .filter(message -> message.kind() == kind)
                                .count()
                        - unpublished,
                BridgeHealth.builder(BridgeState.RUNNING)
                        .kafka(KafkaHealth.builder()
                                .reachable(true)
                                .since(Instant.EPOCH)
                                .build())
                        .routes(routes)
                        .build(),
                tally());
    }

    private KafkaTally tally() {
        MockConsumer<String, String> consumer = new MockConsumer<>("earliest");
        List<String> topics = inKafka.stream()
                .map(message -> Objects.requireNonNull(message.kafkaTopic()))
                .distinct()
                .toList();
        topics.forEach(
                topic -> consumer.updatePartitions(topic, List.of(new PartitionInfo(topic, 0, null, null, null))));
        consumer.updateBeginningOffsets(
                topics.stream().collect(Collectors.toMap(topic -> new TopicPartition(topic, 0), topic -> 0L)));
        KafkaTally tally = new KafkaTally(consumer, topics);
        for (int offset = 0; offset < inKafka.size(); offset++) {
            SensorMessage message = inKafka.get(offset);
            consumer.addRecord(
                    new ConsumerRecord<>(message.kafkaTopic(), 0, offset, message.mqttTopic(), message.payload()));
        }
        tally.poll(Duration.ZERO);
        return tally;
    }
}
