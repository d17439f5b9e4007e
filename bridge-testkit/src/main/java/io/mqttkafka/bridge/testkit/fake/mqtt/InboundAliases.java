package io.mqttkafka.bridge.testkit.fake.mqtt;

import io.mqttkafka.bridge.testkit.packet.MqttProperty;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;

/** The topic aliases a client uses on one connection. */
final class InboundAliases {

    private final int maximum;
    private final Map<Long, String> topics = new HashMap<>();

    InboundAliases(int maximum) {
        this.maximum = maximum;
    }

    /**
     * Returns the topic of a message, and keeps it if the message gives it an alias.
     *
     * @throws ProtocolException if the alias is not allowed or unknown
     */
    String resolve(PublishPacket publish) {
        OptionalLong alias = publish.properties().number(MqttProperty.TOPIC_ALIAS);
        if (alias.isEmpty()) {
            return publish.topic();
        }
        long number = alias.getAsLong();
        if (number < 1 || number > maximum) {
            throw new ProtocolException(
                    ReasonCodes.TOPIC_ALIAS_INVALID,
                    "the topic alias " + number + ", though the broker allows " + maximum);
        }
        if (!publish.topic().isEmpty()) {
            topics.put(number, publish.topic());
            return publish.topic();
        }
        String topic = topics.get(number);
        if (topic == null) {
            throw new ProtocolException(
                    ReasonCodes.PROTOCOL_ERROR, "the topic alias " + number + ", which stands for nothing yet");
        }
        return topic;
    }
}
