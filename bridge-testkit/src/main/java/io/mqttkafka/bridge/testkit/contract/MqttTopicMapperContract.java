package io.mqttkafka.bridge.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.MqttTopicMapper;
import io.mqttkafka.bridge.message.Consumed;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What a bridge expects of an {@link MqttTopicMapper}: extend it, say which mapper and which records, and JUnit runs the
 * rest.
 *
 * <p>It needs JUnit Jupiter and AssertJ.
 *
 * @param <T> the type of the decoded value
 */
public abstract class MqttTopicMapperContract<T> {

    private static final int LONGEST_BYTES = 65_535;
    private static final int ROUNDS = 200;

    /** For subclasses. */
    protected MqttTopicMapperContract() {}

    /** Returns the mapper under test. */
    protected abstract MqttTopicMapper<T> mapper();

    /** Returns records that it maps, made with {@link Consumed#of}; at least one. */
    protected abstract List<Consumed<T>> records();

    /** Every result is a topic that can be published to. */
    @Test
    protected void topic_isLegal() {
        assertThat(records()).as("records()").isNotEmpty();
        for (Consumed<T> record : records()) {
            String topic = mapper().map(record);
            assertThat(topic)
                    .as("the MQTT topic of a record of '%s'", record.message().topic())
                    .isNotNull()
                    .isNotEmpty()
                    .doesNotContain("+", "#")
                    .doesNotStartWith("$");
            assertThat(topic.codePoints()).as("the characters of '%s'", topic).noneMatch(point -> isForbidden(point));
            assertThat(topic.getBytes(StandardCharsets.UTF_8))
                    .as("the topic in UTF-8")
                    .hasSizeLessThanOrEqualTo(LONGEST_BYTES);
        }
    }

    /** Control characters, half surrogate pairs and what Unicode calls no character. */
    private static boolean isForbidden(int point) {
        return Character.isISOControl(point)
                || Character.getType(point) == Character.SURROGATE
                || (point & 0xFFFE) == 0xFFFE
                || (point >= 0xFDD0 && point <= 0xFDEF);
    }

    /** A record that is read again is published to the same topic. */
    @Test
    protected void record_mappedTwice_goesToTheSameTopic() {
        for (Consumed<T> record : records()) {
            assertThat(mapper().map(record)).isEqualTo(mapper().map(record));
        }
    }

    /** Several threads use one mapper at once. */
    @Test
    protected void mapper_usedByManyThreads_mixesNothingUp() throws InterruptedException {
        MqttTopicMapper<T> mapper = mapper();
        List<String> expected = records().stream().map(mapper::map).toList();
        Concurrently.run(() -> {
            for (int i = 0; i < ROUNDS; i++) {
                assertThat(records().stream().map(mapper::map).toList()).isEqualTo(expected);
            }
            return null;
        });
    }
}
