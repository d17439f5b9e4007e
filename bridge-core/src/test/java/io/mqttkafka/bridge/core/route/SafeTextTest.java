package io.mqttkafka.bridge.core.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.error.DeliveryException;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordDeserializationException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.SerializationException;
import org.junit.jupiter.api.Test;

class SafeTextTest {
    @Test
    void ourOwnMessagesAndKafkas_areRepeated() {
        assertThat(SafeText.of(new DeliveryException("toKafka: no"))).isEqualTo("toKafka: no");
        assertThat(SafeText.of(new RecordTooLargeException("1 is more than 0"))).isEqualTo("1 is more than 0");
    }

    @Test
    void whatCanHoldAPayload_isNamedOnly() {
        assertThat(SafeText.of(new IllegalArgumentException("secret"))).isEqualTo("java.lang.IllegalArgumentException");
        assertThat(SafeText.of(new SerializationException("Can't deserialize data [secret]")))
                .isEqualTo(SerializationException.class.getName());
        assertThat(SafeText.of(new RecordDeserializationException(
                        RecordDeserializationException.DeserializationExceptionOrigin.VALUE,
                        new TopicPartition("t", 0),
                        0,
                        0,
                        null,
                        null,
                        null,
                        null,
                        "Can't deserialize data [secret]",
                        null)))
                .isEqualTo(RecordDeserializationException.class.getName());
    }

    @Test
    void controlCharacters_areEscaped() {
        assertThat(SafeText.of(new DeliveryException("a\nb"))).doesNotContain("\n");
    }

    @Test
    void frames_ofTheUsersCode_areShown_messagesAreNot() {
        Throwable inner =
                thrownBy("com.example.Parser", "com.fasterxml.jackson.databind.ObjectMapper", "com.example.App");
        Throwable outer = new CompletionException("secret", inner);
        outer.setStackTrace(new StackTraceElement[] {frame("java.util.concurrent.Future"), frame("com.example.Outer")});

        assertThat(SafeText.withFrames(outer))
                .isEqualTo("java.util.concurrent.CompletionException, caused by java.lang.IllegalStateException, at"
                        + " com.example.Parser.run(File.java:1), com.example.App.run(File.java:1)");
    }

    @Test
    void frames_belowTheEngine_areThoseOfItsCallers() {
        assertThat(SafeText.withFrames(
                        thrownBy("com.example.App", "io.mqttkafka.bridge.core.source.X", "org.eclipse.paho.Y")))
                .isEqualTo("java.lang.IllegalStateException, at com.example.App.run(File.java:1)");
        assertThat(SafeText.withFrames(thrownBy("io.mqttkafka.bridge.core.source.X", "com.example.Main")))
                .isEqualTo("java.lang.IllegalStateException");
    }

    @Test
    void frames_areFiveAtTheMost_andACircleOfCausesEnds() {
        Throwable first = thrownBy("a.A", "a.B", "a.C", "a.D", "a.E", "a.F");
        Throwable second = new IllegalStateException(first);
        first.initCause(second);

        assertThat(SafeText.withFrames(first)).contains("a.E.run").doesNotContain("a.F.run");
    }

    private static Throwable thrownBy(String... classes) {
        Throwable thrown = new IllegalStateException("secret");
        thrown.setStackTrace(Stream.of(classes).map(SafeTextTest::frame).toArray(StackTraceElement[]::new));
        return thrown;
    }

    private static StackTraceElement frame(String type) {
        return new StackTraceElement(type, "run", "File.java", 1);
    }
}
