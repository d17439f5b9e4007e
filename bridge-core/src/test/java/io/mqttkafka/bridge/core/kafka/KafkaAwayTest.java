package io.mqttkafka.bridge.core.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.junit.jupiter.api.Test;

class KafkaAwayTest {
    /** Has the name of the one that Kafka's clients have since 4.4. */
    private static final class BootstrapResolutionException extends KafkaException {
        private static final long serialVersionUID = 1L;
    }

    @Test
    void noHostNameResolved_isAway_asEitherClientSaysIt() {
        assertThat(KafkaAway.isCauseOf(new KafkaException(
                        "not made", new ConfigException("No resolvable bootstrap urls given in bootstrap.servers"))))
                .isTrue();
        assertThat(KafkaAway.isCauseOf(new KafkaException("not made", new BootstrapResolutionException())))
                .isTrue();
    }

    @Test
    void wrongPropertyOrRefusal_isNotAway() {
        assertThat(KafkaAway.isCauseOf(new ConfigException("acks", "9"))).isFalse();
        assertThat(KafkaAway.isCauseOf(new KafkaException(new TopicAuthorizationException("t"))))
                .isFalse();
    }

    @Test
    void noAnswer_isAway() {
        assertThat(KafkaAway.isCauseOf(new RuntimeException(new TimeoutException("late"))))
                .isTrue();
    }
}
