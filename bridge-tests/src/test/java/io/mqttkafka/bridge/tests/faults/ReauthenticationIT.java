package io.mqttkafka.bridge.tests.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.NoSubscribers;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.testkit.broker.EmbeddedKafka;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import io.mqttkafka.bridge.testkit.packet.MqttPacket;
import io.mqttkafka.bridge.testkit.packet.MqttPacketType;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Kafka lets each authentication count for two seconds: its clients authenticate again on open connections. */
@Tag("chaos")
class ReauthenticationIT {
    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final int TIMES = 3;
    private static final String JAAS =
            "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"me\" password=\"pw\"";

    private static final Map<String, String> CLIENT =
            Map.of("security.protocol", "SASL_PLAINTEXT", "sasl.mechanism", "PLAIN", "sasl.jaas.config", JAAS + ";");

    private static EmbeddedKafka startKafka() {
        return EmbeddedKafka.builder()
                .property("listener.security.protocol.map", "PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT")
                .property("sasl.enabled.mechanisms", "PLAIN")
                .property("sasl.mechanism.inter.broker.protocol", "PLAIN")
                .property("listener.name.plaintext.plain.sasl.jaas.config", JAAS + " user_me=\"pw\";")
                .property("connections.max.reauth.ms", "2000")
                .start();
    }

    @Test
    void bothDirections_exactlyOnce_goOn() throws Exception {
        try (EmbeddedKafka kafka = startKafka();
                FakeMqttBroker mqtt = FakeMqttBroker.start()) {
            Map<String, Object> client = new HashMap<>(CLIENT);
            client.put("bootstrap.servers", kafka.bootstrapServers());
            try (Admin admin = Admin.create(client)) {
                admin.createTopics(List.of(
                                new NewTopic("in", Optional.of(1), Optional.empty()),
                                new NewTopic("out", Optional.of(1), Optional.empty())))
                        .all()
                        .get();
            }
            try (Bridge bridge = Bridge.builder()
                            .mqtt(m -> m.serverUri(mqtt.serverUri()).clientId("edge-1"))
                            .kafka(k -> {
                                k.bootstrapServers(kafka.bootstrapServers());
                                CLIENT.forEach(k::client);
                            })
                            .route(Route.fromMqtt("a/#")
                                    .qos(QoS.EXACTLY_ONCE)
                                    .toKafka("in")
                                    .build())
                            .route(Route.fromKafka("out")
                                    .group("g")
                                    .toMqtt("b")
                                    .qos(QoS.EXACTLY_ONCE)
                                    .noSubscribers(NoSubscribers.accept())
                                    .build())
                            .build()
                            .start();
                    KafkaProducer<String, String> producer =
                            new KafkaProducer<>(client, new StringSerializer(), new StringSerializer())) {
                List<String> written = new ArrayList<>();
                await().atMost(PATIENCE).pollInterval(Duration.ofMillis(50)).until(() -> {
                    String text = "x" + written.size();
                    written.add(text);
                    producer.send(new ProducerRecord<>("out", text)).get();
                    mqtt.publish("a/b", text, 2);
                    return timesAuthenticatedAgain("consumer", "bridge-edge-1-out") >= TIMES
                            && timesAuthenticatedAgain("producer", "bridge-edge-1-out-qos2") >= TIMES
                            && timesAuthenticatedAgain("producer", "bridge-edge-1-qos2") >= TIMES;
                });
                await().atMost(PATIENCE)
                        .until(() -> published(mqtt).size() >= written.size()
                                && bridge.health().connections().stream().allMatch(one -> one.unacknowledged() == 0));

                assertThat(published(mqtt)).isEqualTo(written);
                assertThat(bridge.health().connections()).allMatch(one -> one.connects() == 1);
                assertThat(bridge.health().routes()).allMatch(one -> one.lastError() == null);
            }
        }
    }

    private static List<String> published(FakeMqttBroker mqtt) {
        return mqtt.packets().stream()
                .map(logged -> logged.packet())
                .filter(packet -> packet.type() == MqttPacketType.PUBLISH)
                .map(MqttPacket::publish)
                .filter(packet -> packet.topic().equals("b"))
                .map(PublishPacket::payloadText)
                .toList();
    }

    private static double timesAuthenticatedAgain(String kind, String clientId) throws JMException {
        MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
        ObjectName name = new ObjectName("kafka." + kind + ":type=" + kind + "-metrics,client-id=" + clientId);
        return beans.isRegistered(name)
                ? ((Number) beans.getAttribute(name, "successful-reauthentication-total")).doubleValue()
                : 0;
    }
}
