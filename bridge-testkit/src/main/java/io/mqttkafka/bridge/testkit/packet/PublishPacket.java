package io.mqttkafka.bridge.testkit.packet;

import java.nio.charset.StandardCharsets;

/**
 * An MQTT 5 PUBLISH, to be sent or as it arrived.
 *
 * <pre>{@code
 * PublishPacket.to("sensors/7/temp").payload("21.5").qos(2).packetId(1).contentType("text/plain").build()
 * }</pre>
 *
 * <p>Immutable as long as nobody writes to the payload; two are equal only if they share that array.
 *
 * @param topic the topic name; empty where a topic alias stands for it
 * @param packetId the packet id; 0 for QoS 0, which has none
 */
public record PublishPacket(
        String topic, byte[] payload, int qos, int packetId, boolean dup, boolean retain, MqttProperties properties) {

    private static final int DUP = 8;
    private static final int RETAIN = 1;
    private static final int HIGHEST_PACKET_ID = 65_535;

    /** Checks that QoS and packet id fit together. */
    public PublishPacket {
        if (qos < 0 || qos > 2) {
            throw new IllegalArgumentException("qos must be within 0 to 2, but is " + qos);
        }
        if (qos == 0 ? packetId != 0 : packetId < 1 || packetId > HIGHEST_PACKET_ID) {
            throw new IllegalArgumentException("packetId must be " + (qos == 0 ? "0" : "within 1 to 65535")
                    + " for QoS " + qos + ", but is " + packetId);
        }
        if (dup && qos == 0) {
            throw new IllegalArgumentException("A QoS 0 message cannot be a duplicate");
        }
    }

    /** Returns a builder for a message to this topic; with nothing more said it is empty and QoS 0. */
    public static Builder to(String topic) {
        return new Builder(topic);
    }

    /** Returns the payload as UTF-8 text. */
    public String payloadText() {
        return new String(payload, StandardCharsets.UTF_8);
    }

    /** Returns the same message marked as sent again. */
    public PublishPacket duplicate() {
        return new PublishPacket(topic, payload, qos, packetId, true, retain, properties);
    }

    /** Returns the whole packet as it goes over the wire. */
    public byte[] encode() {
        WireWriter writer = new WireWriter().text(topic);
        if (qos > 0) {
            writer.twoBytes(packetId);
        }
        int flags = (dup ? DUP : 0) | qos << 1 | (retain ? RETAIN : 0);
        return writer.properties(properties).raw(payload).frame(MqttPacketType.PUBLISH, flags);
    }

    /** Returns all but the payload, of which it tells the size. */
    @Override
    public String toString() {
        return topic
                + " qos=" + qos
                + (qos > 0 ? " id=" + packetId : "")
                + (dup ? " dup" : "")
                + (retain ? " retain" : "")
                + " payload=" + payload.length + "B"
                + (properties.isEmpty() ? "" : " " + properties);
    }

    static PublishPacket decode(MqttPacket packet) {
        packet.require(MqttPacketType.PUBLISH);
        WireReader body = packet.body();
        int qos = packet.flags() >> 1 & 3;
        String topic = body.text();
        int packetId = qos > 0 ? body.twoBytes() : 0;
        MqttProperties properties = body.properties();
        boolean dup = (packet.flags() & DUP) != 0;
        boolean retain = (packet.flags() & RETAIN) != 0;
        return new PublishPacket(topic, body.rest(), qos, packetId, dup, retain, properties);
    }

    /**
     * Collects the parts of a message.
     *
     * <p>Not thread-safe.
     */
    public static final class Builder {

        private final String topic;
        private byte[] payload = new byte[0];
        private int qos;
        private int packetId;
        private boolean dup;
        private boolean retain;
        private MqttProperties properties = MqttProperties.NONE;

        private Builder(String topic) {
            this.topic = topic;
        }

        /** Sets the payload. */
        public Builder payload(byte[] payload) {
            this.payload = payload;
            return this;
        }

        /** Sets the payload to a text in UTF-8. */
        public Builder payload(String payload) {
            return payload(payload.getBytes(StandardCharsets.UTF_8));
        }

        /** Sets the QoS. Default: 0. */
        public Builder qos(int qos) {
            this.qos = qos;
            return this;
        }

        /** Sets the packet id, which QoS 1 and 2 need. */
        public Builder packetId(int packetId) {
            this.packetId = packetId;
            return this;
        }

        /** Marks the message as sent again. */
        public Builder dup() {
            this.dup = true;
            return this;
        }

        /** Marks the message as retained. */
        public Builder retain() {
            this.retain = true;
            return this;
        }

        /** Adds a user property; names may repeat. */
        public Builder userProperty(String name, String value) {
            properties = properties.withUserProperty(name, value);
            return this;
        }

        /** Sets the content type. */
        public Builder contentType(String contentType) {
            return property(MqttProperty.CONTENT_TYPE, contentType);
        }

        /** Sets the topic answers go to. */
        public Builder responseTopic(String responseTopic) {
            return property(MqttProperty.RESPONSE_TOPIC, responseTopic);
        }

        /** Sets what relates an answer to this message. */
        public Builder correlationData(byte[] correlationData) {
            properties = properties.with(MqttProperty.CORRELATION_DATA, correlationData);
            return this;
        }

        /** Sets after how many seconds the message expires. */
        public Builder messageExpiry(long seconds) {
            return property(MqttProperty.MESSAGE_EXPIRY_INTERVAL, seconds);
        }

        /** Sets the payload format indicator: 0 for bytes, 1 for UTF-8. */
        public Builder payloadFormat(int indicator) {
            return property(MqttProperty.PAYLOAD_FORMAT_INDICATOR, indicator);
        }

        /** Adds a subscription identifier; a message that matches several subscriptions has several. */
        public Builder subscriptionId(int id) {
            return property(MqttProperty.SUBSCRIPTION_IDENTIFIER, id);
        }

        /** Sets the topic alias. */
        public Builder topicAlias(int alias) {
            return property(MqttProperty.TOPIC_ALIAS, alias);
        }

        /**
         * Returns the message.
         *
         * @throws IllegalArgumentException if QoS, packet id and dup do not fit together
         */
        public PublishPacket build() {
            return new PublishPacket(topic, payload, qos, packetId, dup, retain, properties);
        }

        private Builder property(MqttProperty property, long value) {
            properties = properties.with(property, value);
            return this;
        }

        private Builder property(MqttProperty property, String value) {
            properties = properties.with(property, value);
            return this;
        }
    }
}
