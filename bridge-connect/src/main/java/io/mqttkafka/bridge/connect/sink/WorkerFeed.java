package io.mqttkafka.bridge.connect.sink;

import io.mqttkafka.bridge.core.kafka.KeptHeaders;
import io.mqttkafka.bridge.core.kafka.PartitionBook;
import io.mqttkafka.bridge.core.kafka.RecordFeed;
import io.mqttkafka.bridge.core.kafka.RecordHandler;
import io.mqttkafka.bridge.core.session.Partition;
import io.mqttkafka.bridge.error.DeliveryException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.sink.SinkRecord;

/**
 * Feeds a route with the records that a worker puts, and tells the worker what it may commit. What finds no room waits here, and
 * a thread goes on with it when there is some: a worker without new records comes by once a minute only. Thread-safe.
 */
final class WorkerFeed implements RecordFeed {
    private static final Duration LOOK = Duration.ofMillis(250);
    private static final Duration TICK = Duration.ofMillis(5);

    private final Reading reading;
    private final RecordHandler handler;
    private final Thread thread;

    /** Held by whoever calls the book and the handler. */
    private final Object turn = new Object();

    private final PartitionBook book;
    private boolean free;

    private volatile boolean woken;
    private volatile boolean ended;

    WorkerFeed(Reading reading, RecordHandler handler) {
        this.reading = reading;
        this.handler = handler;
        book = new PartitionBook(reading.route(), reading.mostOpen(), handler, new PartitionBook.Owner() {
            @Override
            public void begunAnew(TopicPartition partition) {
                // The worker knows where it reads.
            }

            @Override
            public void urgentTaken(Partition partition, long offset) {
                // The worker gives the records of all partitions in any case.
            }
        });
        thread = new Thread(this::run, "bridge-" + reading.clientId() + "-put-" + reading.route());
        thread.setDaemon(true);
    }

    // The worker's thread.

    void assigned(Collection<TopicPartition> partitions) {
        synchronized (turn) {
            book.assigned(partitions);
        }
    }

    void put(Collection<SinkRecord> records) {
        synchronized (turn) {
            for (SinkRecord record : records) {
                read(record);
            }
            handOut();
        }
    }

    private void read(SinkRecord record) {
        TopicPartition partition = SinkRecords.partition(record);
        if (!book.reads(partition)) {
            book.assigned(List.of(partition));
        }
        KeptHeaders kept = SinkRecords.headers(record, reading.headers());
        try {
            book.read(partition, SinkRecords.message(record, kept), kept.excess());
        } catch (DeliveryException e) {
            book.unreadable(partition, record.originalKafkaOffset(), e);
        }
    }

    /** Says whether the worker should give no more for now. */
    boolean full() {
        synchronized (turn) {
            return ended || !free || book.waiting() > 0 || book.isFarAhead();
        }
    }

    /** Says whether a record is with us that may not be committed yet. */
    boolean busy() {
        synchronized (turn) {
            return book.waiting() > 0 || book.anyInFlight(book.partitions());
        }
    }

    /**
     * Returns up to where partitions may be committed.
     *
     * @param reached up to where the worker has read them; what it left out needs no waiting for
     */
    Map<TopicPartition, Long> committable(Map<TopicPartition, Long> reached) {
        synchronized (turn) {
            reached.forEach((partition, next) -> {
                if (book.reads(partition)) {
                    book.readUpTo(partition, next);
                }
            });
            handOut();
            // Whether the worker has committed what it was told before it does not say; the same offset again does no
            // harm.
            book.commitAgain(book.partitions());
            PartitionBook.Commit commit = book.commit(book.partitions());
            Map<TopicPartition, Long> offsets = commit.offsets();
            commit.done();
            return offsets;
        }
    }

    /** Gives the records of partitions back, after those on their way have had a moment to arrive. */
    void revoked(Collection<TopicPartition> partitions, Duration patience) throws InterruptedException {
        long until = System.nanoTime() + patience.toNanos();
        synchronized (turn) {
            book.dropWaiting(partitions);
        }
        while (isInFlight(partitions) && handler.settling() && System.nanoTime() - until < 0) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            LockSupport.parkNanos(TICK.toNanos());
        }
        synchronized (turn) {
            book.abandon(partitions);
        }
    }

    private boolean isInFlight(Collection<TopicPartition> partitions) {
        synchronized (turn) {
            return book.anyInFlight(partitions);
        }
    }

    private void handOut() {
        free = !ended && book.handOut();
    }

    // The thread that goes on with what has found no room.

    private void run() {
        while (!ended) {
            if (!woken) {
                LockSupport.parkNanos(this, LOOK.toNanos());
            }
            woken = false;
            try {
                synchronized (turn) {
                    handOut();
                }
            } catch (RuntimeException | Error e) {
                handler.failed(e);
                return;
            }
        }
    }

    // The runner.

    @Override
    public void open(Duration timeout) {
        // The worker has the topics.
    }

    @Override
    public void start() {
        thread.start();
    }

    @Override
    public void wake() {
        if (!woken) {
            woken = true;
            LockSupport.unpark(thread);
        }
    }

    @Override
    public void endSoon(Duration drain) {
        ended = true;
        LockSupport.unpark(thread);
    }

    @Override
    public void stop(Duration drain) throws InterruptedException {
        endSoon(drain);
        if (thread != Thread.currentThread()) {
            thread.join();
        }
    }

    @Override
    public long uncommittedAge(long nowNanos) {
        // The worker commits when it likes.
        return 0;
    }
}
