package io.mqttkafka.bridge;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mqttkafka.bridge.error.CodecException;
import io.mqttkafka.bridge.message.Header;
import java.nio.charset.CharacterCodingException;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PayloadCodecTest {
    private static final CodecContext CONTEXT = new CodecContext() {
        @Override
        public String mqttTopic() {
            return "a/b";
        }

        @Override
        public String kafkaTopic() {
            return null;
        }

        @Override
        public String contentType() {
            return null;
        }

        @Override
        public List<Header> headers() {
            return List.of();
        }

        @Override
        public void addHeader(String name, byte[] value) {
            throw new IllegalStateException();
        }
    };

    @Test
    void bytes_anyBytes_areEqualCopies() {
        PayloadCodec<byte[]> codec = PayloadCodec.bytes();
        for (byte[] bytes : new byte[][] {{}, {0}, {(byte) 0xff, 1, 2}}) {
            assertThat(codec.decode(bytes, CONTEXT)).isEqualTo(bytes).isNotSameAs(bytes);
            assertThat(codec.encode(bytes, CONTEXT)).isEqualTo(bytes).isNotSameAs(bytes);
        }
    }

    static Stream<String> texts() {
        return Stream.of("", "a", "\0", "\u00e4\u20ac", "\ud83d\ude00", "\ufffd", "\ufeffbom", "a".repeat(100_000));
    }

    @ParameterizedTest
    @MethodSource("texts")
    void utf8_anyText_roundTrips(String text) {
        PayloadCodec<String> codec = PayloadCodec.utf8();
        assertThat(codec.encode(text, CONTEXT)).isEqualTo(text.getBytes(UTF_8));
        assertThat(codec.decode(text.getBytes(UTF_8), CONTEXT)).isEqualTo(text);
    }

    @Test
    void utf8_randomCodePoints_roundTrip() {
        long seed = System.nanoTime();
        var random = new Random(seed);
        for (int i = 0; i < 1_000; i++) {
            String text = random.ints(random.nextInt(50), 0, 0x110000)
                    .filter(point -> point < 0xd800 || point > 0xdfff)
                    .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                    .toString();
            PayloadCodec<String> codec = PayloadCodec.utf8();
            assertThat(codec.decode(codec.encode(text, CONTEXT), CONTEXT))
                    .as("seed %s", seed)
                    .isEqualTo(text);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"80", "ff", "c3", "41c3", "c041", "c080", "e282", "eda080", "f4908080", "f0808080", "fe"})
    void utf8_malformedBytes_areRefusedWithoutBeingShown(String hex) {
        byte[] canary = "canary".getBytes(UTF_8);
        byte[] bad = HexFormat.of().parseHex(hex);
        byte[] payload = new byte[canary.length + bad.length];
        System.arraycopy(canary, 0, payload, 0, canary.length);
        System.arraycopy(bad, 0, payload, canary.length, bad.length);
        assertThatExceptionOfType(CodecException.class)
                .isThrownBy(() -> PayloadCodec.utf8().decode(payload, CONTEXT))
                .withMessage("the payload is not UTF-8 text")
                .withCauseInstanceOf(CharacterCodingException.class)
                .satisfies(e -> assertThat(e.getCause().getMessage()).doesNotContain("canary"));
    }

    @ParameterizedTest
    @MethodSource("unpairedSurrogates")
    void utf8_unpairedSurrogates_areRefused(String text) {
        assertThatExceptionOfType(CodecException.class)
                .isThrownBy(() -> PayloadCodec.utf8().encode(text, CONTEXT))
                .withMessageContaining("unpaired surrogate")
                .withMessageNotContaining("canary");
    }

    static Stream<String> unpairedSurrogates() {
        return Stream.of("canary\ud83d", "\ude00", "\ude00\ud83d", "\ud83dcanary");
    }

    @Test
    void toString_readyMadeCodecs_saysHowTheyAreMade() {
        assertThat(PayloadCodec.bytes()).hasToString("PayloadCodec.bytes()");
        assertThat(PayloadCodec.utf8()).hasToString("PayloadCodec.utf8()");
    }
}
