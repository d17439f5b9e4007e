package io.mqttkafka.bridge.core.mqtt.wire;

import java.io.IOException;

/** Takes the packets that a {@link FrameReader} reads. Called by the thread that reads. */
public interface FrameHandler {
    /**
     * A packet has begun to arrive, of which there is no more yet than the first byte.
     *
     * @param firstByte its type and flags
     * @throws IOException if it may not come now
     */
    void beginning(int firstByte) throws IOException;

    /**
     * A packet has begun to arrive: its fixed header is whole. Nothing is kept for the rest before this has returned.
     *
     * @param firstByte its type and flags
     * @param remainingLength how many bytes follow the fixed header
     * @throws IOException if it may not come now, or not like this
     */
    void arriving(int firstByte, int remainingLength) throws IOException;

    /**
     * The broker has answered CONNECT.
     *
     * @param connAck the answer
     * @throws MalformedPacketException if it may not answer so
     */
    void connAck(ConnAck connAck) throws MalformedPacketException;

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
     * @param type which of them: {@link PacketType#PUBACK}, {@link PacketType#PUBREC} or {@link PacketType#PUBCOMP}
     * @param packetId its packet id
     * @param reasonCode what the broker says
     */
    void answered(int type, int packetId, int reasonCode);

    /**
     * SUBSCRIBE or UNSUBSCRIBE has been answered.
     *
     * @param answer the answer
     * @throws MalformedPacketException if nobody has asked
     */
    void answered(RequestAnswer answer) throws MalformedPacketException;

    /**
     * PINGREQ has been answered.
     *
     * @throws MalformedPacketException if nobody has asked
     */
    void pingAnswered() throws MalformedPacketException;

    /**
     * The broker has taken leave. Nothing is read after this.
     *
     * @param disconnect what it said
     */
    void disconnected(Disconnect disconnect);
}
