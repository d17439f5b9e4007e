package io.mqttkafka.bridge.core.mqtt.socket;

import java.io.IOException;

/** What answered speaks another protocol than the server URI says. */
final class ForeignProtocolException extends IOException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes the exception.
     *
     * @param message what answers, and the mend
     */
    ForeignProtocolException(String message) {
        super(message);
    }
}
