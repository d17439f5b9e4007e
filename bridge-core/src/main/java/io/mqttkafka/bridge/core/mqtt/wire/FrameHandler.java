package io.mqttkafka.bridge.core.mqtt.wire;

/** Takes the packets that {@link InboundGate} keeps from the client. Called by the thread that reads the stream. */
public interface FrameHandler {
    /** Bytes have arrived, of whatever packet. Called before the packets that they complete. */
    void received();

    /**
     * The broker has answered CONNECT. The client sees the packet too.
     *
     * @param connAck the answer
     */
    void connAck(ConnAck connAck);

    /**
     * A message has arrived.
     *
     * @param frame the packet; valid during the call only
     */
    void publish(PublishFrame frame);

    /**
     * A message of QoS 2 has been released.
     *
     * @param packetId its packet id
     */
    void release(int packetId);

    /**
     * A message of ours has been answered: PUBACK, PUBREC or PUBCOMP.
     *
     * @param type which of them: {@link InboundGate#PUBACK}, {@link InboundGate#PUBREC} or {@link InboundGate#PUBCOMP}
     * @param packetId its packet id
     * @param reasonCode what the broker says
     */
    void answered(int type, int packetId, int reasonCode);

    /**
     * Subscribing or unsubscribing has been answered: SUBACK or UNSUBACK. The client sees the packet too, with codes that it
     * knows.
     *
     * @param packetId the packet id
     * @param reasonCodes what the broker says of each filter
     */
    void subscribed(int packetId, int[] reasonCodes);

    /**
     * The broker has taken leave. {@link #broken} follows.
     *
     * @param disconnect what it said
     */
    void disconnected(Disconnect disconnect);

    /**
     * The stream has ended or broken, or a handler has thrown.
     *
     * @param cause what was thrown; an {@link java.io.EOFException} if the stream has ended
     */
    void broken(Throwable cause);
}
