package io.mqttkafka.bridge.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.TopicMapper;
import io.mqttkafka.bridge.message.Received;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What a bridge expects of a {@link TopicMapper}: extend it, say which mapper and which messages, and JUnit runs the rest.
 *
 * <p>It needs JUnit Jupiter and AssertJ.
 *
 * @param <T> the type of the decoded payload
 */
public abstract class TopicMapperContract<T> {

    private static final int LONGEST = 249;
    private static final int ROUNDS = 200;

    /** For subclasses. */
    protected TopicMapperContract() {}

    /** Returns the mapper under test. */
    protected abstract TopicMapper<T> mapper();

    /** Returns messages that it maps, made with {@link Received#of}; at least one. */
    protected abstract List<Received<T>> messages();

    /** Every result is a legal name of a Kafka topic. */
    @Test
    protected void topic_isLegal() {
        assertThat(messages()).as("messages()").isNotEmpty();
        for (Received<T> message : messages()) {
            assertThat(mapper().map(message))
                    .as(
                            "the Kafka topic of a message to '%s'",
                            message.message().topic())
                    .matches("[a-zA-Z0-9._-]+")
                    .hasSizeLessThanOrEqualTo(LONGEST)
                    .isNotIn(".", "..");
        }
    }

    /** A message that is delivered again goes to the same topic. */
    @Test
    protected void message_mappedTwice_goesToTheSameTopic() {
        for (Received<T> message : messages()) {
            assertThat(mapper().map(message)).isEqualTo(mapper().map(message));
        }
    }

    /** Several threads use one mapper at once. */
    @Test
    protected void mapper_usedByManyThreads_mixesNothingUp() throws InterruptedException {
        TopicMapper<T> mapper = mapper();
        List<String> expected = messages().stream().map(mapper::map).toList();
        Concurrently.run(() -> {
            for (int i = 0; i < ROUNDS; i++) {
                assertThat(messages().stream().map(mapper::map).toList()).isEqualTo(expected);
            }
            return null;
        });
    }
}
