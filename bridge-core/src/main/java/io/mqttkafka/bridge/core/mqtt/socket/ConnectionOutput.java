package io.mqttkafka.bridge.core.mqtt.socket;

import io.mqttkafka.bridge.core.mqtt.PacketOutput;
import io.mqttkafka.bridge.core.mqtt.wire.FrameWriter;
import io.mqttkafka.bridge.core.mqtt.wire.PacketBatch;
import java.io.IOException;

/**
 * Where the threads of the pipeline write.
 *
 * @param writer the connection's
 */
record ConnectionOutput(FrameWriter writer) implements PacketOutput {
    @Override
    public PacketBatch batch(int size) {
        return new PacketBatch(size);
    }

    @Override
    public void write(PacketBatch packets) throws IOException {
        writer.write(packets.bytes(), packets.length());
    }
}
