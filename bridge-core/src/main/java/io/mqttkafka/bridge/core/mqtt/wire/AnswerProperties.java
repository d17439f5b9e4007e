package io.mqttkafka.bridge.core.mqtt.wire;

/** The properties of packets that answer others: an explanation, at most once, and user properties. */
final class AnswerProperties {
    private AnswerProperties() {}

    /**
     * Checks them, and goes past them.
     *
     * @param packet the name of the packet
     * @param bytes the array
     * @param from where their length lies
     * @param end where the packet ends
     * @return where they end
     * @throws MalformedPacketException if they are none
     */
    static int skip(String packet, byte[] bytes, int from, int end) throws MalformedPacketException {
        if (from < end && bytes[from] == 0) {
            return from + 1;
        }
        VariableInt length = VariableInt.read(bytes, from, end);
        if (length == null || length.value() > end - length.next()) {
            throw new MalformedPacketException(packet + " has properties longer than itself");
        }
        PropertyReader properties = new PropertyReader(bytes, length.next(), length.value());
        boolean explained = false;
        for (int id = properties.next(); id >= 0; id = properties.next()) {
            if (id == PropertyReader.REASON_STRING && !explained) {
                explained = true;
            } else if (id != PropertyReader.USER_PROPERTY) {
                throw new MalformedPacketException(
                        MalformedPacketException.PROTOCOL_ERROR,
                        packet + " has the property 0x" + Integer.toHexString(id)
                                + (explained && id == PropertyReader.REASON_STRING
                                        ? " twice"
                                        : ", which belongs to other packets"));
            }
        }
        return length.next() + length.value();
    }
}
