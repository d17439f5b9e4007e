package io.mqttkafka.bridge.core.mqtt.socket;

import java.io.IOException;

/** The server does not switch to WebSocket. */
final class WebSocketRefusedException extends IOException {
    private static final long serialVersionUID = 1L;

    private final int status;

    /**
     * Makes the exception.
     *
     * @param status the status of HTTP that it answered with; 0 if it did not get that far
     * @param message what it did
     */
    WebSocketRefusedException(int status, String message) {
        super(message);
        this.status = status;
    }

    /** Returns the status of HTTP that the server answered with; 0 if it did not get that far. */
    int status() {
        return status;
    }
}
