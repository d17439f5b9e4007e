package io.mqttkafka.bridge.core.mqtt.wire;

import java.util.ArrayList;
import java.util.List;

/**
 * What the MQTT broker said to SUBSCRIBE or UNSUBSCRIBE.
 *
 * @param type {@link PacketType#SUBACK} or {@link PacketType#UNSUBACK}
 * @param packetId the packet id of the request
 * @param reasonCodes one for each filter; none in UNSUBACK of MQTT 3.1.1
 */
public record RequestAnswer(int type, int packetId, List<Integer> reasonCodes) {
    private static final int FIRST_REFUSAL = 0x80;
    private static final int HIGHEST_QOS = 2;
    private static final int NO_SUBSCRIPTION_EXISTED = 0x11;
    private static final int REFUSAL_OF_3_1_1 = 0x80;

    /**
     * Reads an answer.
     *
     * @param version the version of MQTT
     * @param type SUBACK or UNSUBACK
     * @param bytes the array
     * @param from where the variable header begins
     * @param end where the packet ends
     * @return the answer
     * @throws MalformedPacketException if it is none
     */
    static RequestAnswer read(ProtocolVersion version, int type, byte[] bytes, int from, int end)
            throws MalformedPacketException {
        String name = PacketType.name(type);
        int packetId = end - from < 2 ? 0 : Bytes.uint16(bytes, from);
        if (packetId == 0) {
            throw new MalformedPacketException(
                    MalformedPacketException.PROTOCOL_ERROR, name + " without a packet id, or with 0");
        }
        if (version == ProtocolVersion.V3_1_1 && type == PacketType.UNSUBACK) {
            if (end - from > 2) {
                throw new MalformedPacketException(
                        "UNSUBACK of MQTT 3.1.1 has " + (end - from) + " bytes instead of 2");
            }
            return new RequestAnswer(type, packetId, List.of());
        }
        int at = version.hasProperties() ? AnswerProperties.skip(name, bytes, from + 2, end) : from + 2;
        if (at == end) {
            throw new MalformedPacketException(name + " has no reason code");
        }
        List<Integer> codes = new ArrayList<>();
        for (; at < end; at++) {
            int code = bytes[at] & 0xFF;
            if (!isLegal(version, type, code)) {
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
    private static boolean isLegal(ProtocolVersion version, int type, int code) {
        return (version.hasProperties() ? code >= FIRST_REFUSAL : code == REFUSAL_OF_3_1_1)
                || (type == PacketType.SUBACK ? code <= HIGHEST_QOS : code == 0 || code == NO_SUBSCRIPTION_EXISTED);
    }
}
