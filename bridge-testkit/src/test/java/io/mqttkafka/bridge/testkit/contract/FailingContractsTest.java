package io.mqttkafka.bridge.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.mqttkafka.bridge.CodecContext;
import io.mqttkafka.bridge.MqttTopicMapper;
import io.mqttkafka.bridge.Partitioner;
import io.mqttkafka.bridge.Partitioner.Request;
import io.mqttkafka.bridge.PayloadCodec;
import io.mqttkafka.bridge.TopicMapper;
import io.mqttkafka.bridge.message.Consumed;
import io.mqttkafka.bridge.message.KafkaMessage;
import io.mqttkafka.bridge.message.MqttMessage;
import io.mqttkafka.bridge.message.Received;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;

/** Each test of a contract fails for a subject that breaks just what it is about. */
class FailingContractsTest {

    private static final String LARGE = "x".repeat(20_000);

    /** A codec that keeps the contract, to be broken. */
    private static class GoodCodec implements PayloadCodec<String> {
        @Override
        public byte[] encode(String value, CodecContext context) {
            return ("s" + value).getBytes(StandardCharsets.UTF_8);
        }

        @Override
        public String decode(byte[] payload, CodecContext context) {
            if (payload.length == 0 || payload[0] != 's') {
                throw new IllegalArgumentException("no such form");
            }
            return new String(payload, 1, payload.length - 1, StandardCharsets.UTF_8);
        }
    }

    /** Runs the contract for one codec. */
    abstract static class OfCodec extends CodecContract<String> {
        @Override
        protected List<String> values() {
            return List.of("", "a", LARGE);
        }

        @Override
        protected List<byte[]> malformed() {
            return List.of(new byte[0], new byte[] {'t'});
        }
    }

    static class Good extends OfCodec {
        @Override
        protected PayloadCodec<String> codec() {
            return new GoodCodec();
        }
    }

    static class ReadsSomethingElse extends OfCodec {
        @Override
        protected PayloadCodec<String> codec() {
            return new GoodCodec() {
                @Override
                public String decode(byte[] payload, CodecContext context) {
                    return super.decode(payload, context).toUpperCase(Locale.ROOT);
                }
            };
        }
    }

    static class ReadsNull extends OfCodec {
        @Override
        protected PayloadCodec<String> codec() {
            return new GoodCodec() {
                @Override
                public String decode(byte[] payload, CodecContext context) {
                    String read = super.decode(payload, context);
                    return read.isEmpty() ? null : read;
                }
            };
        }
    }

    static class WritesNull extends OfCodec {
        @Override
        protected PayloadCodec<String> codec() {
            return new GoodCodec() {
                @Override
                public byte[] encode(String value, CodecContext context) {
                    return value.isEmpty() ? null : super.encode(value, context);
                }
            };
        }
    }

    static class ReadsGarbageAsNull extends OfCodec {
        @Override
        protected PayloadCodec<String> codec() {
            return new GoodCodec() {
                @Override
                public String decode(byte[] payload, CodecContext context) {
                    return payload.length > 100_000 ? null : super.decode(payload, context);
                }
            };
        }
    }

    static class OverflowsTheStack extends OfCodec {
        @Override
        protected PayloadCodec<String> codec() {
            return new GoodCodec() {
                @Override
                public String decode(byte[] payload, CodecContext context) {
                    if (payload.length > 100_000) {
                        throw new StackOverflowError();
                    }
                    return super.decode(payload, context);
                }
            };
        }
    }

    static class HasNoLargeValue extends OfCodec {
        @Override
        protected PayloadCodec<String> codec() {
            return new GoodCodec();
        }

        @Override
        protected List<String> values() {
            return List.of("a", "b");
        }
    }

    static class CutsOffWhatIsLarge extends OfCodec {
        @Override
        protected PayloadCodec<String> codec() {
            return new GoodCodec() {
                @Override
                public byte[] encode(String value, CodecContext context) {
                    byte[] all = super.encode(value, context);
                    return Arrays.copyOf(all, Math.min(all.length, 1_024));
                }
            };
        }
    }

    static class WritesOtherwiseEachTime extends OfCodec {
        private final AtomicInteger count = new AtomicInteger();

        @Override
        protected PayloadCodec<String> codec() {
            return new GoodCodec() {
                @Override
                public byte[] encode(String value, CodecContext context) {
                    return super.encode(value + "#" + count.incrementAndGet(), context);
                }

                @Override
                public String decode(byte[] payload, CodecContext context) {
                    String read = super.decode(payload, context);
                    int mark = read.lastIndexOf('#');
                    return mark < 0 ? read : read.substring(0, mark);
                }
            };
        }
    }

    static class NeedsBothTopics extends OfCodec {
        @Override
        protected PayloadCodec<String> codec() {
            return new GoodCodec() {
                @Override
                public String decode(byte[] payload, CodecContext context) {
                    if (context.kafkaTopic() == null) {
                        throw new IllegalStateException("which topic?");
                    }
                    return super.decode(payload, context);
                }
            };
        }
    }

    static class WritesToThePayload extends OfCodec {
        @Override
        protected PayloadCodec<String> codec() {
            return new GoodCodec() {
                @Override
                public String decode(byte[] payload, CodecContext context) {
                    String read = super.decode(payload, context);
                    payload[0] = 0;
                    return read;
                }
            };
        }
    }

    static class KeepsThePayload extends CodecContract<byte[]> {
        @Override
        protected PayloadCodec<byte[]> codec() {
            return new PayloadCodec<>() {
                @Override
                public byte[] encode(byte[] value, CodecContext context) {
                    return value.clone();
                }

                @Override
                public byte[] decode(byte[] payload, CodecContext context) {
                    return payload;
                }
            };
        }

        @Override
        protected List<byte[]> values() {
            return List.of(LARGE.getBytes(StandardCharsets.UTF_8));
        }
    }

    static class ReadsWhatIsMalformed extends OfCodec {
        @Override
        protected PayloadCodec<String> codec() {
            return new GoodCodec() {
                @Override
                public String decode(byte[] payload, CodecContext context) {
                    return payload.length == 0 ? "" : super.decode(payload, context);
                }
            };
        }
    }

    /** Whatever one thread has left, another trips over. */
    private static final class OfOneThread {
        private final AtomicReference<Thread> owner = new AtomicReference<>();

        <R> R use(R result) {
            owner.compareAndSet(null, Thread.currentThread());
            if (owner.get() != Thread.currentThread()) {
                throw new IllegalStateException("used by two threads");
            }
            return result;
        }
    }

    static class SharesStateBetweenThreads extends OfCodec {
        @Override
        protected PayloadCodec<String> codec() {
            OfOneThread state = new OfOneThread();
            return new GoodCodec() {
                @Override
                public byte[] encode(String value, CodecContext context) {
                    return state.use(super.encode(value, context));
                }
            };
        }
    }

    /** Runs the contract for one mapper to Kafka. */
    abstract static class OfMapper extends TopicMapperContract<String> {
        @Override
        protected List<Received<String>> messages() {
            return List.of(Received.of(MqttMessage.of("sensors/a/1", new byte[0]), "v", Map.of("site", "a")));
        }
    }

    static class GoodTopic extends OfMapper {
        @Override
        protected TopicMapper<String> mapper() {
            return received -> "telemetry";
        }
    }

    static class IllegalTopic extends OfMapper {
        @Override
        protected TopicMapper<String> mapper() {
            return received -> received.message().topic();
        }
    }

    static class LongTopic extends OfMapper {
        @Override
        protected TopicMapper<String> mapper() {
            return received -> "t".repeat(250);
        }
    }

    static class DotTopic extends OfMapper {
        @Override
        protected TopicMapper<String> mapper() {
            return received -> "..";
        }
    }

    static class NullTopic extends OfMapper {
        @Override
        protected TopicMapper<String> mapper() {
            return received -> null;
        }
    }

    static class OtherTopicEachTime extends OfMapper {
        private final AtomicInteger count = new AtomicInteger();

        @Override
        protected TopicMapper<String> mapper() {
            return received -> "t" + count.incrementAndGet();
        }
    }

    static class TopicOfOneThread extends OfMapper {
        @Override
        protected TopicMapper<String> mapper() {
            OfOneThread state = new OfOneThread();
            return received -> state.use("t");
        }
    }

    /** Runs the contract for one mapper to MQTT. */
    abstract static class OfMqttMapper extends MqttTopicMapperContract<String> {
        @Override
        protected List<Consumed<String>> records() {
            return List.of(Consumed.of(KafkaMessage.of("commands", new byte[] {'7'}, new byte[0]), "v"));
        }
    }

    static class GoodMqttTopic extends OfMqttMapper {
        @Override
        protected MqttTopicMapper<String> mapper() {
            return consumed -> "devices/grüße \uD83D\uDE00";
        }
    }

    static class WildcardTopic extends OfMqttMapper {
        @Override
        protected MqttTopicMapper<String> mapper() {
            return consumed -> "devices/+/cmd";
        }
    }

    static class DollarTopic extends OfMqttMapper {
        @Override
        protected MqttTopicMapper<String> mapper() {
            return consumed -> "$SYS/a";
        }
    }

    static class EmptyTopic extends OfMqttMapper {
        @Override
        protected MqttTopicMapper<String> mapper() {
            return consumed -> "";
        }
    }

    static class ControlTopic extends OfMqttMapper {
        @Override
        protected MqttTopicMapper<String> mapper() {
            return consumed -> "a\u0000";
        }
    }

    static class HalfPairTopic extends OfMqttMapper {
        @Override
        protected MqttTopicMapper<String> mapper() {
            return consumed -> "a\uD83D";
        }
    }

    static class LongMqttTopic extends OfMqttMapper {
        @Override
        protected MqttTopicMapper<String> mapper() {
            return consumed -> "ü".repeat(32_768);
        }
    }

    static class OtherMqttTopicEachTime extends OfMqttMapper {
        private final AtomicInteger count = new AtomicInteger();

        @Override
        protected MqttTopicMapper<String> mapper() {
            return consumed -> "t/" + count.incrementAndGet();
        }
    }

    static class MqttTopicOfOneThread extends OfMqttMapper {
        @Override
        protected MqttTopicMapper<String> mapper() {
            OfOneThread state = new OfOneThread();
            return consumed -> state.use("t");
        }
    }

    /** Runs the contract for one partitioner. */
    abstract static class OfPartitioner extends PartitionerContract {
        @Override
        protected List<Request> requests() {
            MqttMessage message = MqttMessage.of("sensors/a/1", new byte[0]);
            return List.of(new Request("t", 3, null, message), new Request("t", 64, new byte[] {1}, message));
        }
    }

    static class GoodPartition extends OfPartitioner {
        @Override
        protected Partitioner partitioner() {
            return request -> request.partitionCount() - 1;
        }
    }

    static class PartitionOutOfRange extends OfPartitioner {
        @Override
        protected Partitioner partitioner() {
            return request -> request.partitionCount();
        }
    }

    static class NegativePartition extends OfPartitioner {
        @Override
        protected Partitioner partitioner() {
            return request -> -1;
        }
    }

    static class OtherPartitionEachTime extends OfPartitioner {
        private final AtomicInteger count = new AtomicInteger();

        @Override
        protected Partitioner partitioner() {
            return request -> count.incrementAndGet() % request.partitionCount();
        }
    }

    static class PartitionOfOneThread extends OfPartitioner {
        @Override
        protected Partitioner partitioner() {
            OfOneThread state = new OfOneThread();
            return request -> state.use(0);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "ReadsSomethingElse, value_writtenAndRead_isTheSame",
        "ReadsNull, value_writtenAndRead_isTheSame",
        "WritesNull, value_writtenAndRead_isTheSame",
        "ReadsGarbageAsNull, garbage_thatIsLarge_isReadOrRefused",
        "OverflowsTheStack, garbage_thatIsLarge_isReadOrRefused",
        "HasNoLargeValue, values_holdALargeOne",
        "CutsOffWhatIsLarge, values_holdALargeOne",
        "CutsOffWhatIsLarge, value_writtenAndRead_isTheSame",
        "WritesOtherwiseEachTime, value_writtenTwice_givesTheSameBytes",
        "NeedsBothTopics, topics_thatAreNotKnownYet_areNoHindrance",
        "WritesToThePayload, payload_isNeitherChangedNorKept",
        "KeepsThePayload, payload_isNeitherChangedNorKept",
        "ReadsWhatIsMalformed, malformed_isRefused",
        "SharesStateBetweenThreads, codec_usedByManyThreads_mixesNothingUp",
        "IllegalTopic, topic_isLegal",
        "LongTopic, topic_isLegal",
        "DotTopic, topic_isLegal",
        "NullTopic, topic_isLegal",
        "OtherTopicEachTime, message_mappedTwice_goesToTheSameTopic",
        "TopicOfOneThread, mapper_usedByManyThreads_mixesNothingUp",
        "WildcardTopic, topic_isLegal",
        "DollarTopic, topic_isLegal",
        "EmptyTopic, topic_isLegal",
        "ControlTopic, topic_isLegal",
        "HalfPairTopic, topic_isLegal",
        "LongMqttTopic, topic_isLegal",
        "OtherMqttTopicEachTime, record_mappedTwice_goesToTheSameTopic",
        "MqttTopicOfOneThread, mapper_usedByManyThreads_mixesNothingUp",
        "PartitionOutOfRange, partition_exists",
        "NegativePartition, partition_exists",
        "OtherPartitionEachTime, record_placedTwice_goesToTheSamePartition",
        "PartitionOfOneThread, partitioner_usedByManyThreads_mixesNothingUp",
    })
    void subject_thatBreaksTheContract_fails(String subject, String test) throws ClassNotFoundException {
        assertThat(failed(subject)).contains(test + "()");
    }

    @ParameterizedTest
    @CsvSource({
        "ReadsGarbageAsNull",
        "OverflowsTheStack",
        "HasNoLargeValue",
        "WritesOtherwiseEachTime",
        "NeedsBothTopics",
        "KeepsThePayload",
        "ReadsWhatIsMalformed",
        "SharesStateBetweenThreads",
        "IllegalTopic",
        "TopicOfOneThread",
        "WildcardTopic",
        "MqttTopicOfOneThread",
        "PartitionOutOfRange",
        "PartitionOfOneThread",
    })
    void subject_thatBreaksOneRule_failsOneTest(String subject) throws ClassNotFoundException {
        assertThat(failed(subject)).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({"Good", "GoodTopic", "GoodMqttTopic", "GoodPartition"})
    void subject_thatKeepsTheContract_succeeds(String subject) throws ClassNotFoundException {
        assertThat(failed(subject)).isEmpty();
    }

    private static List<String> failed(String subject) throws ClassNotFoundException {
        EngineExecutionResults results = EngineTestKit.engine("junit-jupiter")
                .selectors(selectClass(Class.forName(FailingContractsTest.class.getName() + "$" + subject)))
                .execute();
        assertThat(results.testEvents().started().count()).isGreaterThanOrEqualTo(3);
        return results.testEvents().failed().stream()
                .map(event -> event.getTestDescriptor().getDisplayName())
                .toList();
    }
}
