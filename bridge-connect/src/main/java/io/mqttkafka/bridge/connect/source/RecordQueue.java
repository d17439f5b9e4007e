package io.mqttkafka.bridge.connect.source;

import io.mqttkafka.bridge.connect.WorkerSender;
import io.mqttkafka.bridge.core.kafka.PendingRecord;
import io.mqttkafka.bridge.core.kafka.SendFailure;
import io.mqttkafka.bridge.core.kafka.TopicLostException;
import io.mqttkafka.bridge.message.Header;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.jspecify.annotations.Nullable;

/**
 * The records that wait for the worker to poll them, and those that it has polled and not confirmed yet. The window of the
 * engine bounds both together. Thread-safe.
 */
final class RecordQueue extends WorkerSender {
    private static final String COMES_AGAIN = "the message comes again";

    private final Map<String, ?> source;
    private final int largest;
    private final Runnable arrived;

    // Guarded by this.
    private final Deque<PolledRecord> waiting = new ArrayDeque<>();
    private final Set<PolledRecord> polled = Collections.newSetFromMap(new IdentityHashMap<>());
    private int generation = 1;
    private boolean closed;

    /**
     * @param source the source partition of its records
     * @param largest how many bytes a record may have
     * @param arrived is run when a record waits
     */
    RecordQueue(Map<String, ?> source, int largest, Runnable arrived) {
        this.source = source;
        this.largest = largest;
        this.arrived = arrived;
    }

    // The worker.

    /** Takes what waits, at most so many; none if there is nothing within the time. */
    synchronized List<PolledRecord> poll(int most, Duration timeout) throws InterruptedException {
        long until = System.nanoTime() + timeout.toNanos();
        while (waiting.isEmpty() && !closed) {
            long left = until - System.nanoTime();
            if (left <= 0) {
                return List.of();
            }
            wait(left / 1_000_000, (int) (left % 1_000_000));
        }
        List<PolledRecord> batch = new ArrayList<>(Math.min(most, waiting.size()));
        while (batch.size() < most && !waiting.isEmpty()) {
            PolledRecord record = waiting.poll();
            polled.add(record);
            batch.add(record);
        }
        return batch;
    }

    /** Takes note that the worker is done with a record: Kafka has it, or the user wants it left out. */
    void committed(PolledRecord record) {
        synchronized (this) {
            if (!polled.remove(record)) {
                // Given up meanwhile: its message comes again.
                return;
            }
            notifyAll();
        }
        PendingRecord pending = record.pending;
        if (pending != null) {
            pending.committed();
        }
    }

    /** Waits until nothing is with the worker any more; what it has not polled does not count. */
    synchronized void awaitCommitted(Duration timeout) throws InterruptedException {
        long until = System.nanoTime() + timeout.toNanos();
        long left;
        while (!polled.isEmpty() && (left = until - System.nanoTime()) > 0) {
            wait(left / 1_000_000, (int) (left % 1_000_000));
        }
    }

    // The engine.

    @Override
    public void send(
            String topic,
            @Nullable Integer partition,
            byte @Nullable [] key,
            byte @Nullable [] value,
            @Nullable List<Header> headers,
            PendingRecord pending) {
        PolledRecord record = new PolledRecord(
                source, null, new PolledRecord.Content(topic, partition, key, value, headers), pending);
        if (record.size > largest) {
            // A worker fails for good over a record that its producer refuses.
            pending.refused(tooLarge(record.size, largest));
            return;
        }
        if (add(record, pending)) {
            arrived.run();
            return;
        }
        pending.abandoned(new IllegalStateException(COMES_AGAIN));
    }

    private synchronized boolean add(PolledRecord record, PendingRecord pending) {
        if (closed || !pending.isOf(generation)) {
            return false;
        }
        waiting.add(record);
        notifyAll();
        return true;
    }

    static SendFailure tooLarge(int size, int largest) {
        return new SendFailure(
                SendFailure.Kind.TOO_LARGE,
                new RecordTooLargeException("the record has " + size + " bytes, and the worker's producer takes "
                        + largest + " at most; raise producer.override.max.request.size"));
    }

    @Override
    public int largestRecord() {
        return largest;
    }

    @Override
    public synchronized int generation() {
        return generation;
    }

    @Override
    public synchronized boolean isUnderWay(String topic) {
        return !waiting.isEmpty() || !polled.isEmpty();
    }

    @Override
    public void breakOff() {
        List<PolledRecord> all;
        synchronized (this) {
            all = new ArrayList<>(polled);
            all.addAll(waiting);
            polled.clear();
            waiting.clear();
            notifyAll();
        }
        for (PolledRecord record : all) {
            PendingRecord pending = record.pending;
            if (pending != null) {
                pending.abandoned(new IllegalStateException(COMES_AGAIN));
            }
        }
    }

    @Override
    public void watch(long nowNanos, Consumer<TopicLostException> lost) {
        // A worker whose topic is gone fails the task.
    }

    @Override
    public void reset() {
        breakOff();
        synchronized (this) {
            generation++;
        }
    }

    @Override
    public void close(Duration timeout) {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        breakOff();
    }

    /** Shows how much there is, no contents. */
    @Override
    public synchronized String toString() {
        return "RecordQueue[" + waiting.size() + " waiting, " + polled.size() + " with the worker]";
    }
}
