package io.mqttkafka.bridge.tests.connection;

import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.NoSubscribers;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.testkit.broker.SelfSignedCertificate;
import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import io.mqttkafka.bridge.testkit.net.FaultProxy;
import io.mqttkafka.bridge.testkit.net.FaultProxy.Direction;
import io.mqttkafka.bridge.tests.engine.Engine;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A broker behind TLS that reads no more, while a message is being written. */
class TlsStallTest {
    private static final int MESSAGES = 300;
    private static final String PAYLOAD = "x".repeat(100_000);

    @TempDir
    Path folder;

    @Test
    void brokerThatReadsNoMore_isLeftForAnotherConnection() {
        SelfSignedCertificate certificate = SelfSignedCertificate.create(folder);
        try (FakeMqttBroker broker = FakeMqttBroker.builder().tls(certificate).start();
                FaultProxy proxy = FaultProxy.to(broker);
                FakeKafka kafka = FakeKafka.start()) {
            kafka.createTopic("commands", 1);
            Bridge bridge = Bridge.builder()
                    .mqtt(m -> m.serverUri("ssl://127.0.0.1:" + proxy.port())
                            .clientId("edge-1")
                            .keepAlive(Duration.ofSeconds(2))
                            .tls(t -> t.trustStore(certificate.trustStore(), SelfSignedCertificate.PASSWORD)))
                    .kafka(k -> k.bootstrapServers(kafka.bootstrapServers()))
                    .route(Route.fromKafka("commands")
                            .group("g")
                            .toMqtt("devices/{key}")
                            .qos(QoS.AT_LEAST_ONCE)
                            .noSubscribers(NoSubscribers.accept())
                            .build())
                    .build();
            bridge.start();
            try {
                proxy.pause(Direction.CLIENT_TO_SERVER);
                for (int i = 0; i < MESSAGES; i++) {
                    kafka.produce("commands", "1", PAYLOAD);
                }
                // the connection is given up, and its writer does not keep the next one waiting
                await().atMost(Engine.PATIENCE).until(() -> proxy.acceptedConnections() > 1);
            } finally {
                bridge.close(Duration.ZERO);
            }
        }
    }
}
