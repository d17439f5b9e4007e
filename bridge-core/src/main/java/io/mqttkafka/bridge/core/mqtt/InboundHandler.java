package io.mqttkafka.bridge.core.mqtt;

import io.mqttkafka.bridge.core.mqtt.wire.BrokerLimits;
import io.mqttkafka.bridge.core.mqtt.wire.MalformedPacketException;
import io.mqttkafka.bridge.core.mqtt.wire.PublishFrame;
import io.mqttkafka.bridge.core.session.ProtocolViolation;

/**
 * Takes what arrives on one connection. Everything but {@link #connecting} and {@link #closed} is called by the one thread
 * that reads it.
 */
public interface InboundHandler {
    /** The broker is about to be asked for a connection. Called before anything else, and only if it can be reached. */
    void connecting();

    /**
     * The broker has accepted the connection. Called before anything arrives, and before the connection is handed out.
     *
     * @param limits what the broker grants
     * @param output where messages and acknowledgements go
     */
    void connected(BrokerLimits limits, PacketOutput output);

    /**
     * A message has arrived.
     *
     * @param frame the message; valid during the call only
     */
    void publish(PublishFrame frame);

    /**
     * A message of QoS 2 has been released (PUBREL).
     *
     * @param packetId its packet id
     */
    void release(int packetId);

    /**
     * A message of QoS 1 has been taken over or refused (PUBACK). Unless overridden nothing is published, and it may not come.
     *
     * @param packetId its packet id
     * @param reasonCode what the broker says
     */
    default void puback(int packetId, int reasonCode) {
        throw unasked("PUBACK");
    }

    /**
     * A message of QoS 2 has been received or refused (PUBREC). Unless overridden nothing is published, and it may not come.
     *
     * @param packetId its packet id
     * @param reasonCode what the broker says
     */
    default void pubrec(int packetId, int reasonCode) {
        throw unasked("PUBREC");
    }

    /**
     * A message of QoS 2 has been taken over (PUBCOMP). Unless overridden nothing is published, and it may not come.
     *
     * @param packetId its packet id
     */
    default void pubcomp(int packetId) {
        throw unasked("PUBCOMP");
    }

    /**
     * The connection has ended. Called once, by any thread, unless the connection was never accepted.
     *
     * @param reason why
     */
    void closed(CloseReason reason);

    private static ProtocolViolation unasked(String packet) {
        return new ProtocolViolation(
                MalformedPacketException.PROTOCOL_ERROR,
                "the MQTT broker sent " + packet + ", although nothing was published on this connection");
    }
}
