package io.mqttkafka.bridge.core.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.config.TransactionOptions;
import io.mqttkafka.bridge.core.failpoint.Failpoints;
import io.mqttkafka.bridge.core.kafka.KafkaClients;
import io.mqttkafka.bridge.core.kafka.StateTopic;
import io.mqttkafka.bridge.core.kafka.TransactionalKafkaSink;
import io.mqttkafka.bridge.core.session.Delivery;
import io.mqttkafka.bridge.core.session.SourceSession;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TransactionCommitterTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String THREAD = "transaction-committer-test";

    private final Semaphore commits = new Semaphore(0);
    private final CountDownLatch unknown = new CountDownLatch(1);
    private final SourceSession session = new SourceSession(() -> {}, () -> {});
    private final TransactionalKafkaSink sink = new TransactionalKafkaSink(
            new FailingOnce(),
            KafkaOptions.builder().bootstrapServers("kafka:9092").build(),
            MqttOptions.builder().serverUri("tcp://mqtt:1883").build(),
            "client",
            Failpoints.NONE);
    private final TransactionCommitter committer = new TransactionCommitter(
            THREAD, sink, session, TransactionOptions.defaults(), Failpoints.NONE, new TransactionCommitter.Owner() {
                @Override
                public void outcomeUnknown(Throwable cause) {
                    // what was received before the connection is gone
                    take(2);
                    unknown.countDown();
                }

                @Override
                public void fenced(Throwable cause) {
                    throw new AssertionError(cause);
                }
            });

    @AfterEach
    void stop() throws InterruptedException {
        committer.stop();
    }

    @Test
    void restart_afterMessageThatCameWhileBroken_goesOnCommitting() throws Exception {
        session.connecting();
        session.connected(true);
        committer.open(PATIENCE);
        take(1);
        assertThat(unknown.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        awaitParked();

        committer.restart(PATIENCE);
        take(3);

        assertThat(commits.tryAcquire(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                .as("the message is committed")
                .isTrue();
    }

    private void take(int packetId) {
        Delivery delivery = session.published(packetId, 2, false, packetId, 1, true, System.nanoTime());
        assertThat(delivery).isNotNull();
        TransactionUnit unit = new TransactionUnit(delivery, 1);
        committer.add(unit);
        unit.withoutRecord();
        committer.completed();
    }

    private static void awaitParked() {
        Thread thread = Thread.getAllStackTraces().keySet().stream()
                .filter(one -> one.getName().equals(THREAD))
                .findAny()
                .orElseThrow();
        while (thread.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
    }

    /** The first commit ends in a way that nobody knows. */
    private final class FailingOnce implements KafkaClients {
        private boolean failed;

        @Override
        public Producer<byte[], byte[]> producer(Map<String, Object> properties) {
            return new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer()) {
                @Override
                public synchronized void commitTransaction() {
                    if (!failed) {
                        failed = true;
                        throw new KafkaException("the answer got lost");
                    }
                    super.commitTransaction();
                    commits.release();
                }
            };
        }

        @Override
        public StateTopic stateTopic(KafkaOptions options, String clientId) {
            return new StateTopic() {
                @Override
                public String name() {
                    return "state";
                }

                @Override
                public void prepare(Duration timeout) {
                    // always fit
                }

                @Override
                public List<byte[]> read(String client, Duration timeout) {
                    return List.of();
                }
            };
        }

        @Override
        public Consumer<byte[], byte[]> consumer(Map<String, Object> properties) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Admin admin(Map<String, Object> properties) {
            throw new UnsupportedOperationException();
        }
    }
}
