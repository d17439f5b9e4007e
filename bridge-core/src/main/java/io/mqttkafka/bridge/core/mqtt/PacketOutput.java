package io.mqttkafka.bridge.core.mqtt;

import io.mqttkafka.bridge.core.mqtt.wire.PacketBatch;
import java.io.IOException;

/** Where messages and their acknowledgements leave by one connection, which alone knows their bytes. Thread-safe. */
public interface PacketOutput {
    /**
     * Makes an empty batch of packets for this connection, and no other. It may be used again when it has been written and
     * cleared.
     *
     * @param size how many bytes it has room for without growing
     * @return the batch
     */
    PacketBatch batch(int size);

    /**
     * Writes whole packets.
     *
     * @param packets the packets; not kept, not cleared
     * @throws IOException if the connection is gone
     */
    void write(PacketBatch packets) throws IOException;
}
