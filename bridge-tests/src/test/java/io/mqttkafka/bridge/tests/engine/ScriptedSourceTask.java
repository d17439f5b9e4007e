package io.mqttkafka.bridge.tests.engine;

import io.mqttkafka.bridge.core.kafka.PendingRecord;
import io.mqttkafka.bridge.core.kafka.PreparedRecord;
import io.mqttkafka.bridge.core.kafka.RecordSender;
import io.mqttkafka.bridge.core.kafka.TopicLostException;
import io.mqttkafka.bridge.core.kafka.TopicResolution;
import io.mqttkafka.bridge.core.kafka.TransactionOutcome;
import io.mqttkafka.bridge.core.kafka.Transactions;
import io.mqttkafka.bridge.core.session.Qos2Journal;
import io.mqttkafka.bridge.core.session.Qos2State;
import io.mqttkafka.bridge.error.BridgeStartException;
import io.mqttkafka.bridge.message.Header;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A source without a producer, as the task of a Kafka Connect worker is: the worker polls for records, and tells which of them
 * are written. What is written exactly once is handed over as a whole, with the packet ids as its offset. Thread-safe.
 */
public final class ScriptedSourceTask {
    private static final int LARGEST = 1_000_000;

    /**
     * A record that the worker has polled.
     *
     * @param value its value
     * @param pending who hears what became of it
     */
    public record Polled(String value, PendingRecord pending) {}

    private record Group(List<PreparedRecord> records, Qos2Journal.Entry entry) {}

    private final Deque<Polled> queue = new ArrayDeque<>();
    private final List<Polled> underWay = new ArrayList<>();
    private final List<String> written = new ArrayList<>();
    private final Map<Integer, byte[]> offsets = new HashMap<>();
    private int generation = 1;
    private @Nullable Group handed;
    private boolean polled;
    private @Nullable TransactionOutcome outcome;
    private boolean closed;

    // The worker.

    /** Polls for records that are acknowledged one by one. */
    public synchronized List<Polled> poll() {
        List<Polled> batch = List.copyOf(queue);
        underWay.addAll(batch);
        queue.clear();
        return batch;
    }

    /** The worker has written a record. */
    public void commitRecord(Polled record) {
        synchronized (this) {
            if (!underWay.remove(record)) {
                return;
            }
            written.add(record.value());
        }
        record.pending().committed();
    }

    /** The worker cannot tell what became of a record. */
    public void lose(Polled record) {
        synchronized (this) {
            if (!underWay.remove(record)) {
                return;
            }
        }
        record.pending().abandoned(new IllegalStateException("the worker does not know"));
    }

    /** Polls for a transaction; false if none waits to be polled. */
    public synchronized boolean pollTransaction() {
        boolean ready = handed != null && !polled;
        polled |= ready;
        return ready;
    }

    /** The worker has committed what it polled, with its offset; false if it has polled nothing. */
    public synchronized boolean commitTransaction() {
        Group group = handed;
        if (group == null || !polled) {
            return false;
        }
        group.records().forEach(record -> written.add(text(record.value())));
        offsets.put(group.entry().slot(), group.entry().bytes());
        end(TransactionOutcome.COMMITTED);
        return true;
    }

    /** The worker stops before it has committed what was handed to it; false if nothing was. */
    public synchronized boolean stopTransaction() {
        boolean waiting = handed != null;
        if (waiting) {
            end(TransactionOutcome.unknown(new IllegalStateException("the task was stopped")));
        }
        return waiting;
    }

    private void end(TransactionOutcome how) {
        handed = null;
        polled = false;
        outcome = how;
        notifyAll();
    }

    /** Says whether a transaction waits for the worker. */
    public synchronized boolean waits() {
        return handed != null;
    }

    /** Returns what the worker has written, in order. */
    public synchronized List<String> written() {
        return List.copyOf(written);
    }

    private static String text(byte @Nullable [] value) {
        return value == null ? "" : new String(value, StandardCharsets.UTF_8);
    }

    // The engine.

    /** Where records go that are acknowledged one by one. */
    public RecordSender sender() {
        return new Sender();
    }

    /** Where records go that are written exactly once. */
    public Transactions<Qos2State> transactions() {
        return new WorkerTransactions();
    }

    private synchronized List<Polled> takeAll() {
        List<Polled> all = new ArrayList<>(underWay);
        all.addAll(queue);
        underWay.clear();
        queue.clear();
        return all;
    }

    private final class Sender implements RecordSender {
        @Override
        public void open(Duration timeout) {}

        @Override
        public void send(
                String topic,
                @Nullable Integer partition,
                byte @Nullable [] key,
                byte @Nullable [] value,
                @Nullable List<Header> headers,
                PendingRecord pending) {
            synchronized (ScriptedSourceTask.this) {
                if (pending.isOf(generation)) {
                    queue.add(new Polled(text(value), pending));
                    return;
                }
            }
            pending.abandoned(new IllegalStateException("its message comes again"));
        }

        @Override
        public TopicResolution resolve(String topic) {
            return TopicResolution.ready(1);
        }

        @Override
        public TopicResolution look(String topic) {
            return resolve(topic);
        }

        @Override
        public Boolean creates(String topic) {
            return true;
        }

        @Override
        public int largestRecord() {
            return LARGEST;
        }

        @Override
        public int generation() {
            synchronized (ScriptedSourceTask.this) {
                return generation;
            }
        }

        @Override
        public boolean isUnderWay(String topic) {
            synchronized (ScriptedSourceTask.this) {
                return !queue.isEmpty() || !underWay.isEmpty();
            }
        }

        @Override
        public void breakOff() {
            takeAll().forEach(record -> record.pending().abandoned(new IllegalStateException("given up")));
        }

        @Override
        public void watch(long nowNanos, Consumer<TopicLostException> lost) {}

        @Override
        public void flush() {}

        @Override
        public void reset() {
            breakOff();
            synchronized (ScriptedSourceTask.this) {
                generation++;
            }
        }

        @Override
        public void close(Duration timeout) {
            breakOff();
        }
    }

    private final class WorkerTransactions implements Transactions<Qos2State> {
        @Override
        public void prepare(Duration timeout) {}

        @Override
        public Qos2State open(Duration timeout) {
            synchronized (ScriptedSourceTask.this) {
                return Qos2Journal.read(List.copyOf(offsets.values()));
            }
        }

        @Override
        public TransactionOutcome commit(List<PreparedRecord> records, Qos2Journal.Entry entry, boolean removes) {
            ScriptedSourceTask task = ScriptedSourceTask.this;
            synchronized (task) {
                handed = new Group(List.copyOf(records), entry);
                outcome = null;
                while (outcome == null && !closed) {
                    try {
                        task.wait();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                        break;
                    }
                }
                TransactionOutcome how = outcome;
                handed = null;
                return how == null ? TransactionOutcome.unknown(new IllegalStateException("the task is closed")) : how;
            }
        }

        @Override
        public void requireNotTakenOver(Duration timeout) {
            // The worker fences the tasks that it has replaced.
        }

        @Override
        public @Nullable BridgeStartException denied(Throwable failure) {
            return null;
        }

        @Override
        public void close(Duration timeout) {
            synchronized (ScriptedSourceTask.this) {
                closed = true;
                ScriptedSourceTask.this.notifyAll();
            }
        }
    }
}
