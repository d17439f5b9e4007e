package io.mqttkafka.bridge.connect.sink;

import io.mqttkafka.bridge.core.kafka.KeptHeaders;
import io.mqttkafka.bridge.core.kafka.PartitionBook;
import io.mqttkafka.bridge.core.kafka.RecordFeed;
import io.mqttkafka.bridge.core.kafka.RecordHandler;
import io.mqttkafka.bridge.core.session.Partition;
import io.mqttkafka.bridge.error.DeliveryException;
import io.mqttkafka.bridge.message.KafkaMessage;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.sink.SinkRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Feeds the engine with what a worker of Kafka Connect has put, and says what the worker may commit.
 *
 * <p>The worker's thread leaves records here and goes on; a thread of its own hands them to the engine, as soon as there is room.
 * Both go by one lock.
 */
final class WorkerFeed implements RecordFeed {
    private static final Logger log = LoggerFactory.getLogger(WorkerFeed.class);

    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long SETTLE_MILLIS = 2;
    private static final long NEVER = Long.MIN_VALUE;

    /** A record that was put, as the engine takes it; without a message it cannot be read, and there is a reason why. */
    private record Read(
            TopicPartition partition,
            long offset,
            @Nullable KafkaMessage message,
            @Nullable String excess,
            @Nullable DeliveryException unreadable) {}

    private final Reading reading;
    private final RecordHandler handler;
    private final @Nullable ErrantRecords errant;
    private final @Nullable GroupOffsets group;
    private final Thread thread;

    private final Object lock = new Object();

    // Guarded by the lock.
    private final PartitionBook book;

    /** What was returned to the worker, and may not be committed yet. Only where that matters. */
    private final Map<TopicPartition, PartitionBook.Commit> returned = new HashMap<>();

    /** Where partitions began, which the worker need not commit. */
    private final Map<TopicPartition, Long> begun = new HashMap<>();

    /** Up to where the worker had read partitions when it asked last. */
    private final Map<TopicPartition, Long> reached = new HashMap<>();

    private final Set<TopicPartition> absent = new HashSet<>();
    private boolean resting;
    private boolean free = true;

    private volatile boolean woken;
    private volatile boolean stopping;
    private volatile long unconfirmedSince = NEVER;

    /**
     * @param errant keeps the records that may have to be reported; null if they go elsewhere
     * @param group says what is committed; null if that does not matter
     */
    WorkerFeed(Reading reading, RecordHandler handler, @Nullable ErrantRecords errant, @Nullable GroupOffsets group) {
        this.reading = reading;
        this.handler = handler;
        this.errant = errant;
        this.group = group;
        book = new PartitionBook(reading.route(), reading.mostOpen(), handler, new FromBook());
        thread = new Thread(this::run, "bridge-" + reading.clientId() + "-feed");
        thread.setDaemon(true);
    }

    // The worker's thread.

    /** Partitions are read from here on. */
    void opened(Collection<TopicPartition> partitions) {
        synchronized (lock) {
            book.assigned(partitions);
        }
    }

    /** Partitions are another task's now; late outcomes mean nothing. */
    void closed(Collection<TopicPartition> partitions) {
        synchronized (lock) {
            book.dropWaiting(partitions);
            book.abandon(partitions);
            partitions.forEach(partition -> {
                returned.remove(partition);
                begun.remove(partition);
                reached.remove(partition);
            });
            noteUnconfirmed();
        }
    }

    /** Takes records over. */
    void put(Collection<SinkRecord> records) {
        List<Read> all = records.stream().map(this::read).toList();
        synchronized (lock) {
            for (Read one : all) {
                if (!book.reads(one.partition())) {
                    book.assigned(List.of(one.partition()));
                }
                KafkaMessage message = one.message();
                if (message != null) {
                    book.read(one.partition(), message, one.excess());
                } else if (one.unreadable() != null) {
                    book.unreadable(one.partition(), one.offset(), one.unreadable());
                }
            }
        }
        wake();
    }

    private Read read(SinkRecord record) {
        TopicPartition partition = SinkRecords.partition(record);
        long offset = record.originalKafkaOffset();
        if (group != null && !partition.topic().equals(record.topic())) {
            return new Read(partition, offset, null, null, renamed(record));
        }
        KeptHeaders kept = SinkRecords.headers(record, reading.headers());
        try {
            return new Read(partition, offset, SinkRecords.message(record, kept), kept.excess(), null);
        } catch (DeliveryException e) {
            return new Read(partition, offset, null, null, e);
        }
    }

    /** A packet id stands for a topic, a partition and an offset, which two records must not share. */
    private static DeliveryException renamed(SinkRecord record) {
        return new DeliveryException("transforms: one has renamed the topic of the record to '" + record.topic()
                + "', by which exactly once would mistake records for each other; leave it out and use mqtt.topic.template, or"
                + " leave kafka.bootstrap.servers out");
    }

    /**
     * Waits a moment for room.
     *
     * @return whether more records are welcome
     */
    boolean awaitRoom(Duration most) throws InterruptedException {
        long until = System.nanoTime() + most.toNanos();
        synchronized (lock) {
            while (!hasRoom()) {
                long left = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
                if (left <= 0) {
                    return false;
                }
                lock.wait(left);
            }
            return true;
        }
    }

    /** More is wanted when all is taken: a worker puts 500 records at a time, and each may be large. */
    private boolean hasRoom() {
        return free && !stopping && book.waiting() == 0 && !book.isFarAhead();
    }

    /** Says whether the worker should commit before its time: much is done, or it matters up to where it has read. */
    boolean isCommitDue() {
        synchronized (lock) {
            return book.uncommitted() - book.waiting() > reading.mostOpen() / 2
                    || !handler.urgent().isEmpty();
        }
    }

    /** The partitions whose records have to come before all others, and have not been read yet. */
    Set<TopicPartition> urgent() {
        synchronized (lock) {
            Set<TopicPartition> urgent = new HashSet<>();
            for (Partition partition : handler.urgent()) {
                TopicPartition known = known(partition);
                if (book.reads(known) && !book.isWaiting(known)) {
                    urgent.add(known);
                }
            }
            return urgent;
        }
    }

    /**
     * Says what may be committed.
     *
     * @param positions up to where the worker has read, records without a message included
     * @param drain how long to wait for messages on their way
     * @return of each partition of which something is done, the offset before which everything is
     */
    Map<TopicPartition, Long> committable(Map<TopicPartition, Long> positions, Duration drain)
            throws InterruptedException {
        synchronized (lock) {
            Set<TopicPartition> asked = new HashSet<>(positions.keySet());
            asked.retainAll(book.partitions());
            positions.forEach((partition, position) -> {
                if (asked.contains(partition)) {
                    begun.putIfAbsent(partition, position);
                    reached.put(partition, position);
                    book.readUpTo(partition, position);
                }
            });
            if (!drain.isZero()) {
                rest(asked, System.nanoTime() + drain.toNanos());
            }
            Map<TopicPartition, Long> offsets = new HashMap<>();
            for (TopicPartition partition : asked) {
                List<TopicPartition> one = List.of(partition);
                // What became of the last answer is not told, and the same offset again does no harm.
                book.commitAgain(one);
                PartitionBook.Commit commit = book.commit(one);
                Long offset = commit.offsets().get(partition);
                if (offset != null) {
                    offsets.put(partition, offset);
                    note(partition, commit, offset);
                }
            }
            return offsets;
        }
    }

    private void note(TopicPartition partition, PartitionBook.Commit commit, long offset) {
        if (group == null) {
            commit.done();
        } else if (offset > begun.getOrDefault(partition, 0L)) {
            // The older one will be confirmed sooner.
            returned.putIfAbsent(partition, commit);
            noteUnconfirmed();
        }
    }

    private void noteUnconfirmed() {
        if (returned.isEmpty()) {
            unconfirmedSince = NEVER;
        } else if (unconfirmedSince == NEVER) {
            unconfirmedSince = System.nanoTime();
        }
    }

    /** Hands out no more until what is on its way has come to an end. */
    private void rest(Collection<TopicPartition> partitions, long untilNanos) throws InterruptedException {
        resting = true;
        try {
            while (book.anyInFlight(partitions) && handler.settling() && System.nanoTime() - untilNanos < 0) {
                lock.wait(SETTLE_MILLIS);
            }
        } finally {
            resting = false;
            wake();
        }
    }

    // The thread that hands out.

    private void run() {
        try {
            while (!stopping) {
                // Before it looks: what changes from here on is looked at next time.
                woken = false;
                work();
                if (!woken && !stopping) {
                    LockSupport.parkNanos(this, LOOK_NANOS);
                }
            }
        } catch (RuntimeException | Error e) {
            handler.failed(e);
        }
    }

    private void work() {
        synchronized (lock) {
            if (errant != null) {
                errant.look();
            }
            if (group != null) {
                lookAt(group);
            }
            if (!resting) {
                free = book.handOut();
            }
            lock.notifyAll();
        }
    }

    private void lookAt(GroupOffsets offsets) {
        Collection<Partition> urgent = handler.urgent();
        GroupOffsets.Answer answer = offsets.take();
        if (answer != null) {
            if (returned.entrySet().removeIf(one -> isCommitted(one.getKey(), one.getValue(), answer))) {
                unconfirmedSince = NEVER;
                noteUnconfirmed();
            }
            urgent.forEach(partition -> resolve(partition, answer));
        }
        if (!returned.isEmpty() || !urgent.isEmpty()) {
            offsets.ask(urgent.stream().map(WorkerFeed::known).toList());
        }
    }

    private static boolean isCommitted(
            TopicPartition partition, PartitionBook.Commit commit, GroupOffsets.Answer answer) {
        Long committed = answer.committed().get(partition);
        Long offset = commit.offsets().get(partition);
        boolean done = committed != null && offset != null && committed >= offset;
        if (done) {
            commit.done();
        }
        return done;
    }

    /** Some of the records that an earlier process had sent may never come: what is committed, or has gone from the log. */
    private void resolve(Partition partition, GroupOffsets.Answer answer) {
        TopicPartition known = known(partition);
        Long position = reached.get(known);
        if (position != null && !book.isWaiting(known)) {
            handler.passed(partition, position);
        } else if (!book.reads(known)) {
            Long committed = answer.committed().get(known);
            if (committed != null) {
                handler.passed(partition, committed);
            }
        }
        Long end = answer.ends().get(known);
        boolean gone = end == null
                ? answer.absent().contains(known) && !absent.add(known) && handler.passed(partition, Long.MAX_VALUE)
                : handler.ended(partition, end);
        if (gone) {
            log.warn(
                    "Route '{}': records of '{}' are gone whose messages were on their way: the topic was made anew, or its"
                            + " log was cut; the packet ids of those messages are given up",
                    reading.route(),
                    known);
        }
    }

    private static TopicPartition known(Partition partition) {
        return new TopicPartition(partition.topic(), partition.number());
    }

    // The engine.

    @Override
    public void open(Duration timeout) {
        // The worker reads.
    }

    @Override
    public void start() {
        synchronized (lock) {
            if (!stopping && thread.getState() == Thread.State.NEW) {
                thread.start();
            }
        }
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
        stopping = true;
        LockSupport.unpark(thread);
    }

    @Override
    public void stop(Duration drain) throws InterruptedException {
        endSoon(drain);
        synchronized (lock) {
            if (thread.getState() == Thread.State.NEW) {
                return;
            }
        }
        thread.join();
    }

    @Override
    public long uncommittedAge(long nowNanos) {
        // Where it does not matter the worker tells it itself.
        long since = unconfirmedSince;
        return since == NEVER ? 0 : Math.max(0, nowNanos - since);
    }

    /** What the book has to say. */
    private final class FromBook implements PartitionBook.Owner {
        @Override
        public void begunAnew(TopicPartition partition) {
            returned.remove(partition);
            begun.remove(partition);
            reached.remove(partition);
            noteUnconfirmed();
        }

        @Override
        public void urgentTaken(Partition partition, long offset) {
            // The end of the log says when to wait no longer.
        }
    }
}
