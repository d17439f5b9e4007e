package io.mqttkafka.bridge.core.mqtt;

import java.io.IOException;

/** Where encoded acknowledgements and messages leave. Thread-safe. */
@FunctionalInterface
public interface PacketOutput {
    /**
     * Writes whole packets.
     *
     * @param packets the bytes; not kept
     * @param length how many of them
     * @throws IOException if the connection is gone
     */
    void write(byte[] packets, int length) throws IOException;
}
