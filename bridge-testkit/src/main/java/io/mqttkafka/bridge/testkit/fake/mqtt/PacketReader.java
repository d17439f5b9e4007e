package io.mqttkafka.bridge.testkit.fake.mqtt;

import io.mqttkafka.bridge.testkit.packet.ConnectPacket;
import io.mqttkafka.bridge.testkit.packet.MqttPacket;
import io.mqttkafka.bridge.testkit.packet.MqttPacketType;
import io.mqttkafka.bridge.testkit.packet.MqttPackets;
import io.mqttkafka.bridge.testkit.packet.MqttProperties;
import io.mqttkafka.bridge.testkit.packet.MqttProperty;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import io.mqttkafka.bridge.testkit.packet.SubscribePacket;
import io.mqttkafka.bridge.testkit.packet.UnsubscribePacket;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttConnectPayload;
import io.netty.handler.codec.mqtt.MqttConnectVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageIdAndPropertiesVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessageIdVariableHeader;
import io.netty.handler.codec.mqtt.MqttPubReplyMessageVariableHeader;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttReasonCodeAndPropertiesVariableHeader;
import io.netty.handler.codec.mqtt.MqttSubscribeMessage;
import io.netty.handler.codec.mqtt.MqttTopicSubscription;
import io.netty.handler.codec.mqtt.MqttUnsubscribeMessage;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Turns what Netty's decoder has read into packets; those of MQTT 3.1.1 clients into the packets of MQTT 5 that mean the
 * same.
 */
final class PacketReader {

    private static final int VERSION_5 = 5;

    private static final Map<Integer, MqttProperty> PROPERTIES =
            Arrays.stream(MqttProperty.values()).collect(Collectors.toMap(MqttProperty::id, Function.identity()));

    private PacketReader() {}

    /**
     * Returns the packet.
     *
     * @throws IllegalArgumentException if a client must not send it
     */
    static MqttPacket read(MqttMessage message) {
        MqttPacketType type =
                MqttPacketType.valueOf(message.fixedHeader().messageType().name());
        return switch (type) {
            case CONNECT -> MqttPackets.connect(connect((MqttConnectMessage) message));
            case PUBLISH -> MqttPackets.publish(publish((MqttPublishMessage) message));
            case PUBACK, PUBREC, PUBREL, PUBCOMP -> ack(type, message.variableHeader());
            case SUBSCRIBE -> MqttPackets.subscribe(subscribe((MqttSubscribeMessage) message));
            case UNSUBSCRIBE -> MqttPackets.unsubscribe(unsubscribe((MqttUnsubscribeMessage) message));
            case PINGREQ -> MqttPackets.pingreq();
            case DISCONNECT, AUTH -> reason(type, message.variableHeader());
            default -> throw new IllegalArgumentException(type + ", which only a broker may send");
        };
    }

    /** Returns whether this CONNECT is of a version before 5. */
    static boolean isVersion3(MqttConnectMessage message) {
        return message.variableHeader().version() < VERSION_5;
    }

    private static ConnectPacket connect(MqttConnectMessage message) {
        MqttConnectVariableHeader header = message.variableHeader();
        MqttConnectPayload payload = message.payload();
        MqttProperties properties = properties(header.properties());
        if (isVersion3(message) && !header.isCleanSession()) {
            properties = properties.with(MqttProperty.SESSION_EXPIRY_INTERVAL, BrokerOptions.NEVER);
        }
        return new ConnectPacket(
                payload.clientIdentifier(),
                header.isCleanSession(),
                header.keepAliveTimeSeconds(),
                header.hasUserName() ? Optional.of(payload.userName()) : Optional.empty(),
                header.hasPassword() ? Optional.of(payload.passwordInBytes()) : Optional.empty(),
                header.isWillFlag() ? Optional.of(will(header, payload)) : Optional.empty(),
                properties);
    }

    private static ConnectPacket.Will will(MqttConnectVariableHeader header, MqttConnectPayload payload) {
        return new ConnectPacket.Will(
                payload.willTopic(),
                payload.willMessageInBytes(),
                header.willQos(),
                header.isWillRetain(),
                properties(payload.willProperties()));
    }

    private static PublishPacket publish(MqttPublishMessage message) {
        int qos = message.fixedHeader().qosLevel().value();
        return new PublishPacket(
                message.variableHeader().topicName(),
                ByteBufUtil.getBytes(message.payload()),
                qos,
                qos > 0 ? message.variableHeader().packetId() : 0,
                message.fixedHeader().isDup(),
                message.fixedHeader().isRetain(),
                properties(message.variableHeader().properties()));
    }

    private static MqttPacket ack(MqttPacketType type, Object header) {
        int packetId = ((MqttMessageIdVariableHeader) header).messageId();
        return header instanceof MqttPubReplyMessageVariableHeader reply
                ? MqttPackets.ack(type, packetId, reply.reasonCode() & 0xFF, properties(reply.properties()))
                : MqttPackets.ack(type, packetId, ReasonCodes.SUCCESS, MqttProperties.NONE);
    }

    private static SubscribePacket subscribe(MqttSubscribeMessage message) {
        MqttMessageIdAndPropertiesVariableHeader header = message.idAndPropertiesVariableHeader();
        List<SubscribePacket.Subscription> subscriptions = message.payload().topicSubscriptions().stream()
                .map(PacketReader::subscription)
                .toList();
        return new SubscribePacket(header.messageId(), subscriptions, properties(header.properties()));
    }

    // Its new name is younger than many a Netty 4.1.
    @SuppressWarnings("deprecation")
    private static SubscribePacket.Subscription subscription(MqttTopicSubscription wanted) {
        return new SubscribePacket.Subscription(
                wanted.topicName(),
                wanted.option().qos().value(),
                wanted.option().isNoLocal(),
                wanted.option().isRetainAsPublished(),
                wanted.option().retainHandling().value());
    }

    private static UnsubscribePacket unsubscribe(MqttUnsubscribeMessage message) {
        MqttMessageIdAndPropertiesVariableHeader header = message.idAndPropertiesVariableHeader();
        return new UnsubscribePacket(header.messageId(), message.payload().topics(), properties(header.properties()));
    }

    private static MqttPacket reason(MqttPacketType type, @Nullable Object header) {
        int reasonCode = ReasonCodes.SUCCESS;
        MqttProperties properties = MqttProperties.NONE;
        if (header instanceof MqttReasonCodeAndPropertiesVariableHeader reason) {
            reasonCode = reason.reasonCode() & 0xFF;
            properties = properties(reason.properties());
        }
        return type == MqttPacketType.DISCONNECT
                ? MqttPackets.disconnect(reasonCode, properties)
                : MqttPackets.auth(reasonCode, properties);
    }

    private static MqttProperties properties(io.netty.handler.codec.mqtt.MqttProperties read) {
        MqttProperties properties = MqttProperties.NONE;
        for (io.netty.handler.codec.mqtt.MqttProperties.MqttProperty<?> each : read.listAll()) {
            properties = with(properties, each);
        }
        return properties;
    }

    private static MqttProperties with(
            MqttProperties properties, io.netty.handler.codec.mqtt.MqttProperties.MqttProperty<?> read) {
        MqttProperty property = PROPERTIES.get(read.propertyId());
        if (read instanceof io.netty.handler.codec.mqtt.MqttProperties.UserProperties pairs) {
            MqttProperties more = properties;
            for (io.netty.handler.codec.mqtt.MqttProperties.StringPair pair : pairs.value()) {
                more = more.withUserProperty(pair.key, pair.value);
            }
            return more;
        }
        if (property == null) {
            throw new IllegalArgumentException("an unknown property " + read.propertyId());
        }
        if (read.value() instanceof Integer number) {
            // Netty reads four bytes into a number that may be negative
            return properties.with(property, Integer.toUnsignedLong(number));
        }
        return read.value() instanceof String text
                ? properties.with(property, text)
                : properties.with(property, (byte[]) read.value());
    }
}
