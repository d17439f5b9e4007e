package io.mqttkafka.bridge.standalone;

/** The port for people and tools cannot be opened; the message names it and the mend. */
final class PortException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    PortException(String message, Exception cause) {
        super(message, cause);
    }
}
