package io.mqttkafka.bridge.core.mqtt.wire;

/**
 * Takes the reason codes out of SUBACK and UNSUBACK, and leaves such that an MQTT client can take: Paho's reader dies of
 * refusals that are legal, such as quota exceeded (0x97) and subscription identifiers not supported (0xA1).
 */
final class AnswerCodes {
    private static final int UNSPECIFIED_ERROR = 0x80;
    private static final int NOTHING_TO_UNSUBSCRIBE = 0x11;
    private static final int HIGHEST_QOS = 2;

    private AnswerCodes() {}

    /**
     * Takes the codes out.
     *
     * @param packet the bytes, which are changed
     * @param from where the length of the properties lies
     * @param end where the packet ends
     * @param subscribing whether it is SUBACK
     * @return the codes
     * @throws MalformedPacketException if the properties are longer than the packet, or a code is none
     */
    static int[] take(byte[] packet, int from, int end, boolean subscribing) throws MalformedPacketException {
        VariableInt length = VariableInt.read(packet, from, end);
        if (length == null || length.value() > end - length.next()) {
            throw new MalformedPacketException("the properties of an answer are longer than it");
        }
        int first = length.next() + length.value();
        int[] codes = new int[end - first];
        for (int i = 0; i < codes.length; i++) {
            int code = packet[first + i] & 0xFF;
            boolean legal = code >= UNSPECIFIED_ERROR
                    || (subscribing ? code <= HIGHEST_QOS : code == 0 || code == NOTHING_TO_UNSUBSCRIBE);
            if (!legal) {
                throw new MalformedPacketException(
                        MalformedPacketException.PROTOCOL_ERROR,
                        "an answer has the reason code 0x" + Integer.toHexString(code) + ", which is none");
            }
            codes[i] = code;
            if (code > UNSPECIFIED_ERROR) {
                packet[first + i] = (byte) UNSPECIFIED_ERROR;
            }
        }
        return codes;
    }
}
