package io.mqttkafka.bridge.testkit.engine;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetCommitCallback;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;

/** A consumer that reads a {@link FakeLog} and whose partitions come and go when the test says so. */
final class FakeConsumer extends MockConsumer<byte[], byte[]> {
    private final FakeLog log;
    private final Map<TopicPartition, Long> added = new HashMap<>();
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicLong polls = new AtomicLong();
    private ConsumerRebalanceListener listener;
    private volatile boolean revoking;

    FakeConsumer(FakeLog log) {
        super("earliest");
        this.log = log;
    }

    @Override
    public void subscribe(Collection<String> topics, ConsumerRebalanceListener listener) {
        super.subscribe(topics, listener);
        this.listener = listener;
        tasks.add(() -> take(FakeLog.partitions(topics)));
    }

    /** Takes partitions away at the next poll; the returned latch opens when that is done. */
    CountDownLatch revoke(TopicPartition... partitions) {
        return later(() -> {
            revoking = true;
            listener.onPartitionsRevoked(List.of(partitions));
            revoking = false;
            without(partitions);
        });
    }

    /** Takes partitions away as if the group had given the member up. */
    CountDownLatch lose(TopicPartition... partitions) {
        return later(() -> {
            listener.onPartitionsLost(List.of(partitions));
            without(partitions);
        });
    }

    /** Gives partitions back. */
    CountDownLatch give(TopicPartition... partitions) {
        return later(() -> {
            Set<TopicPartition> all = new HashSet<>(assignment());
            all.addAll(List.of(partitions));
            take(all);
        });
    }

    private CountDownLatch later(Runnable task) {
        CountDownLatch done = new CountDownLatch(1);
        tasks.add(() -> {
            task.run();
            done.countDown();
        });
        return done;
    }

    boolean revoking() {
        return revoking;
    }

    long polls() {
        return polls.get();
    }

    /** The mock tells the listener of partitions that go; here the test has told it already. */
    private void without(TopicPartition... partitions) {
        Set<TopicPartition> left = new HashSet<>(assignment());
        left.removeAll(List.of(partitions));
        quietly(left);
    }

    private void take(Collection<TopicPartition> partitions) {
        Set<TopicPartition> fresh = new HashSet<>(partitions);
        fresh.removeAll(assignment());
        quietly(partitions);
        listener.onPartitionsAssigned(fresh);
    }

    private void quietly(Collection<TopicPartition> partitions) {
        Map<TopicPartition, Long> positions = new HashMap<>();
        assignment().forEach(partition -> positions.put(partition, position(partition)));
        ConsumerRebalanceListener told = listener;
        Set<String> topics = subscription();
        super.subscribe(topics, new Silent());
        rebalance(partitions);
        super.subscribe(topics, told);
        for (TopicPartition partition : partitions) {
            long position = positions.getOrDefault(partition, Math.max(0, log.committed(partition)));
            updateBeginningOffsets(Map.of(partition, 0L));
            seek(partition, position);
            added.put(partition, position);
        }
    }

    /** The mock goes on naming partitions that were taken away while they were paused; Kafka's consumer does not. */
    @Override
    public Set<TopicPartition> paused() {
        Set<TopicPartition> ours = new HashSet<>(super.paused());
        ours.retainAll(assignment());
        return ours;
    }

    @Override
    public ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
        polls.incrementAndGet();
        Runnable task;
        while ((task = tasks.poll()) != null) {
            task.run();
        }
        long deadline = System.nanoTime() + timeout.toNanos();
        while (true) {
            for (TopicPartition partition : assignment()) {
                for (ConsumerRecord<byte[], byte[]> record : log.from(partition, added.get(partition))) {
                    addRecord(record);
                    added.put(partition, record.offset() + 1);
                }
            }
            ConsumerRecords<byte[], byte[]> records = super.poll(Duration.ZERO);
            if (!records.isEmpty() || System.nanoTime() >= deadline || !tasks.isEmpty()) {
                return records;
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }

    @Override
    public synchronized void commitAsync(
            Map<TopicPartition, OffsetAndMetadata> offsets, OffsetCommitCallback callback) {
        offsets.forEach((partition, offset) -> log.commit(partition, offset.offset()));
        callback.onComplete(offsets, null);
    }

    @Override
    public void commitSync(Map<TopicPartition, OffsetAndMetadata> offsets, Duration timeout) {
        offsets.forEach((partition, offset) -> log.commit(partition, offset.offset()));
    }

    @Override
    public List<PartitionInfo> partitionsFor(String topic, Duration timeout) {
        Node node = new Node(1, "kafka", 9092);
        return topic.startsWith("missing")
                ? List.of()
                : List.of(new PartitionInfo(topic, 0, node, new Node[] {node}, new Node[] {node}));
    }

    private static final class Silent implements ConsumerRebalanceListener {
        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {}

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {}
    }
}
