package io.mqttkafka.bridge.core.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.error.DeliveryException;
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
}
