package io.mqttkafka.bridge.tests.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.testkit.net.FaultProxy.Direction;
import io.mqttkafka.bridge.testkit.packet.MqttPacket;
import io.mqttkafka.bridge.testkit.packet.MqttPacketType;
import io.mqttkafka.bridge.testkit.packet.MqttPackets;
import io.mqttkafka.bridge.testkit.packet.MqttProperties;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import io.mqttkafka.bridge.tests.faults.Ledger.Message;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PacketTrailTest {

    private static final int BYTES = 64;

    private final Ledger ledger = new Ledger("trailed", 1);
    private final PacketTrail trail = new PacketTrail(ledger);

    @Test
    void of_messageThatWasSent_tellsThePacketsUnderItsIds() {
        Message message = ledger.next(0);
        PublishPacket publish = publish(message, 7);
        trail.see(1, Direction.SERVER_TO_CLIENT, MqttPackets.publish(publish));
        trail.see(2, Direction.SERVER_TO_CLIENT, MqttPackets.publish(publish.duplicate()));
        trail.see(2, Direction.CLIENT_TO_SERVER, ack(MqttPacketType.PUBREC, 7));
        trail.see(2, Direction.CLIENT_TO_SERVER, ack(MqttPacketType.PUBREC, 8));

        assertThat(trail.of(Set.of(message)).lines().map(line -> line.replaceFirst("[0-9]+ ms", "t")))
                .containsExactly(
                        "1 messages, 1 of them sent by the broker",
                        "  topic 0: 1 between 0 and 0 of 1 sent",
                        "  " + message + ", packet ids [7]",
                        "    t, connection 1: PUBLISH 7 " + message,
                        "    t, connection 2: PUBLISH 7 DUP " + message,
                        "    t, connection 2: PUBREC 7");
    }

    @Test
    void of_messageThatWasNotSent_saysSo() {
        Message sent = ledger.next(0);
        Message message = ledger.next(0);
        trail.see(1, Direction.SERVER_TO_CLIENT, MqttPackets.publish(publish(sent, 1)));

        assertThat(trail.of(Set.of(message)).lines())
                .containsExactly("1 messages, 0 of them sent by the broker", "  topic 0: 1 between 1 and 1 of 2 sent");
    }

    private PublishPacket publish(Message message, int packetId) {
        return PublishPacket.to("t")
                .qos(2)
                .packetId(packetId)
                .payload(ledger.payload(message, BYTES))
                .build();
    }

    private static MqttPacket ack(MqttPacketType type, int packetId) {
        return MqttPackets.ack(type, packetId, 0, MqttProperties.NONE);
    }
}
