package io.mqttkafka.bridge.message;

import io.mqttkafka.bridge.QoS;
import java.util.Objects;

/**
 * A message as the MQTT broker delivered it.
 *
 * <p>Immutable as long as nobody changes the payload array, which is shared with the bridge and must not be changed. Two
 * messages are equal if they are the same object.
 */
public final class MqttMessage {
    private final String topic;
    private final byte[] payload;
    private final QoS qos;
    private final boolean retained;
    private final boolean duplicate;
    private final MqttProperties properties;
    private final long receivedAtMillis;

    /**
     * Makes a message.
     *
     * @param topic the topic it was published to
     * @param payload its bytes; not copied
     * @param qos the QoS it was delivered with
     * @param retained whether it is the retained message of its topic, sent because of a subscription
     * @param duplicate whether the MQTT broker marked it as sent before (DUP)
     * @param properties its MQTT 5 properties
     * @param receivedAtMillis when it was received, in milliseconds since 1970
     * @throws NullPointerException if a part is null
     */
    public MqttMessage(
            String topic,
            byte[] payload,
            QoS qos,
            boolean retained,
            boolean duplicate,
            MqttProperties properties,
            long receivedAtMillis) {
        this.topic = Objects.requireNonNull(topic, "topic");
        this.payload = Objects.requireNonNull(payload, "payload");
        this.qos = Objects.requireNonNull(qos, "qos");
        this.retained = retained;
        this.duplicate = duplicate;
        this.properties = Objects.requireNonNull(properties, "properties");
        this.receivedAtMillis = receivedAtMillis;
    }

    /**
     * Makes a message of QoS 1 without properties, as tests of user code need it.
     *
     * @param topic the topic
     * @param payload the bytes; not copied
     * @return the message
     */
    public static MqttMessage of(String topic, byte[] payload) {
        return new MqttMessage(topic, payload, QoS.AT_LEAST_ONCE, false, false, MqttProperties.NONE, 0);
    }

    /**
     * Returns the topic the message was published to.
     *
     * @return the topic
     */
    public String topic() {
        return topic;
    }

    /**
     * Returns the payload. The array is shared: it must not be changed.
     *
     * @return the bytes; may be empty
     */
    public byte[] payload() {
        return payload;
    }

    /**
     * Returns the QoS the message was delivered with: the lower of its publisher's and the route's.
     *
     * @return the QoS
     */
    public QoS qos() {
        return qos;
    }

    /**
     * Says whether this is the retained message of its topic, sent because of a subscription rather than as it was
     * published; with {@link io.mqttkafka.bridge.ToKafka#clearedAsTombstone()}, whether it was published as retained.
     *
     * @return the RETAIN flag
     */
    public boolean retained() {
        return retained;
    }

    /**
     * Says whether the MQTT broker marked the message as sent before. After a crash the marked copy is usually the only
     * one: never drop a message because of this flag.
     *
     * @return the DUP flag
     */
    public boolean duplicate() {
        return duplicate;
    }

    /**
     * Returns the MQTT 5 properties.
     *
     * @return the properties
     */
    public MqttProperties properties() {
        return properties;
    }

    /**
     * Returns when the message was received, by the clock of this machine.
     *
     * @return milliseconds since 1970
     */
    public long receivedAtMillis() {
        return receivedAtMillis;
    }

    /** Shows everything but the contents of payload and properties. */
    @Override
    public String toString() {
        return "MqttMessage[" + topic + ", " + payload.length + " bytes, " + qos + (retained ? ", retained" : "")
                + (duplicate ? ", duplicate" : "") + "]";
    }
}
