package io.mqttkafka.bridge.codecs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import io.mqttkafka.bridge.error.CodecException;
import io.mqttkafka.bridge.message.Header;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.IntegerDeserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class KafkaSerdeCodecTest {
    private static final String CANARY = "canary-in-the-payload";

    static Stream<KafkaSerdeCodec<String>> codecs() {
        return Stream.of(
                KafkaSerdeCodec.of(Serdes.String()),
                KafkaSerdeCodec.of(new StringSerializer(), new StringDeserializer()),
                KafkaSerdeCodec.pooled(Serdes::String));
    }

    @ParameterizedTest
    @MethodSource("codecs")
    void encodeAndDecode_anyText_roundTrips(KafkaSerdeCodec<String> codec) {
        for (String text : List.of("", "21.5", "\u00e4\u20ac\ud83d\ude00")) {
            byte[] payload = codec.encode(text, FakeCodecContext.encoding());
            assertThat(payload).isEqualTo(text.getBytes(UTF_8));
            assertThat(codec.decode(payload, FakeCodecContext.decoding())).isEqualTo(text);
        }
    }

    @ParameterizedTest
    @MethodSource("codecs")
    void close_twice_refusesFurtherCalls(KafkaSerdeCodec<String> codec) {
        codec.encode("a", FakeCodecContext.encoding());
        codec.close();
        codec.close();
        assertThatIllegalStateException()
                .isThrownBy(() -> codec.encode("a", FakeCodecContext.encoding()))
                .withMessageContaining("closed");
        assertThatIllegalStateException().isThrownBy(() -> codec.decode(new byte[1], FakeCodecContext.decoding()));
    }

    @Test
    void decode_intsOfSerdeOfKafka_roundTrips() {
        var codec = KafkaSerdeCodec.of(Serdes.Integer());
        assertThat(codec.decode(codec.encode(-7, FakeCodecContext.encoding()), FakeCodecContext.decoding()))
                .isEqualTo(-7);
    }

    @Test
    void decode_kafkaTopicUnknown_deserializerIsToldMqttTopicUnlessSet() {
        var topics = new ArrayList<String>();
        var codec = KafkaSerdeCodec.deserializing(recording(topics));
        codec.decode(new byte[1], FakeCodecContext.decoding());
        codec.decodingTopic("telemetry.schema").decode(new byte[1], FakeCodecContext.decoding());
        codec.decode(new byte[1], FakeCodecContext.decoding());
        assertThat(topics).containsExactly("sensors/1/temp", "telemetry.schema", "sensors/1/temp");
    }

    @Test
    void decode_kafkaTopicKnown_deserializerIsToldKafkaTopic() {
        var topics = new ArrayList<String>();
        var codec = KafkaSerdeCodec.deserializing(recording(topics)).decodingTopic("telemetry.schema");
        codec.decode(new byte[1], FakeCodecContext.encoding());
        assertThat(topics).containsExactly("telemetry");
    }

    @Test
    void encode_anyContext_serializerIsToldKafkaTopicOrElseMqttTopic() {
        var topics = new ArrayList<String>();
        var codec = KafkaSerdeCodec.serializing((Serializer<String>) (topic, value) -> {
                    topics.add(topic);
                    return new byte[0];
                })
                .decodingTopic("telemetry.schema");
        codec.encode("a", FakeCodecContext.encoding());
        codec.encode("a", FakeCodecContext.decoding());
        assertThat(topics).containsExactly("telemetry", "sensors/1/temp");
    }

    @ParameterizedTest
    @MethodSource("blankTopics")
    void decodingTopic_blank_isRefused(String topic) {
        try (var codec = KafkaSerdeCodec.of(Serdes.String())) {
            assertThatExceptionOfType(IllegalArgumentException.class)
                    .isThrownBy(() -> codec.decodingTopic(topic))
                    .withMessageContaining("decodingTopic");
        }
    }

    static Stream<String> blankTopics() {
        return Stream.of("", " ", "\t");
    }

    @Test
    void decode_messageWithHeaders_deserializerSeesThemInOrderAndMayChangeItsCopy() {
        var seen = new ArrayList<String>();
        var codec = KafkaSerdeCodec.deserializing(new StringDeserializer() {
            @Override
            public String deserialize(String topic, Headers headers, byte[] data) {
                headers.forEach(header -> seen.add(
                        header.key() + "=" + (header.value() == null ? null : new String(header.value(), UTF_8))));
                headers.remove("a");
                headers.add("c", new byte[0]);
                return "value";
            }
        });
        var context = FakeCodecContext.decoding(header("a", "1"), header("b", "2"), header("a", null));
        codec.decode(new byte[0], context);
        assertThat(seen).containsExactly("a=1", "b=2", "a=null");
        assertThat(context.added()).isEmpty();
    }

    @Test
    void encode_serializerAddsHeaders_onlyTheyReachTheRecordInOrder() {
        var seen = new ArrayList<String>();
        var codec = KafkaSerdeCodec.serializing(new StringSerializer() {
            @Override
            public byte[] serialize(String topic, Headers headers, String data) {
                headers.forEach(header -> seen.add(header.key()));
                headers.remove("b");
                headers.add("schema", "7".getBytes(UTF_8));
                headers.add("a", "1".getBytes(UTF_8)); // a repeat is an addition too
                headers.add("schema", null);
                return super.serialize(topic, headers, data);
            }
        });
        var context = FakeCodecContext.encoding(header("a", "1"), header("b", "2"));
        codec.encode("x", context);
        assertThat(seen).containsExactly("a", "b");
        assertThat(context.added()).containsExactly(header("schema", "7"), header("a", "1"), header("schema", null));

        var empty = FakeCodecContext.encoding();
        codec.encode("x", empty);
        assertThat(empty.added()).hasSize(3);
    }

    @Test
    void decode_deserializerKeepsAndChangesItsArray_payloadStaysAsItWas() {
        var codec = KafkaSerdeCodec.deserializing(new ByteArrayDeserializer());
        byte[] payload = {1, 2, 3};
        codec.decode(payload, FakeCodecContext.decoding())[0] = 9;
        assertThat(payload).containsExactly(1, 2, 3);
    }

    @Test
    void decode_deserializerThrows_causeIsKeptAndMessageHasNoPayload() {
        var failure = new SerializationException("cannot read " + CANARY);
        var codec = KafkaSerdeCodec.deserializing((Deserializer<String>) (topic, data) -> {
            throw failure;
        });
        assertThatExceptionOfType(CodecException.class)
                .isThrownBy(() -> codec.decode(CANARY.getBytes(UTF_8), FakeCodecContext.decoding()))
                .withCause(failure)
                .withMessageContaining("sensors/1/temp")
                .withMessageContaining(SerializationException.class.getName())
                .withMessageNotContaining(CANARY);
    }

    @Test
    void decode_realDeserializerRefusesPayload_isCodecException() {
        var codec = KafkaSerdeCodec.deserializing(new IntegerDeserializer());
        assertThatExceptionOfType(CodecException.class)
                .isThrownBy(() -> codec.decode(new byte[3], FakeCodecContext.decoding()))
                .withMessageContaining(IntegerDeserializer.class.getName());
    }

    @Test
    void encode_serializerThrows_causeIsKeptAndMessageHasNoValue() {
        var failure = new IllegalStateException("cannot write " + CANARY);
        var codec = KafkaSerdeCodec.serializing((Serializer<String>) (topic, data) -> {
            throw failure;
        });
        assertThatExceptionOfType(CodecException.class)
                .isThrownBy(() -> codec.encode(CANARY, FakeCodecContext.encoding()))
                .withCause(failure)
                .withMessageContaining("telemetry")
                .withMessageNotContaining(CANARY);
    }

    @Test
    void encode_serializerThrowsCodecException_isNotWrapped() {
        var failure = new CodecException("no such unit");
        var codec = KafkaSerdeCodec.serializing((Serializer<String>) (topic, data) -> {
            throw failure;
        });
        assertThatCode(() -> codec.encode("a", FakeCodecContext.encoding())).isSameAs(failure);
    }

    @Test
    void encodeAndDecode_serdeReturnsNull_isCodecException() {
        var codec = KafkaSerdeCodec.of(
                (Serializer<String>) (topic, data) -> null, (Deserializer<String>) (topic, data) -> null);
        assertThatExceptionOfType(CodecException.class)
                .isThrownBy(() -> codec.decode(new byte[1], FakeCodecContext.decoding()))
                .withMessageContaining("null");
        assertThatExceptionOfType(CodecException.class)
                .isThrownBy(() -> codec.encode("a", FakeCodecContext.encoding()))
                .withMessageContaining("null");
    }

    @Test
    void encodeAndDecode_theOneIsMissing_saysHowToMend() {
        var reads = KafkaSerdeCodec.deserializing(new StringDeserializer());
        var writes = KafkaSerdeCodec.serializing(new StringSerializer());
        assertThatExceptionOfType(CodecException.class)
                .isThrownBy(() -> reads.encode("a", FakeCodecContext.encoding()))
                .withMessageContaining("only reads");
        assertThatExceptionOfType(CodecException.class)
                .isThrownBy(() -> writes.decode(new byte[1], FakeCodecContext.decoding()))
                .withMessageContaining("only writes");
    }

    @Test
    void factories_null_isRefused() {
        assertThatNullPointerException().isThrownBy(() -> KafkaSerdeCodec.of((Serde<String>) null));
        assertThatNullPointerException().isThrownBy(() -> KafkaSerdeCodec.of(null, new StringDeserializer()));
        assertThatNullPointerException().isThrownBy(() -> KafkaSerdeCodec.of(new StringSerializer(), null));
        assertThatNullPointerException().isThrownBy(() -> KafkaSerdeCodec.deserializing(null));
        assertThatNullPointerException().isThrownBy(() -> KafkaSerdeCodec.serializing(null));
        assertThatNullPointerException().isThrownBy(() -> KafkaSerdeCodec.pooled(null));
    }

    @Test
    void pooled_supplierFailsOrReturnsNull_isCodecException() {
        var failing = KafkaSerdeCodec.<String>pooled(() -> {
            throw new IllegalStateException("no registry");
        });
        assertThatExceptionOfType(CodecException.class)
                .isThrownBy(() -> failing.encode("a", FakeCodecContext.encoding()))
                .withCauseInstanceOf(IllegalStateException.class);
        assertThatExceptionOfType(CodecException.class)
                .isThrownBy(() -> KafkaSerdeCodec.<String>pooled(() -> null).encode("a", FakeCodecContext.encoding()));
    }

    @Test
    void close_serializerFails_deserializerIsClosedAllTheSame() {
        var closes = new AtomicInteger();
        var codec = KafkaSerdeCodec.of(
                new StringSerializer() {
                    @Override
                    public void close() {
                        closes.incrementAndGet();
                        throw new IllegalStateException("first");
                    }
                },
                new StringDeserializer() {
                    @Override
                    public void close() {
                        closes.incrementAndGet();
                        throw new IllegalStateException("second");
                    }
                });
        assertThatIllegalStateException()
                .isThrownBy(codec::close)
                .withMessage("first")
                .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
        codec.close();
        assertThat(closes).hasValue(2);
    }

    @Test
    void close_ofCodecWithDecodingTopic_closesBoth() {
        var codec = KafkaSerdeCodec.of(Serdes.String());
        codec.decodingTopic("a").close();
        assertThatIllegalStateException().isThrownBy(() -> codec.encode("a", FakeCodecContext.encoding()));
    }

    @Test
    void of_serdeThatIsNotThreadSafe_letsOneCallInAtATime() throws Exception {
        var inside = new AtomicInteger();
        var most = new AtomicInteger();
        var codec = KafkaSerdeCodec.deserializing((Deserializer<String>) (topic, data) -> {
            most.accumulateAndGet(inside.incrementAndGet(), Math::max);
            Thread.yield();
            inside.decrementAndGet();
            return "value";
        });
        inParallel(4, () -> {
            for (int i = 0; i < 2_000; i++) {
                codec.decode(new byte[1], FakeCodecContext.decoding());
            }
        });
        assertThat(most).hasValue(1);
    }

    @Test
    void of_serializerAndDeserializer_doNotWaitForEachOther() throws Exception {
        var both = new CyclicBarrier(2); // opens only when both are inside
        var codec = KafkaSerdeCodec.of(
                (Serializer<String>) (topic, data) -> {
                    meet(both);
                    return new byte[0];
                },
                (Deserializer<String>) (topic, data) -> {
                    meet(both);
                    return "value";
                });
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            Future<?> one = threads.submit(() -> codec.encode("a", FakeCodecContext.encoding()));
            Future<?> other = threads.submit(() -> codec.decode(new byte[1], FakeCodecContext.decoding()));
            one.get(30, TimeUnit.SECONDS);
            other.get(30, TimeUnit.SECONDS);
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void pooled_callsAtTheSameTime_eachHasASerdeOfItsOwnAndAllAreReusedAndClosed() throws Exception {
        var made = new AtomicInteger();
        var closed = new AtomicInteger();
        var both = new CyclicBarrier(2);
        var codec = KafkaSerdeCodec.pooled(() -> {
            made.incrementAndGet();
            return Serdes.serdeFrom(new StringSerializer(), new StringDeserializer() {
                @Override
                public String deserialize(String topic, byte[] data) {
                    meet(both);
                    return "value";
                }

                @Override
                public void close() {
                    closed.incrementAndGet();
                }
            });
        });
        for (int i = 0; i < 3; i++) {
            inParallel(2, () -> codec.decode(new byte[1], FakeCodecContext.decoding()));
        }
        assertThat(made).hasValue(2);
        codec.close();
        assertThat(closed).hasValue(2);
    }

    @Test
    void pooled_closedDuringACall_serdeIsClosedWhenTheCallEnds() throws Exception {
        var closed = new AtomicInteger();
        var inside = new CountDownLatch(1);
        var mayLeave = new CountDownLatch(1);
        var codec = KafkaSerdeCodec.pooled(() -> Serdes.serdeFrom(new StringSerializer(), new StringDeserializer() {
            @Override
            public String deserialize(String topic, byte[] data) {
                inside.countDown();
                await(mayLeave);
                return "value";
            }

            @Override
            public void close() {
                closed.incrementAndGet();
            }
        }));
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try {
            Future<String> call = thread.submit(() -> codec.decode(new byte[1], FakeCodecContext.decoding()));
            await(inside);
            codec.close();
            assertThat(closed).hasValue(0);
            mayLeave.countDown();
            assertThat(call.get(30, TimeUnit.SECONDS)).isEqualTo("value");
            assertThat(closed).hasValue(1);
        } finally {
            mayLeave.countDown();
            thread.shutdownNow();
        }
    }

    @Test
    void toString_anyCodec_namesClassesOnly() {
        assertThat(KafkaSerdeCodec.of(Serdes.String()).decodingTopic("t"))
                .hasToString("KafkaSerdeCodec[org.apache.kafka.common.serialization.StringSerializer, "
                        + "org.apache.kafka.common.serialization.StringDeserializer, decodingTopic=t]");
        assertThat(KafkaSerdeCodec.serializing(new StringSerializer()).toString())
                .contains("no deserializer");
    }

    private static Deserializer<String> recording(List<String> topics) {
        return (topic, data) -> {
            topics.add(topic);
            return "value";
        };
    }

    private static Header header(String name, String value) {
        return new Header(name, value == null ? null : value.getBytes(UTF_8));
    }

    private static void inParallel(int times, Runnable work) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(times);
        try {
            List<Future<?>> futures = new ArrayList<>();
            for (int i = 0; i < times; i++) {
                futures.add(threads.submit(work));
            }
            for (Future<?> future : futures) {
                future.get(30, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private static void meet(CyclicBarrier barrier) {
        try {
            barrier.await(30, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
