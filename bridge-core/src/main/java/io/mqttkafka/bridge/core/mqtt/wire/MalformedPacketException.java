package io.mqttkafka.bridge.core.mqtt.wire;

import java.io.IOException;

/** The MQTT broker sent what is not MQTT 5, or what it was told not to send. */
public final class MalformedPacketException extends IOException {
    /** The reason code for what MQTT forbids. */
    public static final int PROTOCOL_ERROR = 0x82;

    static final int TOPIC_ALIAS_INVALID = 0x94;
    static final int PACKET_TOO_LARGE = 0x95;

    private static final long serialVersionUID = 1L;
    private static final int MALFORMED_PACKET = 0x81;

    private final int reasonCode;

    /**
     * Makes the exception with the reason code 0x81, malformed packet.
     *
     * @param message what was wrong, without content of the packet
     */
    public MalformedPacketException(String message) {
        this(MALFORMED_PACKET, message);
    }

    /**
     * Makes the exception.
     *
     * @param reasonCode the MQTT reason code to disconnect with
     * @param message what was wrong, without content of the packet
     */
    public MalformedPacketException(int reasonCode, String message) {
        super(message);
        this.reasonCode = reasonCode;
    }

    /** Returns the MQTT reason code to disconnect with. */
    public int reasonCode() {
        return reasonCode;
    }
}
