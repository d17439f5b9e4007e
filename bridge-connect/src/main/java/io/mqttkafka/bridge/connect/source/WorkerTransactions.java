package io.mqttkafka.bridge.connect.source;

import io.mqttkafka.bridge.core.kafka.PreparedRecord;
import io.mqttkafka.bridge.core.kafka.SendFailure;
import io.mqttkafka.bridge.core.kafka.TransactionOutcome;
import io.mqttkafka.bridge.core.kafka.TransactionOutcome.Refused;
import io.mqttkafka.bridge.core.kafka.Transactions;
import io.mqttkafka.bridge.core.session.Qos2Journal;
import io.mqttkafka.bridge.core.session.Qos2State;
import io.mqttkafka.bridge.error.BridgeStartException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.storage.OffsetStorageReader;
import org.jspecify.annotations.Nullable;

/**
 * Transactions of a worker with exactly-once support: what one poll returns is one of them, and the packet ids of QoS 2 are its
 * source offset. A worker writes offsets only with a record, and some transactions have none but the removal of packet ids: so
 * each has one record more, the last, which carries the offset to a compacted topic of the connector.
 *
 * <p>The worker shuts out the tasks that it has replaced, so the identity need not be claimed. Thread-safe.
 */
final class WorkerTransactions implements Transactions<Qos2State> {
    private static final byte[] NOTHING = new byte[0];

    private final String clientId;
    private final String stateTopic;
    private final OffsetStorageReader offsets;
    private final int largest;

    // Guarded by this.
    private @Nullable List<PolledRecord> handed;
    private @Nullable PolledRecord stateRecord;
    private boolean polled;
    private boolean woken;
    private boolean written;
    private @Nullable TransactionOutcome outcome;
    private boolean closed;

    /**
     * @param clientId the MQTT client id
     * @param stateTopic where the records go that carry offsets
     * @param offsets reads the committed ones
     * @param largest how many bytes a record may have
     */
    WorkerTransactions(String clientId, String stateTopic, OffsetStorageReader offsets, int largest) {
        this.clientId = clientId;
        this.stateTopic = stateTopic;
        this.offsets = offsets;
        this.largest = largest;
    }

    // The worker, by one thread.

    /** Takes the transaction that waits; none if there is none within the time, or {@link #wake} was called. */
    synchronized List<PolledRecord> poll(Duration timeout) throws InterruptedException {
        long until = System.nanoTime() + timeout.toNanos();
        while ((handed == null || polled) && !closed) {
            if (woken) {
                woken = false;
                return List.of();
            }
            long left = until - System.nanoTime();
            if (left <= 0) {
                return List.of();
            }
            wait(left / 1_000_000, (int) (left % 1_000_000));
        }
        List<PolledRecord> transaction = handed;
        if (transaction == null || closed) {
            return List.of();
        }
        polled = true;
        return transaction;
    }

    /** Ends a poll that finds nothing: there is something else to poll. */
    synchronized void wake() {
        woken = true;
        notifyAll();
    }

    /**
     * Takes note of a record that the worker is done with.
     *
     * @param record the record
     * @param dropped whether it was left out
     * @throws ConnectException if it is the one that carries the packet ids
     */
    synchronized void done(PolledRecord record, boolean dropped) {
        if (!record.equals(stateRecord)) {
            return;
        }
        if (dropped) {
            throw new ConnectException("a transformation drops the records of '" + stateTopic
                    + "', which carry the packet ids of QoS 2: exactly once does not hold without them; let it leave that topic"
                    + " alone (a predicate TopicNameMatches), or set exactly.once.support=requested");
        }
        written = true;
    }

    /** The worker has committed a transaction. */
    synchronized void committed() {
        if (written) {
            end(TransactionOutcome.COMMITTED);
        }
    }

    private void end(TransactionOutcome how) {
        handed = null;
        stateRecord = null;
        polled = false;
        written = false;
        outcome = how;
        notifyAll();
    }

    // The engine.

    @Override
    public void prepare(Duration timeout) {
        // The worker has its offsets topic.
    }

    @Override
    public Qos2State open(Duration timeout) {
        try {
            List<byte[]> entries = new ArrayList<>();
            Map<Map<String, Object>, Map<String, Object>> found = offsets.offsets(StateOffsets.partitions(clientId));
            for (Map<String, Object> offset : found.values()) {
                byte[] entry = StateOffsets.entry(offset);
                if (entry != null) {
                    entries.add(entry);
                }
            }
            return Qos2Journal.read(entries);
        } catch (IllegalArgumentException e) {
            throw new BridgeStartException(
                    "the source offsets of '" + clientId + "' cannot be read (" + e.getMessage()
                            + "); use the version that wrote them, or delete them by REST if repeated messages do no harm",
                    e);
        } catch (ConnectException e) {
            throw new BridgeStartException(
                    "the worker does not read the source offsets of '" + clientId + "': " + e.getMessage(), e);
        }
    }

    @Override
    public TransactionOutcome commit(List<PreparedRecord> records, Qos2Journal.Entry entry, boolean removes) {
        List<PolledRecord> transaction = new ArrayList<>(records.size() + 1);
        List<Refused> refused = new ArrayList<>();
        // A worker that is stopped or paused amid a batch commits a part of it, with the offsets of that part: only the
        // last record has the entry, or the rest would be taken for a repetition when it comes again.
        Map<String, ?> none = StateOffsets.partition(clientId);
        for (PreparedRecord record : records) {
            PolledRecord made = new PolledRecord(
                    none,
                    null,
                    new PolledRecord.Content(
                            record.topic(), record.partition(), record.key(), record.value(), record.headers()),
                    null);
            transaction.add(made);
            if (made.size > largest) {
                // A worker fails for good over a record that its producer refuses.
                SendFailure failure = RecordQueue.tooLarge(made.size, largest);
                refused.add(new Refused(record, failure));
            }
        }
        if (!refused.isEmpty()) {
            return new TransactionOutcome(
                    TransactionOutcome.Kind.ABORTED,
                    refused,
                    refused.get(0).failure().cause());
        }
        byte[] key = (clientId + "-" + entry.slot()).getBytes(StandardCharsets.UTF_8);
        PolledRecord last = new PolledRecord(
                StateOffsets.partition(clientId, entry.slot()),
                StateOffsets.offset(entry),
                new PolledRecord.Content(stateTopic, null, key, NOTHING, null),
                null);
        transaction.add(last);
        return await(transaction, last);
    }

    private synchronized TransactionOutcome await(List<PolledRecord> transaction, PolledRecord last) {
        handed = transaction;
        stateRecord = last;
        outcome = null;
        notifyAll();
        while (outcome == null && !closed) {
            try {
                wait();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return TransactionOutcome.unknown(e);
            }
        }
        TransactionOutcome how = outcome;
        return how != null
                ? how
                : TransactionOutcome.unknown(
                        new IllegalStateException("the task was stopped before the worker had committed"));
    }

    @Override
    public void requireNotTakenOver(Duration timeout) {
        // The worker shuts out the tasks that it has replaced.
    }

    @Override
    public @Nullable BridgeStartException denied(Throwable failure) {
        return null;
    }

    @Override
    public synchronized void close(Duration timeout) {
        closed = true;
        notifyAll();
    }
}
