package io.mqttkafka.bridge.testkit.packet;

import java.util.ArrayList;
import java.util.List;

/**
 * What a client's UNSUBSCRIBE says.
 *
 * <p>Immutable.
 */
public record UnsubscribePacket(int packetId, List<String> filters, MqttProperties properties) {

    /** Copies the list. */
    public UnsubscribePacket {
        filters = List.copyOf(filters);
    }

    static UnsubscribePacket decode(MqttPacket packet) {
        packet.require(MqttPacketType.UNSUBSCRIBE);
        WireReader body = packet.body();
        int packetId = body.twoBytes();
        MqttProperties properties = body.properties();
        List<String> filters = new ArrayList<>();
        do {
            filters.add(body.text());
        } while (body.hasMore());
        return new UnsubscribePacket(packetId, filters, properties);
    }
}
