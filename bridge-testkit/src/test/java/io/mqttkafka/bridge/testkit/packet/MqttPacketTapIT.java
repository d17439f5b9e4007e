package io.mqttkafka.bridge.testkit.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.testkit.broker.EmbeddedMqttBroker;
import io.mqttkafka.bridge.testkit.broker.MosquittoBroker;
import io.mqttkafka.bridge.testkit.broker.MqttBroker;
import io.mqttkafka.bridge.testkit.net.FaultProxy;
import io.mqttkafka.bridge.testkit.net.FaultProxy.Direction;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** A real client and a real broker with the proxy in between. */
class MqttPacketTapIT {

    private final List<String> seen = new CopyOnWriteArrayList<>();

    @Test
    void qos2Publish_inOneBytePieces_isSeenPacketByPacket() {
        try (MqttBroker broker = MosquittoBroker.available() ? MosquittoBroker.start() : EmbeddedMqttBroker.start();
                FaultProxy proxy = FaultProxy.to(broker).tap(new MqttPacketTap(this::see))) {
            proxy.slice(1);
            try (MqttTestClient client = MqttTestClient.connect(proxy.serverUri(), "tapped", true)) {
                client.publish("t", "x", 2);
            }
            await().atMost(Duration.ofSeconds(60)).until(() -> proxy.openConnections() == 0);
        }

        assertThat(seen)
                .startsWith(
                        "CLIENT_TO_SERVER CONNECT",
                        "SERVER_TO_CLIENT CONNACK",
                        "CLIENT_TO_SERVER PUBLISH",
                        "SERVER_TO_CLIENT PUBREC",
                        "CLIENT_TO_SERVER PUBREL",
                        "SERVER_TO_CLIENT PUBCOMP");
    }

    private void see(int connection, Direction direction, MqttPacket packet) {
        seen.add(direction + " " + packet.type());
    }
}
