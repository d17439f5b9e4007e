package io.mqttkafka.bridge.core.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.stream.Stream;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.NetworkException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.OutOfOrderSequenceException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownServerException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class OutagesTest {
    static Stream<Throwable> outages() {
        return Stream.of(
                new TimeoutException("expired"),
                new NetworkException("gone"),
                new NotEnoughReplicasException("one of two"),
                new KafkaException("in an error state", new TimeoutException("expired")),
                new SaslAuthenticationException("the password has changed"),
                new TopicAuthorizationException(Set.of("t")));
    }

    static Stream<Throwable> lasting() {
        return Stream.of(
                new KafkaException(new UnsatisfiedLinkError("no snappy")),
                new UnknownServerException("it does not say"),
                new OutOfOrderSequenceException("3 after 1"),
                new IllegalStateException("closed"));
    }

    @ParameterizedTest
    @MethodSource("outages")
    void isOutage_canEndByItself_isTrue(Throwable failure) {
        assertThat(Outages.isOutage(failure)).isTrue();
    }

    @ParameterizedTest
    @MethodSource("lasting")
    void isOutage_lasts_isFalse(Throwable failure) {
        assertThat(Outages.isOutage(failure)).isFalse();
    }
}
