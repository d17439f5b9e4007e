package io.mqttkafka.bridge.core.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.config.KafkaOptions;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeTopicsResult;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.internals.KafkaFutureImpl;
import org.junit.jupiter.api.Test;

class TopicWatchTest {
    private static final long PATIENCE = TopicCheck.PATIENCE.toNanos();

    private final Map<String, KafkaFuture<TopicDescription>> answers = new HashMap<>();
    private final BlockingQueue<Collection<?>> asked = new LinkedBlockingQueue<>();
    private final BlockingQueue<TopicLostException> lost = new LinkedBlockingQueue<>();
    private final TopicFlow flow = new TopicFlow("site", new TopicWaits().of("site"));
    private final TopicWatch watch = new TopicWatch(
            "test",
            new TopicCheck(
                    new Answering(),
                    KafkaOptions.builder().bootstrapServers("kafka:9092").build(),
                    "test"));

    @Test
    void look_topicDeletedWhileRecordsWait_tellsAfterThePatience() throws Exception {
        answers.put("site", failed(new UnknownTopicOrPartitionException("gone")));
        flow.sending();

        look(0);
        look(PATIENCE - 1);
        assertThat(asked).isEmpty();
        look(PATIENCE);

        TopicLostException told = lost.poll(30, TimeUnit.SECONDS);
        assertThat(told).hasMessageContaining("the topic 'site' does not exist any more");
        assertThat(told.topics()).containsExactly("site");
    }

    @Test
    void look_topicClosed_tells() throws Exception {
        answers.put("site", failed(new TopicAuthorizationException("site")));
        flow.sending();
        look(0);
        look(PATIENCE);

        assertThat(lost.poll(30, TimeUnit.SECONDS)).hasMessageContaining("is not open to us any more");
    }

    @Test
    void look_topicHasFewerPartitions_tells() throws Exception {
        answers.put("site", KafkaFuture.completedFuture(description(2)));
        flow.partitions = 3;
        flow.sending();
        look(0);
        look(PATIENCE);

        assertThat(lost.poll(30, TimeUnit.SECONDS)).hasMessageContaining("2 partitions instead of 3");
    }

    /** An outage is none of its business. */
    @Test
    void look_topicIsThereOrKafkaDoesNotSay_asksAgainAndTellsNothing() throws Exception {
        answers.put("site", KafkaFuture.completedFuture(description(3)));
        flow.partitions = 3;
        flow.sending();
        look(0);
        look(PATIENCE);
        assertThat(asked.poll(30, TimeUnit.SECONDS)).isNotNull();
        answers.put("site", failed(new TimeoutException("no answer")));
        long now = 2 * PATIENCE;
        while (asked.isEmpty()) {
            // Until the thread of the first question has ended.
            look(now += PATIENCE);
            Thread.onSpinWait();
        }

        assertThat(lost).isEmpty();
    }

    @Test
    void look_outcomesKeepComing_doesNotAsk() {
        for (int i = 0; i < 5; i++) {
            flow.sending();
            flow.sending();
            look(i * PATIENCE);
            flow.told();
        }

        assertThat(asked).isEmpty();
    }

    @Test
    void look_nothingIsUnderWay_doesNotAsk() {
        flow.sending();
        flow.told();
        look(0);
        look(PATIENCE);

        assertThat(asked).isEmpty();
    }

    private void look(long nowNanos) {
        watch.look(List.of(flow), nowNanos, lost::add);
    }

    private static KafkaFuture<TopicDescription> failed(RuntimeException failure) {
        KafkaFutureImpl<TopicDescription> answer = new KafkaFutureImpl<>();
        answer.completeExceptionally(failure);
        return answer;
    }

    private static TopicDescription description(int partitions) {
        List<TopicPartitionInfo> infos = new ArrayList<>();
        for (int i = 0; i < partitions; i++) {
            infos.add(new TopicPartitionInfo(i, Node.noNode(), List.of(), List.of()));
        }
        return new TopicDescription("site", false, infos);
    }

    /** A cluster that answers what the test says. */
    private final class Answering implements KafkaClients {
        @Override
        public Producer<byte[], byte[]> producer(Map<String, Object> properties) {
            throw new AssertionError("nothing is written");
        }

        @Override
        public Consumer<byte[], byte[]> consumer(Map<String, Object> properties) {
            throw new AssertionError("nothing is read");
        }

        @Override
        public Admin admin(Map<String, Object> properties) {
            return (Admin) Proxy.newProxyInstance(
                    Admin.class.getClassLoader(), new Class<?>[] {Admin.class}, (proxy, method, arguments) -> {
                        if (method.getName().equals("close")) {
                            assertThat(arguments).containsExactly(Duration.ZERO);
                            return null;
                        }
                        asked.add((Collection<?>) arguments[0]);
                        return new Answers(Map.copyOf(answers));
                    });
        }
    }

    private static final class Answers extends DescribeTopicsResult {
        Answers(Map<String, KafkaFuture<TopicDescription>> answers) {
            super(null, answers);
        }
    }
}
