package io.mqttkafka.bridge.core.mqtt.wire;

/**
 * Makes the texts in the properties of an answer (CONNACK, SUBACK, UNSUBACK) such that an MQTT client can take them: Paho's
 * reader dies of control characters and noncharacters, which a broker should not send but may.
 */
final class AnswerTexts {
    private AnswerTexts() {}

    /**
     * Replaces such characters by question marks, as many as they have bytes.
     *
     * @param packet the bytes, which are changed
     * @param from where the length of the properties lies
     * @param end where the packet ends
     * @throws MalformedPacketException if they are no properties
     */
    static void mend(byte[] packet, int from, int end) throws MalformedPacketException {
        VariableInt length = VariableInt.read(packet, from, end);
        if (length == null || length.value() > end - length.next()) {
            throw new MalformedPacketException("the properties of an answer are longer than it");
        }
        PropertyReader properties = new PropertyReader(packet, length.next(), length.value());
        int id;
        while ((id = properties.next()) >= 0) {
            if (id == PropertyReader.REASON_STRING
                    || id == PropertyReader.SERVER_REFERENCE
                    || id == PropertyReader.ASSIGNED_CLIENT_ID
                    || id == PropertyReader.RESPONSE_INFORMATION) {
                mendText(packet, properties.valueAt, properties.valueAt + properties.valueLength);
            } else if (id == PropertyReader.USER_PROPERTY) {
                int nameEnd = properties.valueAt + Bytes.uint16(packet, properties.valueAt - 2);
                mendText(packet, properties.valueAt, nameEnd);
                mendText(packet, nameEnd + 2, properties.valueAt + properties.valueLength);
            }
        }
    }

    private static void mendText(byte[] text, int from, int end) {
        int at = from;
        while (at < end) {
            int length = Math.min(characterLength(text[at] & 0xFF), end - at);
            if (isUnfit(text, at, length)) {
                for (int i = at; i < at + length; i++) {
                    text[i] = '?';
                }
            }
            at += length;
        }
    }

    private static int characterLength(int first) {
        return first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    }

    private static boolean isUnfit(byte[] text, int at, int length) {
        int first = text[at] & 0xFF;
        int last = text[at + length - 1] & 0xFF;
        return switch (length) {
            case 1 -> first < 0x20 || first == 0x7F;
            case 2 -> first == 0xC2 && last < 0xA0;
            default -> {
                int middle = text[at + length - 2] & 0xFF;
                boolean lastOfPlane = middle == 0xBF && last >= 0xBE && (length == 4 || first == 0xEF);
                yield lastOfPlane || (first == 0xEF && middle == 0xB7 && last >= 0x90 && last <= 0xAF);
            }
        };
    }
}
