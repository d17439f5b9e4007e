package io.mqttkafka.bridge.standalone;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.BridgeHealth;
import io.mqttkafka.bridge.BridgeHealth.RouteCounts;
import io.mqttkafka.bridge.BridgeHealth.RouteHealth;
import io.mqttkafka.bridge.BridgeState;
import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.error.BridgeException;
import io.mqttkafka.bridge.standalone.config.BridgeFile;
import io.mqttkafka.bridge.standalone.config.Cases;
import io.mqttkafka.bridge.standalone.config.Overrides;
import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import io.mqttkafka.bridge.testkit.fake.mqtt.LoggedPacket;
import io.mqttkafka.bridge.testkit.fake.mqtt.Publication;
import io.mqttkafka.bridge.testkit.net.FaultProxy.Direction;
import io.mqttkafka.bridge.testkit.packet.MqttPacket;
import io.mqttkafka.bridge.testkit.packet.MqttPacketType;
import io.mqttkafka.bridge.testkit.packet.MqttTestClient;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/** One case between brokers of its own. */
final class CaseRun {
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration LOOK_AGAIN = Duration.ofMillis(2);
    private static final String DEVICE = "device-of-the-case";

    private final BridgeFile file;
    private final Definition definition;

    CaseRun(BridgeFile file, Definition definition) {
        this.file = file;
        this.definition = definition;
    }

    /** Returns what is wrong, a line for each; empty if nothing is. */
    List<String> run(Cases.Case one) throws InterruptedException {
        try (FakeMqttBroker mqtt = FakeMqttBroker.start();
                FakeKafka kafka = FakeKafka.start()) {
            for (String topic : file.readTopics()) {
                kafka.createTopic(topic, 1);
            }
            one.kafka().stream()
                    .map(Cases.Item::topic)
                    .filter(topic -> !kafka.topics().contains(topic))
                    .distinct()
                    .forEach(topic -> kafka.createTopic(topic, 1));
            try (MqttTestClient device = MqttTestClient.connect(mqtt.serverUri(), DEVICE, true);
                    Bridge bridge = file.builder(between(mqtt, kafka))
                            .drainTimeout(Duration.ZERO)
                            .build()) {
                device.subscribe("#", 2);
                bridge.start();
                List<Publication> publications = one.mqtt().stream()
                        .map(message -> mqtt.publish(packet(message)))
                        .toList();
                one.kafka().forEach(record -> kafka.produce(record(record)));
                awaitOutcome(bridge, one, publications, mqtt, kafka);
                return compare(one, bridge, mqtt, kafka);
            } catch (BridgeException e) {
                return List.of("the bridge does not start: " + definition.translate(e.getMessage()));
            }
        }
    }

    /** The file's bridge, but for where the brokers are and how one gets in. */
    private static Overrides between(FakeMqttBroker mqtt, FakeKafka kafka) {
        return new Overrides() {
            @Override
            public Set<String> given() {
                return Set.of(
                        "mqtt.server-uri",
                        "mqtt.tls",
                        "mqtt.username",
                        "mqtt.password",
                        "mqtt.password-file",
                        "kafka.bootstrap-servers",
                        "kafka.client",
                        "status",
                        "drain-timeout");
            }

            @Override
            public void mqtt(MqttOptions.Builder options) {
                options.serverUri(mqtt.serverUri());
            }

            @Override
            public void kafka(KafkaOptions.Builder options) {
                options.bootstrapServers(kafka.bootstrapServers());
            }
        };
    }

    private static PublishPacket packet(Cases.Item message) {
        PublishPacket.Builder packet = PublishPacket.to(message.topic())
                .payload(message.payload() == null ? "" : message.payload())
                .qos(message.qos());
        if (message.qos() > 0) {
            packet.packetId(1);
        }
        if (message.retain()) {
            packet.retain();
        }
        message.properties().forEach(packet::userProperty);
        return packet.build();
    }

    private static ProducerRecord<byte[], byte[]> record(Cases.Item item) {
        ProducerRecord<byte[], byte[]> record =
                new ProducerRecord<>(item.topic(), bytes(item.key()), bytes(item.payload()));
        item.properties().forEach((name, value) -> record.headers().add(name, value.getBytes(StandardCharsets.UTF_8)));
        return record;
    }

    private static byte @Nullable [] bytes(@Nullable String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    /** Waits until every message has come to its end: an expectation that is not met yet cannot be told from one that never is. */
    private void awaitOutcome(
            Bridge bridge, Cases.Case one, List<Publication> publications, FakeMqttBroker mqtt, FakeKafka kafka)
            throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < deadline) {
            boolean done = publications.stream().allMatch(Publication::isAcknowledged)
                    && settled(bridge.health(), one)
                    && compare(one, bridge, mqtt, kafka).isEmpty();
            if (done || bridge.state() == BridgeState.FAILED) {
                return;
            }
            Thread.sleep(LOOK_AGAIN.toMillis());
        }
    }

    private static boolean settled(BridgeHealth health, Cases.Case one) {
        long received = 0;
        long ended = 0;
        for (RouteHealth route : health.routes()) {
            RouteCounts counts = route.total();
            received += counts.received();
            ended += counts.delivered()
                    + counts.deadLettered()
                    + counts.filtered()
                    + counts.skipped()
                    + counts.shed()
                    + counts.expired()
                    + counts.looped();
        }
        return ended == received && received >= one.kafka().size();
    }

    private List<String> compare(Cases.Case one, Bridge bridge, FakeMqttBroker mqtt, FakeKafka kafka) {
        List<String> wrong = new ArrayList<>();
        for (RouteHealth route : bridge.health().routes()) {
            if (!route.running() && route.lastError() != null) {
                wrong.add("route '" + route.name() + "' has stopped: "
                        + definition.translate(route.lastError().cause()));
            }
        }
        String internal = file.stateTopic();
        List<String> records = new ArrayList<>();
        List<Cases.Item> expectedRecords = new ArrayList<>(one.expectedKafka());
        for (String topic : kafka.topics()) {
            if (topic.equals(internal)) {
                continue;
            }
            List<ConsumerRecord<byte[], byte[]>> all = kafka.records(topic);
            long input = one.kafka().stream()
                    .filter(item -> item.topic().equals(topic))
                    .count();
            for (ConsumerRecord<byte[], byte[]> record : all.subList((int) Math.min(input, all.size()), all.size())) {
                if (!removeFirst(expectedRecords, item -> matches(item, record))) {
                    records.add("unexpected record on " + topic + ", key " + text(record.key()) + ", value "
                            + text(record.value()));
                }
            }
        }
        expectedRecords.forEach(item -> wrong.add("missing record on " + item.topic()
                + (item.key() == null ? "" : ", key " + item.key())
                + (item.payload() == null ? "" : ", value " + item.payload())));
        wrong.addAll(records);
        List<Cases.Item> expectedMessages = new ArrayList<>(one.expectedMqtt());
        for (PublishPacket message : published(mqtt)) {
            if (!removeFirst(expectedMessages, item -> matches(item, message))) {
                wrong.add("unexpected message on " + message.topic() + ", payload " + message.payloadText());
            }
        }
        expectedMessages.forEach(item -> wrong.add(
                "missing message on " + item.topic() + (item.payload() == null ? "" : ", payload " + item.payload())));
        return wrong;
    }

    private static List<PublishPacket> published(FakeMqttBroker mqtt) {
        return mqtt.packets().stream()
                .filter(one -> one.direction() == Direction.CLIENT_TO_SERVER
                        && !one.clientId().equals(DEVICE))
                .map(LoggedPacket::packet)
                .filter(packet -> packet.type() == MqttPacketType.PUBLISH)
                .map(MqttPacket::publish)
                .filter(publish -> !publish.dup())
                .toList();
    }

    private static boolean removeFirst(List<Cases.Item> items, Predicate<Cases.Item> matching) {
        for (int i = 0; i < items.size(); i++) {
            if (matching.test(items.get(i))) {
                items.remove(i);
                return true;
            }
        }
        return false;
    }

    private static boolean matches(Cases.Item item, ConsumerRecord<byte[], byte[]> record) {
        boolean same = item.topic().equals(record.topic())
                && (item.key() == null || item.key().equals(text(record.key())))
                && (item.payload() == null || item.payload().equals(text(record.value())));
        for (var property : item.properties().entrySet()) {
            Header header = record.headers().lastHeader(property.getKey());
            same &= header != null && property.getValue().equals(text(header.value()));
        }
        return same;
    }

    private static boolean matches(Cases.Item item, PublishPacket message) {
        return item.topic().equals(message.topic())
                && (item.payload() == null || item.payload().equals(message.payloadText()))
                && (!item.retain() || message.retain());
    }

    private static @Nullable String text(byte @Nullable [] bytes) {
        return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
    }
}
