package io.mqttkafka.bridge.testkit.fake.mqtt;

import io.mqttkafka.bridge.testkit.net.FaultProxy.Direction;
import io.mqttkafka.bridge.testkit.packet.MqttPacket;
import io.mqttkafka.bridge.testkit.packet.MqttPacketType;
import io.mqttkafka.bridge.testkit.packet.MqttPackets;
import io.mqttkafka.bridge.testkit.packet.MqttProperties;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;

/** The packets that faults send in place of others. */
final class Refusals {

    private static final int SUBACK_HEADER_BYTES = 5;

    private Refusals() {}

    /** Answers a client's packet with a reason, or gives the broker's answer another reason. */
    static void refuse(Lane lane, MqttPacket packet, int reasonCode, Consumer<MqttPacket> onwards) {
        Line line = lane.line();
        if (packet.type() == MqttPacketType.CONNECT || packet.type() == MqttPacketType.CONNACK) {
            line.refuseConnection(reasonCode);
        } else if (lane.direction() == Direction.CLIENT_TO_SERVER) {
            answer(line, packet, reasonCode);
        } else {
            onwards.accept(changed(line, packet, reasonCode));
        }
    }

    /** Returns the packet to send again, with DUP as told if it is a PUBLISH. */
    static MqttPacket again(MqttPacket packet, boolean dup) {
        return packet.type() == MqttPacketType.PUBLISH && dup
                ? MqttPackets.publish(packet.publish().duplicate())
                : packet;
    }

    private static void answer(Line line, MqttPacket packet, int reasonCode) {
        switch (packet.type()) {
            case PUBLISH -> answerPublish(line, packet, reasonCode);
            case PUBREC -> line.send(ack(MqttPacketType.PUBREL, packet, reasonCode));
            case PUBREL -> line.send(ack(MqttPacketType.PUBCOMP, packet, reasonCode));
            case SUBSCRIBE ->
                line.send(MqttPackets.suback(
                        packet.packetId(), codes(packet.subscribe().filters().size(), reasonCode)));
            case UNSUBSCRIBE ->
                line.send(MqttPackets.unsuback(
                        packet.packetId(), codes(packet.unsubscribe().filters().size(), reasonCode)));
            default -> {
                // PUBACK and PUBCOMP of a client have no answer: they are lost
            }
        }
    }

    private static void answerPublish(Line line, MqttPacket packet, int reasonCode) {
        switch (packet.publish().qos()) {
            case 1 -> line.send(ack(MqttPacketType.PUBACK, packet, reasonCode));
            case 2 -> line.send(ack(MqttPacketType.PUBREC, packet, reasonCode));
            default -> {
                // QoS 0 has no answer
            }
        }
    }

    private static MqttPacket changed(Line line, MqttPacket packet, int reasonCode) {
        return switch (packet.type()) {
            case PUBREC -> {
                // with an error the client is free to use the id for another message
                line.forgetIncoming(packet.packetId());
                yield ack(MqttPacketType.PUBREC, packet, reasonCode);
            }
            case PUBACK, PUBREL, PUBCOMP -> ack(packet.type(), packet, reasonCode);
            case SUBACK -> MqttPackets.suback(packet.packetId(), codes(filters(packet), reasonCode));
            case UNSUBACK -> MqttPackets.unsuback(packet.packetId(), codes(filters(packet), reasonCode));
            default -> packet;
        };
    }

    private static MqttPacket ack(MqttPacketType type, MqttPacket packet, int reasonCode) {
        return MqttPackets.ack(type, packet.packetId(), reasonCode, MqttProperties.NONE);
    }

    private static List<Integer> codes(int count, int reasonCode) {
        return Collections.nCopies(count, reasonCode);
    }

    // the broker sends them without properties
    private static int filters(MqttPacket packet) {
        int lengthBytes = 1;
        while (packet.bytes()[lengthBytes] < 0) {
            lengthBytes++;
        }
        return packet.bytes().length - lengthBytes + 1 - SUBACK_HEADER_BYTES;
    }
}
