package io.mqttkafka.bridge.core.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which record a consumer has failed at, as far as it says. */
class ReadFailuresTest {
    private static final TopicPartition PLACE = new TopicPartition("t-0", 1);

    /** In the words of Kafka's clients from 4.0 to 4.4. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "Encountered corrupt message when fetching offset 7 for topic-partition t-0-1",
                "Record batch for partition t-0-1 at offset 7 is invalid, cause: Record is corrupt",
                "Received exception when fetching the next record from t-0-1. If needed, please seek past the record to"
                        + " continue consumption."
            })
    void namedInWords_isFound(String message) {
        List<TopicPartition> assigned =
                List.of(new TopicPartition("t", 0), new TopicPartition("0", 1), new TopicPartition("t-0", 0), PLACE);
        assertThat(ReadFailures.partition(new KafkaException(message), assigned))
                .isEqualTo(PLACE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"from a.t-0-1. If", "from t-0-1.x-3. If", "from t-0-12. If", "from t-0-1_x-3 at", "nothing"})
    void otherNames_areNot(String message) {
        assertThat(ReadFailures.partition(new KafkaException(message), Set.of(PLACE)))
                .isNull();
    }

    @Test
    void refusal_isThatOfATopic() {
        assertThat(ReadFailures.partition(new TopicAuthorizationException("t-0-1"), Set.of(PLACE)))
                .isNull();
    }
}
