package io.mqttkafka.bridge.testkit.contract;

import io.mqttkafka.bridge.Partitioner;
import io.mqttkafka.bridge.Partitioner.Request;
import io.mqttkafka.bridge.PayloadCodec;
import io.mqttkafka.bridge.TopicMapper;
import io.mqttkafka.bridge.message.MqttMessage;
import io.mqttkafka.bridge.message.Received;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Nested;

/** The codecs and partitioners of the API keep the contracts, and a mapper shows how to. */
class OwnContractsTest {

    private static final int LARGE = 1 << 20;

    @Nested
    class Utf8 extends CodecContract<String> {
        @Override
        protected PayloadCodec<String> codec() {
            return PayloadCodec.utf8();
        }

        @Override
        protected List<String> values() {
            return List.of("", "21.5", "grüße \uD83D\uDE00", "x".repeat(LARGE / 64));
        }

        @Override
        protected List<byte[]> malformed() {
            return List.of(new byte[] {(byte) 0xC3}, new byte[] {(byte) 0xFF, 0});
        }
    }

    @Nested
    class Bytes extends CodecContract<byte[]> {
        @Override
        protected PayloadCodec<byte[]> codec() {
            return PayloadCodec.bytes();
        }

        @Override
        protected List<byte[]> values() {
            return List.of(new byte[0], new byte[] {0, -1, 1}, new byte[LARGE / 64]);
        }
    }

    @Nested
    class BySite extends TopicMapperContract<String> {
        @Override
        protected TopicMapper<String> mapper() {
            return received -> "telemetry." + received.level("site");
        }

        @Override
        protected List<Received<String>> messages() {
            return List.of(
                    Received.of(MqttMessage.of("sensors/a/1", new byte[0]), "", Map.of("site", "a")),
                    Received.of(MqttMessage.of("sensors/b/1", new byte[0]), "", Map.of("site", "b")));
        }
    }

    @Nested
    class Single extends PartitionerContract {
        @Override
        protected Partitioner partitioner() {
            return Partitioner.single(2);
        }

        @Override
        protected List<Request> requests() {
            MqttMessage message = MqttMessage.of("sensors/a/1", new byte[0]);
            return List.of(new Request("t", 3, null, message), new Request("t", 64, new byte[] {1}, message));
        }
    }
}
