package io.mqttkafka.bridge.testkit.fake.kafka;

import io.mqttkafka.bridge.core.time.BridgeClock;
import io.mqttkafka.bridge.testkit.fake.Happening;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * What is to go wrong in a {@link FakeKafka}, operation by operation.
 *
 * <pre>{@code
 * kafka.faults()
 *         .on(KafkaOperation.SEND).topic("telemetry").nth(3).tooLarge()
 *         .on(KafkaOperation.COMMIT_TRANSACTION).first(1).loseAnswer();
 * }</pre>
 *
 * <p>Where several faults meet an operation, the first in the script happens; all of them count it. Thread-safe.
 */
public final class KafkaFaults {

    private static final int KEPT = 10_000;

    /** How long {@link #awaitHappened} waits at the longest. */
    public static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Object lock;
    private final BridgeClock clock;
    private final List<KafkaFaultRule> rules = new ArrayList<>();
    private final Deque<String> happened = new ArrayDeque<>();
    private long count;
    private long released;

    KafkaFaults(Object lock, BridgeClock clock) {
        this.lock = lock;
        this.clock = clock;
    }

    /** Begins a fault of this operation. */
    public KafkaFaultRule on(KafkaOperation operation) {
        return new KafkaFaultRule(this, operation);
    }

    /**
     * Lets everything that hangs go on; the faults stay. A {@link KafkaFaultRule#hang()} that no operation has reached since
     * it is in force, or since the last release, is released as well: the next operation that it meets goes on at once. So
     * it does not matter which comes first; {@link #awaitHappened} makes sure that something hangs.
     */
    public KafkaFaults release() {
        synchronized (lock) {
            released++;
            rules.forEach(KafkaFaultRule::release);
            lock.notifyAll();
            return this;
        }
    }

    /** Removes all faults and lets everything that hangs go on. */
    public KafkaFaults clear() {
        synchronized (lock) {
            rules.clear();
            return release();
        }
    }

    /** Returns in words the faults that have happened, the latest 10,000 in order. */
    public List<String> happened() {
        synchronized (lock) {
            return List.copyOf(happened);
        }
    }

    /**
     * Waits until at least this many faults have happened, all together and from the beginning.
     *
     * @throws AssertionError if that does not come about within {@link #PATIENCE}
     */
    public KafkaFaults awaitHappened(int faults) {
        synchronized (lock) {
            if (!Happening.await(lock, () -> count >= faults, PATIENCE)) {
                throw new AssertionError("Expected %d faults to happen within %d s, but %d have: %s; never: %s"
                        .formatted(faults, PATIENCE.toSeconds(), count, happened, neverHappened()));
            }
            return this;
        }
    }

    /** Returns in words the faults in force that have not happened yet: in a test that is over, what it did not test. */
    public List<String> neverHappened() {
        synchronized (lock) {
            return rules.stream()
                    .filter(rule -> !rule.hasHappened())
                    .map(KafkaFaultRule::described)
                    .toList();
        }
    }

    KafkaFaults add(KafkaFaultRule rule) {
        synchronized (lock) {
            rules.add(rule);
            return this;
        }
    }

    /** Says whether a fault holds its operation up now. The caller holds the lock. */
    boolean holdsUp(KafkaFault fault) {
        return fault.release() > released || (fault.delayed() && fault.untilNanos() - clock.nanos() > 0);
    }

    private void wake() {
        synchronized (lock) {
            lock.notifyAll();
        }
    }

    /** Returns what is to happen with this operation. The caller holds the lock. */
    KafkaFault next(KafkaOperation operation, String topic, @Nullable ProducerRecord<byte[], byte[]> record) {
        KafkaFaultRule first = null;
        for (KafkaFaultRule rule : List.copyOf(rules)) {
            if (rule.meets(operation, topic, record) && first == null) {
                first = rule;
            }
        }
        if (first == null) {
            return KafkaFault.NONE;
        }
        if (happened.size() == KEPT) {
            happened.removeFirst();
        }
        happened.addLast("%s '%s': %s".formatted(operation, topic, first));
        count++;
        lock.notifyAll();
        KafkaFault fault = first.fault(released, clock.nanos(), topic);
        if (fault.delayed()) {
            clock.remind(fault.untilNanos(), this::wake);
        }
        return fault;
    }
}
