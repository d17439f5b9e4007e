package io.mqttkafka.bridge.core.session;

/** The MQTT broker did what MQTT forbids; the connection cannot go on. */
public final class ProtocolViolation extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int reasonCode;

    /**
     * Makes the exception.
     *
     * @param reasonCode the MQTT reason code to disconnect with
     * @param message what the broker did
     */
    public ProtocolViolation(int reasonCode, String message) {
        super(message);
        this.reasonCode = reasonCode;
    }

    /** Returns the MQTT reason code to disconnect with. */
    public int reasonCode() {
        return reasonCode;
    }
}
