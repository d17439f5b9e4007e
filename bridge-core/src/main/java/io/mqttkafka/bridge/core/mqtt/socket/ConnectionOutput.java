package io.mqttkafka.bridge.core.mqtt.socket;

import io.mqttkafka.bridge.core.mqtt.PacketOutput;
import io.mqttkafka.bridge.core.mqtt.wire.FrameWriter;
import io.mqttkafka.bridge.core.mqtt.wire.PacketBatch;
import io.mqttkafka.bridge.core.mqtt.wire.ProtocolVersion;
import java.io.IOException;

/**
 * Where the threads of the pipeline write.
 *
 * @param version the version of MQTT that is spoken
 * @param writer the connection's
 */
record ConnectionOutput(ProtocolVersion version, FrameWriter writer) implements PacketOutput {
    @Override
    public PacketBatch batch(int size) {
        return new PacketBatch(version, size);
    }

    @Override
    public void write(PacketBatch packets) throws IOException {
        writer.write(packets.bytes(), packets.length());
    }
}
