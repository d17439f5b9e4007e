package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.error.BridgeStartException;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.utils.ByteBufferOutputStream;

/**
 * Compresses a few bytes as a producer would. Native libraries are unpacked into the temporary folder when they are first used,
 * and a producer that cannot load one fails at every record.
 */
final class CompressionProbe {
    private static final int ENOUGH = 1024;

    /** The version of the records of all brokers that there are. */
    private static final byte RECORD_VERSION = 2;

    private CompressionProbe() {}

    /**
     * Makes sure that a producer can compress.
     *
     * @param properties its properties
     * @throws BridgeStartException if it cannot; the message names the mend
     */
    static void require(Map<String, Object> properties) {
        Object type = properties.get(ProducerConfig.COMPRESSION_TYPE_CONFIG);
        if (type == null) {
            return;
        }
        Compression compression;
        try {
            compression = Compression.of(String.valueOf(type)).build();
        } catch (IllegalArgumentException | LinkageError e) {
            // The producer itself says which types there are; and another version of Kafka's client may have no such
            // class.
            return;
        }
        try {
            compress(compression);
        } catch (KafkaException | IOException | LinkageError e) {
            throw new BridgeStartException(
                    "kafka.producer: compression.type=" + type + " does not work here (" + SendFailures.root(e)
                            + "); its native library is unpacked into the folder that -Djava.io.tmpdir names ("
                            + System.getProperty("java.io.tmpdir")
                            + "): give one that can be written to and that lets libraries be loaded, or use lz4 or gzip",
                    e);
        }
    }

    private static void compress(Compression compression) throws IOException {
        try (OutputStream out = compression.wrapForOutput(new ByteBufferOutputStream(ENOUGH), RECORD_VERSION)) {
            out.write(1);
        }
    }
}
