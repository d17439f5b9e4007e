package io.mqttkafka.bridge.testkit.fake.mqtt;

/** A client has done what the specification forbids; the reason code says what the broker disconnects it with. */
final class ProtocolException extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final int reasonCode;

    ProtocolException(int reasonCode, String message) {
        super(message);
        this.reasonCode = reasonCode;
    }

    int reasonCode() {
        return reasonCode;
    }
}
