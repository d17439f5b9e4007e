package io.mqttkafka.bridge.testkit.fake.mqtt;

import io.mqttkafka.bridge.testkit.packet.MqttProperty;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import java.util.HashMap;
import java.util.Map;

/** The topic aliases the broker uses on one connection: the first topics get one, as many as the client allows. */
final class OutboundAliases {

    private final int maximum;
    private final Map<String, Integer> aliases = new HashMap<>();

    OutboundAliases(int maximum) {
        this.maximum = maximum;
    }

    /** Returns the message with an alias, if its topic has one or can get one. */
    PublishPacket apply(PublishPacket publish) {
        Integer known = aliases.get(publish.topic());
        if (known != null) {
            return with(publish, "", known);
        }
        if (aliases.size() >= maximum) {
            return publish;
        }
        int alias = aliases.size() + 1;
        aliases.put(publish.topic(), alias);
        return with(publish, publish.topic(), alias);
    }

    private static PublishPacket with(PublishPacket publish, String topic, int alias) {
        return new PublishPacket(
                topic,
                publish.payload(),
                publish.qos(),
                publish.packetId(),
                publish.dup(),
                publish.retain(),
                publish.properties().with(MqttProperty.TOPIC_ALIAS, alias));
    }
}
