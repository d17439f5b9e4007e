package io.mqttkafka.bridge.tests.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.failure.Backoff;
import io.mqttkafka.bridge.testkit.broker.MosquittoBroker;
import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka;
import io.mqttkafka.bridge.testkit.net.FaultProxy;
import io.mqttkafka.bridge.testkit.packet.MqttTestClient;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/** What mosquitto tells of a bridge whose connections break: its will, its delay, its retained messages. */
@EnabledIf(
        value = "io.mqttkafka.bridge.testkit.broker.MosquittoBroker#available",
        disabledReason = "mosquitto is not installed")
class StatusIT {
    private static final Duration DELAY = Duration.ofSeconds(2);

    @Test
    void status_followsTheBridge_butNoReconnectWithinTheDelay() {
        try (MosquittoBroker broker = MosquittoBroker.start();
                FakeKafka kafka = FakeKafka.start();
                FaultProxy proxy = FaultProxy.to(broker);
                MqttTestClient observer = MqttTestClient.connect(broker.serverUri(), "observer", true)) {
            observer.subscribe("bridges/1", 1);
            Bridge bridge = Bridge.builder()
                    .mqtt(m -> m.serverUri(proxy.serverUri())
                            .clientId("edge-1")
                            .reconnect(Backoff.fixed(Duration.ofMillis(50))))
                    .kafka(k -> k.bootstrapServers(kafka.bootstrapServers()))
                    .status(s -> s.topic("bridges/1").willDelay(DELAY))
                    .route(Route.fromMqtt("a/#").toKafka("t").build())
                    .build();
            try (bridge) {
                bridge.start();
                assertThat(observer.next()).isEqualTo("bridges/1 online");

                proxy.cutAll();
                assertThat(observer.next()).isEqualTo("bridges/1 online");
                await().during(DELAY.plusSeconds(2))
                        .atMost(DELAY.plusSeconds(10))
                        .until(observer::hasNothing);

                proxy.refuse();
                proxy.cutAll();
                assertThat(observer.next()).isEqualTo("bridges/1 offline");

                proxy.accept();
                assertThat(observer.next()).isEqualTo("bridges/1 online");
            }
            String last = observer.next();
            assertThat(last.equals("bridges/1 draining") ? observer.next() : last)
                    .isEqualTo("bridges/1 offline");
            try (MqttTestClient later = MqttTestClient.connect(broker.serverUri(), "later", true)) {
                later.subscribe("bridges/1", 1);
                assertThat(later.next()).isEqualTo("bridges/1 offline");
            }
        }
    }
}
