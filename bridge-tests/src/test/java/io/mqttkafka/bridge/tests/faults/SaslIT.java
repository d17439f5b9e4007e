package io.mqttkafka.bridge.tests.faults;

import static io.mqttkafka.bridge.testkit.assertj.BridgeAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.error.BridgeStartException;
import io.mqttkafka.bridge.testkit.broker.EmbeddedKafka;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import io.mqttkafka.bridge.testkit.net.FaultProxy;
import io.mqttkafka.bridge.testkit.packet.MqttTestClient;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The ways to log in to Kafka, both directions and exactly once, on a listener that takes nobody else. */
class SaslIT {

    private static final String SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule required";
    private static final String OAUTH = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required";
    private static final String PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule required";
    private static final String PASSWORD = "canary-of-kafka";

    private static FaultProxy proxy;
    private static EmbeddedKafka kafka;

    @BeforeAll
    static void start() throws Exception {
        proxy = FaultProxy.start();
        kafka = EmbeddedKafka.builder()
                .behind(proxy)
                .property(
                        "listener.security.protocol.map",
                        "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXIED:SASL_PLAINTEXT")
                .property("listener.name.proxied.sasl.enabled.mechanisms", "SCRAM-SHA-512,OAUTHBEARER,PLAIN")
                .property("listener.name.proxied.scram-sha-512.sasl.jaas.config", SCRAM + ";")
                .property(
                        "listener.name.proxied.oauthbearer.sasl.jaas.config",
                        OAUTH + " unsecuredLoginStringClaim_sub=\"broker\";")
                .property("listener.name.proxied.plain.sasl.jaas.config", PLAIN + " user_bridge=\"" + PASSWORD + "\";")
                .start();
        kafka.createTopic("telemetry", 1);
        kafka.createTopic("commands", 1);
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
            admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion(
                            "bridge", new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4_096), PASSWORD)))
                    .all()
                    .get();
        }
    }

    @AfterAll
    static void stop() {
        kafka.close();
        proxy.close();
    }

    private static Bridge bridge(FakeMqttBroker mqtt, String mechanism, String jaas) {
        return Bridge.builder()
                .mqtt(m -> m.serverUri(mqtt.serverUri()).clientId("sasl-" + mechanism))
                .kafka(k -> k.bootstrapServers(proxy.address())
                        .client("security.protocol", "SASL_PLAINTEXT")
                        .client("sasl.mechanism", mechanism)
                        .client("sasl.jaas.config", jaas))
                .route(Route.fromMqtt("sensors/#")
                        .qos(QoS.EXACTLY_ONCE)
                        .toKafka("telemetry")
                        .build())
                .route(Route.fromKafka("commands")
                        .group("g-" + mechanism)
                        .toMqtt("devices/{key}")
                        .qos(QoS.AT_LEAST_ONCE)
                        .build())
                .build();
    }

    @ParameterizedTest
    @CsvSource({
        "SCRAM-SHA-512, '" + SCRAM + " username=\"bridge\" password=\"" + PASSWORD + "\";'",
        "PLAIN, '" + PLAIN + " username=\"bridge\" password=\"" + PASSWORD + "\";'",
        "OAUTHBEARER, '" + OAUTH + " unsecuredLoginStringClaim_sub=\"bridge\";'"
    })
    void login_byEachMechanism_bridgesBothWays(String mechanism, String jaas) {
        try (FakeMqttBroker mqtt = FakeMqttBroker.start();
                MqttTestClient device = MqttTestClient.connect(mqtt.serverUri(), "device", true)) {
            device.subscribe("devices/+", 1);
            kafka.produce("commands", "7", mechanism);
            try (Bridge bridge = bridge(mqtt, mechanism, jaas)) {
                bridge.start();
                mqtt.publish("sensors/7", mechanism, 2);

                assertThat(kafka).topic("telemetry").contains(mechanism);
                String next = device.next();
                while (!next.equals("devices/7 " + mechanism)) {
                    next = device.next();
                }
                assertThat(bridge).eventuallyHealthy();
            }
        }
    }

    @Test
    void login_wrongPassword_failsTheStartAtOnceAndRepeatsNothingSecret() {
        try (FakeMqttBroker mqtt = FakeMqttBroker.start();
                Bridge bridge = bridge(
                        mqtt, "SCRAM-SHA-512", SCRAM + " username=\"bridge\" password=\"not-" + PASSWORD + "\";")) {
            Throwable failure = catchThrowable(bridge::start);

            assertThat(failure)
                    .isInstanceOf(BridgeStartException.class)
                    .hasMessageStartingWith("kafka")
                    .hasMessageNotContaining(PASSWORD);
        }
    }
}
