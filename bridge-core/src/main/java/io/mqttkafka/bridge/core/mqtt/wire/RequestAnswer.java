package io.mqttkafka.bridge.core.mqtt.wire;

import java.util.ArrayList;
import java.util.List;

/**
 * What the MQTT broker said to SUBSCRIBE or UNSUBSCRIBE.
 *
 * @param type {@link PacketType#SUBACK} or {@link PacketType#UNSUBACK}
 * @param packetId the packet id of the request
 * @param reasonCodes one for each filter
 */
public record RequestAnswer(int type, int packetId, List<Integer> reasonCodes) {
    private static final int FIRST_REFUSAL = 0x80;
    private static final int HIGHEST_QOS = 2;
    private static final int NO_SUBSCRIPTION_EXISTED = 0x11;

    /**
     * Reads an answer.
     *
     * @param type SUBACK or UNSUBACK
     * @param bytes the array
     * @param from where the variable header begins
     * @param end where the packet ends
     * @return the answer
     * @throws MalformedPacketException if it is none
     */
    static RequestAnswer read(int type, byte[] bytes, int from, int end) throws MalformedPacketException {
        String name = PacketType.name(type);
        int packetId = end - from < 3 ? 0 : Bytes.uint16(bytes, from);
        if (packetId == 0) {
            throw new MalformedPacketException(
                    MalformedPacketException.PROTOCOL_ERROR, name + " without a packet id, or with 0");
        }
        int at = AnswerProperties.skip(name, bytes, from + 2, end);
        if (at == end) {
            throw new MalformedPacketException(name + " has no reason code");
        }
        List<Integer> codes = new ArrayList<>();
        for (; at < end; at++) {
            int code = bytes[at] & 0xFF;
            if (!isLegal(type, code)) {
                throw new MalformedPacketException(
                        MalformedPacketException.PROTOCOL_ERROR,
                        name + " has the reason code 0x" + Integer.toHexString(code)
                                + ", which belongs to other packets");
            }
            codes.add(code);
        }
        return new RequestAnswer(type, packetId, List.copyOf(codes));
    }

    /** A refusal that the standard does not list is one all the same. */
    private static boolean isLegal(int type, int code) {
        return code >= FIRST_REFUSAL
                || (type == PacketType.SUBACK ? code <= HIGHEST_QOS : code == 0 || code == NO_SUBSCRIPTION_EXISTED);
    }
}
