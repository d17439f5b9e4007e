package io.mqttkafka.bridge.core.mqtt.wire;

import java.io.IOException;

/** The MQTT broker sent bytes that are not MQTT 5. */
public final class MalformedPacketException extends IOException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes the exception.
     *
     * @param message what was wrong, without content of the packet
     */
    public MalformedPacketException(String message) {
        super(message);
    }
}
