package io.mqttkafka.bridge.core.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.config.TransactionOptions;
import io.mqttkafka.bridge.core.failpoint.Failpoints;
import io.mqttkafka.bridge.core.kafka.ProducerTransactions;
import io.mqttkafka.bridge.core.kafka.ScriptedTransactions;
import io.mqttkafka.bridge.core.kafka.TopicWaits;
import io.mqttkafka.bridge.core.session.Outbox;
import io.mqttkafka.bridge.core.session.Partition;
import io.mqttkafka.bridge.core.session.Publication;
import io.mqttkafka.bridge.core.session.PublishSession;
import io.mqttkafka.bridge.core.session.RecordId;
import io.mqttkafka.bridge.core.session.SendPace;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.KafkaException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OutboxCommitterTest {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final Duration QUIET = Duration.ofMillis(100);
    private static final Partition PARTITION = new Partition("g", "t", 0);

    private final ScriptedTransactions kafka = new ScriptedTransactions();
    private final BlockingQueue<Integer> published = new LinkedBlockingQueue<>();
    private Outbox outbox;
    private OutboxCommitter committer;

    @AfterEach
    void stop() throws InterruptedException {
        committer.stop(SOON);
    }

    /** An answer of the MQTT broker that came after the transaction had failed and before the connection had ended. */
    @Test
    void wokenWhileBroken_restart_goesOn() throws InterruptedException {
        kafka.failCommit(new KafkaException("lost"));
        start();
        publish(0);
        await().atMost(SOON).until(committer::isBroken);
        committer.wake();
        kafka.expectNothingCommitted(QUIET);
        outbox.disconnected();
        committer.restart(SOON);
        connect();

        assertThat(published.poll(SOON.toSeconds(), TimeUnit.SECONDS)).isEqualTo(Outbox.FIRST_ID);
    }

    private void start() {
        outbox = new Outbox(10, 1_000, new SendPace(() -> {}), () -> {}, () -> committer.wake());
        committer = new OutboxCommitter(
                "committer-test",
                ProducerTransactions.ofOutbox(
                        kafka,
                        KafkaOptions.builder().bootstrapServers("kafka:9092").build(),
                        MqttOptions.builder().serverUri("tcp://broker").build(),
                        "client-7",
                        Failpoints.NONE,
                        new TopicWaits()),
                outbox,
                TransactionOptions.builder().build(),
                Failpoints.NONE,
                new Silent());
        committer.begin(SOON);
        connect();
    }

    private void connect() {
        outbox.connected(true, 10, new PublishSession.Packets() {
            @Override
            public void publish(Publication publication, int packetId, boolean duplicate) {
                published.add(packetId);
            }

            @Override
            public void pubrel(int packetId, boolean known) {}
        });
    }

    private void publish(long offset) {
        assertThat(outbox.publish(new Message(), new RecordId(PARTITION, offset, 1), 0))
                .isTrue();
    }

    private static final class Message extends Publication {
        Message() {
            super(2, 10);
        }

        @Override
        protected void accepted(int reasonCode) {}

        @Override
        protected void refused(int reasonCode) {}
    }

    private static final class Silent implements OutboxCommitter.Owner {
        @Override
        public void outcomeUnknown(Throwable cause) {}

        @Override
        public void fenced(Throwable cause) {}

        @Override
        public void hopeless(Throwable cause) {}

        @Override
        public void flush() {}
    }
}
