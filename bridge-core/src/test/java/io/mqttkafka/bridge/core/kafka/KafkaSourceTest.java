package io.mqttkafka.bridge.core.kafka;

import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.core.session.OffsetLedger;
import io.mqttkafka.bridge.core.session.Partition;
import io.mqttkafka.bridge.message.KafkaMessage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** When the thread that reads looks whether a record can be taken, and what it makes of what Kafka hands out. */
class KafkaSourceTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String TOPIC = "t";

    private final Taker taker = new Taker();
    private final CountingConsumer consumer = new CountingConsumer();
    private final KafkaSource source = new KafkaSource(
            new OneConsumer(consumer),
            KafkaOptions.builder()
                    .bootstrapServers("kafka:9092")
                    .consumer("group.protocol", "classic")
                    .build(),
            new KafkaSource.Reading("r", List.of(TOPIC), null, "g", "c", 100),
            taker);

    @AfterEach
    void stop() throws InterruptedException {
        source.stop(Duration.ZERO);
    }

    private void start() {
        source.open(PATIENCE);
        source.start();
    }

    /** What it waits for may happen before it waits: asleep it polls between one look and the next. */
    @Test
    void woken_beforeItWaits_looksAgainAtOnce() {
        taker.ready = false;
        taker.onFlush = source::wake;
        start();

        await().atMost(PATIENCE).until(() -> consumer.mostLooksBetweenPolls() > 10);
    }

    /** Takes what it is given, and counts how often it is asked. */
    private static final class Taker implements RecordHandler {
        final AtomicInteger looks = new AtomicInteger();
        final List<OffsetLedger.Entry> entries = new CopyOnWriteArrayList<>();
        final List<Long> committed = new CopyOnWriteArrayList<>();
        volatile @Nullable Throwable failure;
        volatile boolean ready = true;
        volatile Runnable onFlush = () -> {};

        @Override
        public boolean ready() {
            looks.incrementAndGet();
            return ready;
        }

        @Override
        public void take(KafkaMessage message, OffsetLedger.Entry entry) {
            entries.add(entry);
        }

        @Override
        public void flush() {
            onFlush.run();
        }

        @Override
        public boolean settling() {
            return false;
        }

        @Override
        public void committed(long records) {}

        @Override
        public void committed(String topic, int partition, long offset) {
            committed.add(offset);
        }

        @Override
        public void revoked(String topic, int partition) {}

        @Override
        public Collection<Partition> urgent() {
            return List.of();
        }

        @Override
        public boolean readyFor(Partition partition) {
            return false;
        }

        @Override
        public void passed(Partition partition, long offset) {}

        @Override
        public void troubled(Exception cause) {}

        @Override
        public void failed(Throwable cause) {
            failure = cause;
        }
    }

    /** Tells how often the taker was asked from one poll to the next. */
    private final class CountingConsumer extends MockConsumer<byte[], byte[]> {
        private volatile int most;

        CountingConsumer() {
            super("earliest");
            Node node = new Node(1, "kafka", 9092);
            Node[] replicas = {node};
            updatePartitions(TOPIC, new ArrayList<>(List.of(new PartitionInfo(TOPIC, 0, node, replicas, replicas))));
        }

        int mostLooksBetweenPolls() {
            return most;
        }

        @Override
        public synchronized ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
            most = Math.max(most, taker.looks.getAndSet(0));
            return super.poll(timeout);
        }
    }

    /** Makes this consumer and nothing else. */
    private record OneConsumer(Consumer<byte[], byte[]> consumer) implements KafkaClients {
        @Override
        public Consumer<byte[], byte[]> consumer(Map<String, Object> properties) {
            return consumer;
        }

        @Override
        public Producer<byte[], byte[]> producer(Map<String, Object> properties) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Admin admin(Map<String, Object> properties) {
            throw new UnsupportedOperationException();
        }
    }
}
