package io.mqttkafka.bridge.testkit.contract;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.mqttkafka.bridge.MqttTopicMapper;
import io.mqttkafka.bridge.Partitioner;
import io.mqttkafka.bridge.Partitioner.Request;
import io.mqttkafka.bridge.PayloadCodec;
import io.mqttkafka.bridge.TopicMapper;
import io.mqttkafka.bridge.codecs.JsonCodec;
import io.mqttkafka.bridge.codecs.KafkaSerdeCodec;
import io.mqttkafka.bridge.core.routing.TopicTemplate;
import io.mqttkafka.bridge.message.Consumed;
import io.mqttkafka.bridge.message.KafkaMessage;
import io.mqttkafka.bridge.message.MqttMessage;
import io.mqttkafka.bridge.message.Received;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;

/** The codecs, templates and partitioners that the bridge brings along keep the contracts. */
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

    /** What a device sends. */
    record Reading(String device, double celsius, List<Integer> samples) {}

    private static final List<Reading> READINGS = List.of(
            new Reading("a", 21.5, List.of()),
            new Reading("grüße \uD83D\uDE00", -40, List.of(1, 2, 3)),
            new Reading("x".repeat(LARGE / 64), 0, Collections.nCopies(1_000, 7)));

    private static final List<byte[]> NO_READINGS = List.of(
            new byte[0], bytes("null"), bytes("{"), bytes("{\"celsius\": \"warm\"}"), bytes("{} {}"), new byte[] {-1});

    private static final ObjectMapper MAPPER = JsonMapper.builder().build();

    @Nested
    class Json extends CodecContract<Reading> {
        @Override
        protected PayloadCodec<Reading> codec() {
            return JsonCodec.of(MAPPER, Reading.class);
        }

        @Override
        protected List<Reading> values() {
            return READINGS;
        }

        @Override
        protected List<byte[]> malformed() {
            return NO_READINGS;
        }
    }

    @Nested
    class JsonOfJavaType extends CodecContract<List<Reading>> {
        @Override
        protected PayloadCodec<List<Reading>> codec() {
            return JsonCodec.of(MAPPER, MAPPER.getTypeFactory().constructCollectionType(List.class, Reading.class));
        }

        @Override
        protected List<List<Reading>> values() {
            return List.of(List.of(), READINGS);
        }

        @Override
        protected List<byte[]> malformed() {
            return NO_READINGS;
        }
    }

    @Nested
    class JsonWithTheDefaultMapper extends CodecContract<Map<String, Integer>> {
        @Override
        protected PayloadCodec<Map<String, Integer>> codec() {
            return JsonCodec.of(new TypeReference<Map<String, Integer>>() {});
        }

        @Override
        protected List<Map<String, Integer>> values() {
            return List.of(
                    Map.of(), Map.of("a", 1), Map.of("grüße", Integer.MIN_VALUE), Map.of("x".repeat(LARGE / 64), 1));
        }

        @Override
        protected List<byte[]> malformed() {
            return NO_READINGS;
        }
    }

    @Nested
    class JsonOfAClass extends CodecContract<String> {
        @Override
        protected PayloadCodec<String> codec() {
            return JsonCodec.of(String.class);
        }

        @Override
        protected List<String> values() {
            return List.of("", "21.5", "\" \\ \n", "x".repeat(LARGE / 64));
        }

        @Override
        protected List<byte[]> malformed() {
            return NO_READINGS;
        }
    }

    @Nested
    class Serde extends CodecContract<Long> {
        private final KafkaSerdeCodec<Long> codec = KafkaSerdeCodec.of(Serdes.Long());

        @AfterEach
        void close() {
            codec.close();
        }

        @Override
        protected PayloadCodec<Long> codec() {
            return codec;
        }

        @Override
        protected List<Long> values() {
            return List.of(0L, -1L, Long.MAX_VALUE);
        }

        @Override
        protected int largeBytes() {
            return 0;
        }

        @Override
        protected List<byte[]> malformed() {
            return List.of(new byte[1], new byte[9]);
        }
    }

    @Nested
    class SerdeOfTwoHalves extends CodecContract<String> {
        private final KafkaSerdeCodec<String> codec = KafkaSerdeCodec.of(
                        new StringSerializer(), new StringDeserializer())
                .decodingTopic("telemetry");

        @AfterEach
        void close() {
            codec.close();
        }

        @Override
        protected PayloadCodec<String> codec() {
            return codec;
        }

        @Override
        protected List<String> values() {
            return List.of("", "21.5", "grüße \uD83D\uDE00", "x".repeat(LARGE / 64));
        }
    }

    @Nested
    class PooledSerde extends CodecContract<ByteBuffer> {
        private final KafkaSerdeCodec<ByteBuffer> codec = KafkaSerdeCodec.pooled(Serdes::ByteBuffer);

        @AfterEach
        void close() {
            codec.close();
        }

        @Override
        protected PayloadCodec<ByteBuffer> codec() {
            return codec;
        }

        @Override
        protected List<ByteBuffer> values() {
            // Kafka's serializer rewinds what it is given, so each call gets its own.
            return List.of(
                    ByteBuffer.wrap(new byte[0]),
                    ByteBuffer.wrap(new byte[] {0, -1, 1}),
                    ByteBuffer.wrap(new byte[LARGE / 64]));
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
            return MESSAGES;
        }
    }

    @Nested
    class Template extends TopicMapperContract<String> {
        private final TopicTemplate template = TopicTemplate.parse(
                "toKafka", "telemetry.{site}", List.of("site"), EnumSet.allOf(TopicTemplate.Variable.class));

        @Override
        protected TopicMapper<String> mapper() {
            return received -> template.render(new LevelsOf(received));
        }

        @Override
        protected List<Received<String>> messages() {
            return MESSAGES;
        }
    }

    private static final List<Received<String>> MESSAGES = List.of(
            Received.of(MqttMessage.of("sensors/a/1", new byte[0]), "", Map.of("site", "a")),
            Received.of(MqttMessage.of("sensors/b/1", new byte[0]), "", Map.of("site", "b")));

    /** What a template asks of a message. */
    private record LevelsOf(Received<?> received) implements TopicTemplate.Values {
        @Override
        public String topic() {
            return received.message().topic();
        }

        @Override
        public String level(int index) {
            return received.level("site");
        }

        @Override
        public String key() {
            return null;
        }

        @Override
        public String header(String name) {
            return null;
        }
    }

    @Nested
    class ByKey extends MqttTopicMapperContract<String> {
        @Override
        protected MqttTopicMapper<String> mapper() {
            return consumed -> "devices/" + new String(consumed.message().key(), StandardCharsets.UTF_8) + "/cmd";
        }

        @Override
        protected List<Consumed<String>> records() {
            return List.of(
                    Consumed.of(KafkaMessage.of("commands", bytes("7"), bytes("on")), "on"),
                    Consumed.of(KafkaMessage.of("commands", bytes("grüße \uD83D\uDE00"), bytes("off")), "off"));
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

    @Nested
    class First extends PartitionerContract {
        @Override
        protected Partitioner partitioner() {
            return Partitioner.single(0);
        }

        @Override
        protected List<Request> requests() {
            MqttMessage message = MqttMessage.of("sensors/a/1", new byte[0]);
            return List.of(new Request("t", 1, null, message), new Request("t", 1, new byte[] {1}, message));
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
