package io.mqttkafka.bridge.core.mqtt.wire;

import org.jspecify.annotations.Nullable;

/**
 * What the MQTT broker said when it took leave.
 *
 * @param reasonCode its reason
 * @param reason its explanation, or null
 * @param serverReference the server to use instead, or null
 */
public record Disconnect(
        int reasonCode, @Nullable String reason, @Nullable String serverReference) {
    /**
     * Reads a DISCONNECT. The connection ends anyway: properties that cannot be read are left out.
     *
     * @param bytes the array
     * @param from where the variable header begins
     * @param end where the packet ends
     * @return the DISCONNECT
     */
    static Disconnect read(byte[] bytes, int from, int end) {
        int reasonCode = from < end ? bytes[from] & 0xFF : 0;
        String reason = null;
        String serverReference = null;
        VariableInt size = VariableInt.read(bytes, from + 1, end);
        if (size != null && size.next() + size.value() <= end) {
            PropertyReader properties = new PropertyReader(bytes, size.next(), size.value());
            try {
                for (int id = properties.next(); id >= 0; id = properties.next()) {
                    if (id == PropertyReader.REASON_STRING) {
                        reason = properties.text();
                    } else if (id == PropertyReader.SERVER_REFERENCE) {
                        serverReference = properties.text();
                    }
                }
            } catch (MalformedPacketException e) {
                return new Disconnect(reasonCode, reason, serverReference);
            }
        }
        return new Disconnect(reasonCode, reason, serverReference);
    }
}
