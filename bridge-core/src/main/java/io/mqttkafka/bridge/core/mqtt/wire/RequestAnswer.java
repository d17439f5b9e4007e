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
            throw new MalformedPacketException(name + " has no packet id");
        }
        int at = AnswerProperties.skip(name, bytes, from + 2, end);
        if (at == end) {
            throw new MalformedPacketException(name + " has no reason code");
        }
        List<Integer> codes = new ArrayList<>();
        for (; at < end; at++) {
            int code = bytes[at] & 0xFF;
            if (type == PacketType.SUBACK ? !ofSuback(code) : !ofUnsuback(code)) {
                throw new MalformedPacketException(
                        MalformedPacketException.PROTOCOL_ERROR,
                        name + " has the reason code 0x" + Integer.toHexString(code)
                                + ", which belongs to other packets");
            }
            codes.add(code);
        }
        return new RequestAnswer(type, packetId, List.copyOf(codes));
    }

    private static boolean ofSuback(int code) {
        return switch (code) {
            case 0, 1, 2, 0x80, 0x83, 0x87, 0x8F, 0x91, 0x97, 0x9E, 0xA1, 0xA2 -> true;
            default -> false;
        };
    }

    private static boolean ofUnsuback(int code) {
        return switch (code) {
            case 0, 0x11, 0x80, 0x83, 0x87, 0x8F, 0x91 -> true;
            default -> false;
        };
    }
}
