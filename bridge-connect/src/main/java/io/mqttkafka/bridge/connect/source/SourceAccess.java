package io.mqttkafka.bridge.connect.source;

import io.mqttkafka.bridge.connect.WorkerAccess;
import io.mqttkafka.bridge.core.kafka.RecordFeed;
import io.mqttkafka.bridge.core.kafka.RecordSender;
import io.mqttkafka.bridge.core.kafka.Transactions;
import io.mqttkafka.bridge.core.session.OutboxState;
import io.mqttkafka.bridge.core.session.Qos2State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.storage.OffsetStorageReader;

/** The worker of one source task as the bridge sees it, and the bridge as the worker does. Thread-safe. */
public final class SourceAccess extends WorkerAccess {
    private final RecordQueue queue;
    private final WorkerTransactions transactions;
    private volatile boolean exactlyOnce;

    /**
     * Makes an access.
     *
     * @param clientId the MQTT client id of the task
     * @param stateTopic where the records go that carry the packet ids
     * @param largestRecord how many bytes a record may have
     * @param offsets reads what the worker has committed
     */
    public SourceAccess(String clientId, String stateTopic, int largestRecord, OffsetStorageReader offsets) {
        transactions = new WorkerTransactions(clientId, stateTopic, offsets, largestRecord);
        queue = new RecordQueue(StateOffsets.partition(clientId), largestRecord, transactions::wake);
    }

    // The worker.

    /**
     * Takes what waits.
     *
     * @param most how many records at most; a transaction is taken whole
     * @param timeout how long to wait for the first
     * @return the records; none if there are none within the time
     * @throws InterruptedException if the thread was interrupted meanwhile
     */
    public List<? extends SourceRecord> poll(int most, Duration timeout) throws InterruptedException {
        if (!exactlyOnce) {
            return queue.poll(most, timeout);
        }
        // Messages that were published with a lower QoS, and dead letters, belong to no transaction of the packet ids.
        List<PolledRecord> records = new ArrayList<>(queue.poll(most, Duration.ZERO));
        records.addAll(transactions.poll(records.isEmpty() ? timeout : Duration.ZERO));
        if (records.isEmpty()) {
            records.addAll(queue.poll(most, Duration.ZERO));
        }
        return records;
    }

    /**
     * Takes note that the worker is done with a record.
     *
     * @param record the record, as it was polled
     * @param dropped whether it was left out, rather than written
     */
    public void done(SourceRecord record, boolean dropped) {
        if (!(record instanceof PolledRecord own)) {
            throw new IllegalArgumentException("a record that this task has not made");
        }
        if (exactlyOnce) {
            transactions.done(own, dropped);
        }
        queue.committed(own);
    }

    /** Takes note that the worker has committed what it had polled, if it works with transactions. */
    public void committed() {
        if (exactlyOnce) {
            transactions.committed();
        }
    }

    /**
     * Waits until the worker is done with what it has polled.
     *
     * @param timeout how long at most
     * @throws InterruptedException if the thread was interrupted meanwhile
     */
    public void awaitCommitted(Duration timeout) throws InterruptedException {
        queue.awaitCommitted(timeout);
    }

    // The bridge.

    @Override
    public RecordSender sender(String clientId) {
        return queue;
    }

    @Override
    public Transactions<Qos2State> received(String clientId) {
        exactlyOnce = true;
        return transactions;
    }

    @Override
    public Transactions<OutboxState> outbox(String clientId) {
        throw new IllegalStateException("a source publishes nothing");
    }

    @Override
    public RecordFeed.Factory feeds() {
        throw new IllegalStateException("a source publishes nothing");
    }

    /** Shows how much there is, no contents. */
    @Override
    public String toString() {
        return queue.toString();
    }
}
