package io.mqttkafka.bridge.core.mqtt;

import io.mqttkafka.bridge.core.mqtt.wire.ConnAck;
import io.mqttkafka.bridge.core.mqtt.wire.PublishFrame;

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
     * @param connAck what the broker said
     * @param acks where acknowledgements go
     */
    void connected(ConnAck connAck, AckOutput acks);

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
     * A message of QoS 1 has been taken over or refused (PUBACK). Ignored unless overridden.
     *
     * @param packetId its packet id
     * @param reasonCode what the broker says
     */
    default void puback(int packetId, int reasonCode) {}

    /**
     * A message of QoS 2 has been received or refused (PUBREC). Ignored unless overridden.
     *
     * @param packetId its packet id
     * @param reasonCode what the broker says
     */
    default void pubrec(int packetId, int reasonCode) {}

    /**
     * A message of QoS 2 has been taken over (PUBCOMP). Ignored unless overridden.
     *
     * @param packetId its packet id
     */
    default void pubcomp(int packetId) {}

    /**
     * The connection has ended. Called once, by any thread, unless the connection was never accepted.
     *
     * @param reason why
     */
    void closed(CloseReason reason);
}
