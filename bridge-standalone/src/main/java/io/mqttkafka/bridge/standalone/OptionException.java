package io.mqttkafka.bridge.standalone;

/** An option of the command line is missing or wrong; the message names it and the mend, and holds no secret. */
final class OptionException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    OptionException(String message) {
        super(message);
    }
}
