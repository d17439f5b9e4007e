package io.mqttkafka.bridge.testkit.fake.kafka;

import io.mqttkafka.bridge.testkit.fake.mqtt.Properties;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetCommitCallback;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A consumer of a {@link FakeKafka} that is a member of a group. It has what a bridge uses: subscribe, poll, pause, commit and
 * close; it is for one thread, as Kafka's is, and reads what is not committed unless it is told not to, as Kafka's does.
 */
@SuppressWarnings("UnsynchronizedOverridesSynchronized") // for one thread; what is shared is guarded by the core
final class FakeConsumer extends MockConsumer<byte[], byte[]> {

    private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(60);

    private final KafkaCore core;
    private final String groupId;
    private final KafkaGroup group;
    private final int mostRecords;
    private final boolean fromLatest;
    private final boolean committedOnly;
    private final Map<TopicPartition, Long> positions = new LinkedHashMap<>();
    private final Set<TopicPartition> paused = new HashSet<>();
    private final Queue<Runnable> callbacks = new ArrayDeque<>();
    private final Queue<AsyncCommit> commits = new ArrayDeque<>();
    private @Nullable KafkaFault fetchFault;
    private ConsumerRebalanceListener listener = new NoListener();

    // Guarded by the core.
    private Predicate<String> wanted = topic -> false;
    private boolean evicted;

    FakeConsumer(KafkaCore core, Map<String, Object> properties) {
        super("earliest");
        this.core = core;
        groupId = Properties.text(properties, "group.id", "");
        group = core.group(groupId);
        mostRecords = (int) Properties.number(properties, "max.poll.records", 500);
        fromLatest = Properties.text(properties, "auto.offset.reset", "latest").equals("latest");
        committedOnly = Properties.text(properties, "isolation.level", "read_uncommitted")
                .equals("read_committed");
        core.opened(this);
    }

    boolean wants(String topic) {
        return wanted.test(topic);
    }

    /** Takes note that the group has given this member up. The caller holds the lock. */
    void evicted() {
        evicted = true;
    }

    // Membership.

    @Override
    public void subscribe(Collection<String> topics, ConsumerRebalanceListener told) {
        join(Set.copyOf(topics)::contains, told);
    }

    @Override
    public void subscribe(Pattern pattern, ConsumerRebalanceListener told) {
        join(topic -> pattern.matcher(topic).matches(), told);
    }

    private void join(Predicate<String> topics, ConsumerRebalanceListener told) {
        listener = told;
        synchronized (core) {
            wanted = topics;
            core.joined(this, group);
        }
    }

    @Override
    public Set<TopicPartition> assignment() {
        return Set.copyOf(positions.keySet());
    }

    /** Gives up and takes over what the group has decided; what others still have comes at a later poll. */
    private void rebalance() {
        boolean gone;
        synchronized (core) {
            gone = evicted;
            evicted = false;
        }
        if (gone) {
            Set<TopicPartition> lost = assignment();
            forget(lost);
            if (!lost.isEmpty()) {
                listener.onPartitionsLost(lost);
            }
            core.joined(this, group);
        }
        Set<TopicPartition> surplus;
        synchronized (core) {
            surplus = group.surplus(this);
        }
        if (!surplus.isEmpty()) {
            listener.onPartitionsRevoked(surplus);
            forget(surplus);
            synchronized (core) {
                group.release(surplus);
                core.notifyAll();
            }
        }
        Set<TopicPartition> due;
        synchronized (core) {
            due = group.due(this);
            group.own(this, due);
            due.forEach(partition -> positions.put(partition, startOf(partition)));
        }
        if (!due.isEmpty()) {
            listener.onPartitionsAssigned(due);
        }
    }

    private long startOf(TopicPartition partition) {
        Long committed = group.committed().get(partition);
        if (committed != null) {
            return committed;
        }
        return fromLatest ? core.log(partition).end() : 0;
    }

    private void forget(Set<TopicPartition> partitions) {
        partitions.forEach(positions::remove);
        paused.removeAll(partitions);
    }

    private boolean rebalanceDue() {
        return evicted || !group.surplus(this).isEmpty() || !group.due(this).isEmpty();
    }

    // Reading.

    @Override
    public ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
        KafkaCore.Deadline deadline = KafkaCore.machineDeadline(timeout);
        while (true) {
            settleCommits();
            runCallbacks();
            rebalance();
            synchronized (core) {
                ConsumerRecords<byte[], byte[]> records = fetch(deadline);
                if (!records.isEmpty() || !records.nextOffsets().isEmpty()) {
                    return records;
                }
                if (!rebalanceDue() && !core.await(deadline)) {
                    return records;
                }
            }
        }
    }

    private void runCallbacks() {
        Runnable callback;
        while ((callback = callbacks.poll()) != null) {
            callback.run();
        }
    }

    /** Reads what is there and may be read now. The caller holds the lock. */
    private ConsumerRecords<byte[], byte[]> fetch(KafkaCore.Deadline deadline) {
        Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> fetched = new LinkedHashMap<>();
        Map<TopicPartition, OffsetAndMetadata> next = new HashMap<>();
        int left = mostRecords;
        if (core.isRunning()) {
            for (Map.Entry<TopicPartition, Long> position : positions.entrySet()) {
                if (left == 0 || paused.contains(position.getKey())) {
                    continue;
                }
                List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
                PartitionLog log = core.log(position.getKey());
                long after = committedOnly
                        ? log.readCommitted(position.getValue(), left, records)
                        : log.readUncommitted(position.getValue(), left, records);
                if (after > position.getValue()) {
                    next.put(position.getKey(), new OffsetAndMetadata(after));
                }
                if (!records.isEmpty()) {
                    fetched.put(position.getKey(), records);
                    left -= records.size();
                }
            }
        }
        if (!fetched.isEmpty()) {
            KafkaFault fault = fetchFault == null
                    ? core.faults()
                            .next(
                                    KafkaOperation.FETCH,
                                    fetched.keySet().iterator().next().topic(),
                                    null)
                    : fetchFault;
            // A fetch that is held up goes on over several polls.
            fetchFault = fault;
            if (!core.passDelay(fault, deadline)) {
                return ConsumerRecords.empty();
            }
            fetchFault = null;
            if (fault.failure() != null) {
                throw fault.failure();
            }
        }
        next.forEach((partition, offset) -> positions.put(partition, offset.offset()));
        return new ConsumerRecords<>(fetched, next);
    }

    @Override
    public long position(TopicPartition partition) {
        return Objects.requireNonNull(positions.get(partition), () -> partition + " is not assigned");
    }

    @Override
    public void seek(TopicPartition partition, long offset) {
        if (positions.replace(partition, offset) == null) {
            throw new IllegalStateException(partition + " is not assigned");
        }
    }

    @Override
    public void seekToBeginning(Collection<TopicPartition> partitions) {
        partitions.forEach(partition -> seek(partition, 0));
    }

    @Override
    public void pause(Collection<TopicPartition> partitions) {
        paused.addAll(partitions);
    }

    @Override
    public void resume(Collection<TopicPartition> partitions) {
        paused.removeAll(partitions);
    }

    @Override
    public Set<TopicPartition> paused() {
        return Set.copyOf(paused);
    }

    @Override
    public List<PartitionInfo> partitionsFor(String topic) {
        return partitionsFor(topic, DEFAULT_TIMEOUT);
    }

    @Override
    public List<PartitionInfo> partitionsFor(String topic, Duration timeout) {
        KafkaCore.Deadline deadline = core.deadline(timeout);
        KafkaFault fault;
        synchronized (core) {
            fault = core.faults().next(KafkaOperation.LOOK_UP, topic, null);
        }
        if (!core.passDelay(fault, deadline) || !core.awaitRunning(deadline)) {
            throw new TimeoutException("Timeout expired while fetching topic metadata");
        }
        if (fault.failure() != null) {
            throw fault.failure();
        }
        return core.describe(topic, false);
    }

    // Committing.

    @Override
    public void commitAsync(Map<TopicPartition, OffsetAndMetadata> offsets, OffsetCommitCallback callback) {
        KafkaFault fault;
        synchronized (core) {
            fault = core.faults().next(KafkaOperation.COMMIT_OFFSETS, groupId, null);
        }
        commits.add(new AsyncCommit(offsets, callback, fault));
        settleCommits();
    }

    /** A commit whose outcome nobody waits for. */
    private record AsyncCommit(
            Map<TopicPartition, OffsetAndMetadata> offsets, OffsetCommitCallback callback, KafkaFault fault) {}

    /** Ends the commits that no fault holds up, in order; their callbacks run at the next poll. */
    private void settleCommits() {
        for (AsyncCommit next = commits.peek(); next != null && !isHeldUp(next); next = commits.peek()) {
            AsyncCommit done = commits.remove();
            RuntimeException failure = null;
            try {
                commit(done.offsets(), done.fault(), core.deadline(Duration.ZERO));
            } catch (RuntimeException e) {
                failure = e;
            }
            RuntimeException told = failure;
            callbacks.add(() -> done.callback().onComplete(done.offsets(), told));
        }
    }

    private boolean isHeldUp(AsyncCommit commit) {
        synchronized (core) {
            return core.faults().holdsUp(commit.fault());
        }
    }

    @Override
    public void commitSync(Map<TopicPartition, OffsetAndMetadata> offsets, Duration timeout) {
        KafkaCore.Deadline deadline = core.deadline(timeout);
        KafkaFault fault;
        synchronized (core) {
            fault = core.faults().next(KafkaOperation.COMMIT_OFFSETS, groupId, null);
        }
        for (AsyncCommit earlier : commits) {
            if (!core.passDelay(earlier.fault(), deadline)) {
                throw tooLateToCommit();
            }
        }
        settleCommits();
        if (!core.passDelay(fault, deadline)) {
            throw tooLateToCommit();
        }
        commit(offsets, fault, deadline);
    }

    private static TimeoutException tooLateToCommit() {
        return new TimeoutException("Timeout expired before the offsets could be committed");
    }

    private void commit(Map<TopicPartition, OffsetAndMetadata> offsets, KafkaFault fault, KafkaCore.Deadline deadline) {
        if (!core.awaitRunning(deadline)) {
            throw tooLateToCommit();
        }
        synchronized (core) {
            if (!group.has(this)) {
                throw new CommitFailedException("The consumer is not a member of the group '" + groupId + "' any more");
            }
            if (fault.done()) {
                offsets.forEach((partition, offset) -> group.committed().put(partition, offset.offset()));
                core.notifyAll();
            }
        }
        if (fault.failure() != null) {
            throw fault.failure();
        }
    }

    @Override
    public Map<TopicPartition, OffsetAndMetadata> committed(Set<TopicPartition> partitions, Duration timeout) {
        if (!core.awaitRunning(core.deadline(timeout))) {
            throw new TimeoutException("Timeout expired before the committed offsets were known");
        }
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        synchronized (core) {
            for (TopicPartition partition : partitions) {
                Long offset = group.committed().get(partition);
                if (offset != null) {
                    offsets.put(partition, new OffsetAndMetadata(offset));
                }
            }
        }
        return offsets;
    }

    @Override
    public Map<TopicPartition, Long> endOffsets(Collection<TopicPartition> partitions, Duration timeout) {
        if (!core.awaitRunning(core.deadline(timeout))) {
            throw new TimeoutException("Timeout expired before the end offsets were known");
        }
        Map<TopicPartition, Long> offsets = new HashMap<>();
        synchronized (core) {
            for (TopicPartition partition : partitions) {
                PartitionLog log = core.log(partition);
                offsets.put(partition, committedOnly ? log.lastStable() : log.end());
            }
        }
        return offsets;
    }

    // The end.

    @Override
    @SuppressWarnings("deprecation")
    public void close() {
        close(Duration.ZERO);
    }

    /** The only one that says how long and that kafka-clients 4.0 has. */
    @Override
    @SuppressWarnings("deprecation")
    public void close(Duration timeout) {
        leave();
        super.close(timeout);
    }

    @Override
    public void close(CloseOptions options) {
        leave();
        super.close(options);
    }

    private void leave() {
        settleCommits();
        runCallbacks();
        Set<TopicPartition> left = assignment();
        if (!left.isEmpty()) {
            listener.onPartitionsRevoked(left);
        }
        forget(left);
        core.closed(this, group);
    }

    /** Nobody asked to be told. */
    private static final class NoListener implements ConsumerRebalanceListener {
        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {}

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {}
    }
}
