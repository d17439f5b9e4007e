package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.core.session.Partition;
import io.mqttkafka.bridge.core.time.BridgeClock;
import io.mqttkafka.bridge.error.BridgeStartException;
import io.mqttkafka.bridge.error.DeliveryException;
import io.mqttkafka.bridge.message.Header;
import io.mqttkafka.bridge.message.KafkaMessage;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.FinalizedVersionRange;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.RecordDeserializationException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the records of one route with one consumer and commits what is settled.
 *
 * <p>Its thread never stops polling, so that the group never takes it for dead: while no record can be taken it polls with
 * its partitions paused. Per partition, only the offset before which everything is settled is committed. A partition that is
 * taken away is given a moment for what is in flight, then its offset is committed; of a partition that is lost nothing is.
 */
public final class RecordReader implements RecordFeed, ConsumerRebalanceListener {
    private static final Logger log = LoggerFactory.getLogger(RecordReader.class);
    private static final Duration POLL = Duration.ofMillis(100);
    private static final long KEEP_POLLING_NANOS = POLL.toNanos();
    private static final long COMMIT_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long FORGOTTEN_COMMIT_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final Duration COMMIT_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration REVOKE_PATIENCE = Duration.ofSeconds(5);
    private static final Duration PROBE = Duration.ofSeconds(10);

    /** How long after a topic was made anew its partitions may come with an offset of the old one. */
    private static final long ANEW_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final KafkaClients clients;
    private final KafkaOptions options;
    private final BridgeClock clock;
    private final Reading reading;
    private final RecordHandler handler;
    private final Thread thread;

    /** Held while it is decided whether the thread runs at all. */
    private final Object starting = new Object();

    // For the reading thread only.
    private final PartitionBook book;
    private final GoneRecords gone;
    private final ReadTroubles troubles = new ReadTroubles();
    private final CommitTroubles commitTroubles;
    private final SubscribedTopics topics;

    /** Topics that were made anew, and until when the group's offsets may be those of the old ones. */
    private final Map<String, Long> anewUntilNanos = new HashMap<>();

    private @Nullable Consumer<byte[], byte[]> consumer;
    private boolean newProtocol;
    private long polledNanos;
    private long committedNanos;
    private boolean committing;
    private boolean closing;

    private volatile boolean waiting;

    /** Whether something may have changed that has not been looked at. */
    private volatile boolean woken;

    private volatile boolean stopping;
    private volatile long drainUntilNanos;

    /**
     * Makes a source that is not connected.
     *
     * @param clients makes Kafka's clients
     * @param options the Kafka side
     * @param clock says how long it pauses
     * @param reading what to read
     * @param handler takes the records
     */
    public RecordReader(
            KafkaClients clients, KafkaOptions options, BridgeClock clock, Reading reading, RecordHandler handler) {
        this.clients = clients;
        this.options = options;
        this.clock = clock;
        this.reading = reading;
        this.handler = handler;
        book = new PartitionBook(reading.route(), reading.mostOpen(), handler, new FromBook());
        gone = new GoneRecords(reading.route(), handler, this::consumer);
        commitTroubles = new CommitTroubles(reading.route(), reading.group(), reading.mostOpen());
        topics = new SubscribedTopics(clients, options, clock, reading.clientId(), new FromTopics());
        thread = new Thread(this::run, "bridge-" + reading.clientId() + "-read-" + reading.route());
        thread.setDaemon(true);
    }

    // Starting and ending: called by the runner.

    /**
     * {@inheritDoc}
     *
     * @throws BridgeStartException if the cluster cannot be reached, refuses us, or has no such topic
     */
    @Override
    public void open(Duration timeout) {
        Deadline deadline = Deadline.in(timeout);
        closing = false;
        try {
            newProtocol = ConsumerSettings.choosesProtocol(options)
                    && StartAttempts.make(deadline, this::brokersHaveNewProtocol);
            Consumer<byte[], byte[]> opened = StartAttempts.make(deadline, left -> newConsumer());
            consumer = opened;
            for (String topic : reading.topics()) {
                require(StartAttempts.make(deadline, left -> exists(opened, topic, left)), topic);
            }
        } catch (ExecutionException | TimeoutException | KafkaException | InterruptedException e) {
            // It may be opened again.
            closeConsumer();
            throw StartFailures.of(options, e);
        }
    }

    private Consumer<byte[], byte[]> newConsumer() {
        return clients.consumer(ConsumerSettings.consumer(options, reading.group(), reading.clientId(), newProtocol));
    }

    /** The new group protocol came with Kafka 4.0 and is a feature that a cluster may not have finalised. */
    private boolean brokersHaveNewProtocol(Duration timeout)
            throws ExecutionException, InterruptedException, TimeoutException {
        Admin admin = clients.admin(ProducerSettings.admin(options, reading.clientId()));
        try {
            FinalizedVersionRange version = admin.describeFeatures()
                    .featureMetadata()
                    .get(timeout.toMillis(), TimeUnit.MILLISECONDS)
                    .finalizedFeatures()
                    .get("group.version");
            return version != null && version.maxVersionLevel() > 0;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnsupportedVersionException) {
                return false;
            }
            throw e;
        } finally {
            admin.close(Duration.ZERO);
        }
    }

    private static boolean exists(Consumer<byte[], byte[]> opened, String topic, Duration left) {
        List<PartitionInfo> partitions = opened.partitionsFor(topic, left.compareTo(PROBE) < 0 ? left : PROBE);
        return partitions != null && !partitions.isEmpty();
    }

    private void require(boolean exists, String topic) {
        if (!exists) {
            throw new BridgeStartException("route '" + reading.route() + "': fromKafka: the topic '" + topic
                    + "' does not exist; create it or change the route");
        }
    }

    @Override
    public void start() {
        synchronized (starting) {
            if (!stopping) {
                thread.start();
            }
        }
    }

    @Override
    public void wake() {
        if (!woken) {
            woken = true;
            if (waiting) {
                LockSupport.unpark(thread);
            }
        }
    }

    /** {@inheritDoc} It commits what is settled and leaves the group. */
    @Override
    public void stop(Duration drain) throws InterruptedException {
        endSoon(drain);
        synchronized (starting) {
            if (thread.getState() == Thread.State.NEW) {
                closeConsumer();
                return;
            }
        }
        thread.join();
    }

    @Override
    public void endSoon(Duration drain) {
        drainUntilNanos = System.nanoTime() + drain.toNanos();
        stopping = true;
        woken = true;
        LockSupport.unpark(thread);
    }

    // The reading thread.

    private void run() {
        try {
            subscribe();
            while (!stopping) {
                // Before it looks: what changes from here on is looked at next time.
                woken = false;
                topics.look(this::watched);
                boolean free = work();
                if (stopping) {
                    break;
                }
                if (free && !book.isFarAhead()) {
                    poll(POLL);
                } else {
                    waitForRoom();
                }
                commitIfDue();
            }
            drain();
        } catch (RuntimeException | Error e) {
            handler.failed(e);
        } finally {
            closeConsumer();
            topics.close();
        }
    }

    /** A pattern asks for no topic by its name, so only those count that it has found. */
    private Set<String> watched() {
        if (reading.pattern() == null) {
            return Set.copyOf(reading.topics());
        }
        return book.partitions().stream().map(TopicPartition::topic).collect(Collectors.toSet());
    }

    private Consumer<byte[], byte[]> consumer() {
        Consumer<byte[], byte[]> current = consumer;
        if (current == null) {
            throw new IllegalStateException("the source is not open");
        }
        return current;
    }

    private void subscribe() {
        Pattern pattern = reading.pattern();
        if (pattern == null) {
            consumer().subscribe(reading.topics(), this);
        } else {
            consumer().subscribe(pattern, this);
        }
    }

    /** Hands out what was read; false if not everything could be taken. */
    private boolean work() {
        boolean free = book.handOut();
        gone.look(book::reads, book::isWaiting);
        return free;
    }

    /** Waits until a record may be taken again, and keeps the membership of the group alive meanwhile. */
    private void waitForRoom() {
        waiting = true;
        try {
            long left = polledNanos + KEEP_POLLING_NANOS - System.nanoTime();
            if (!woken && left > 0) {
                LockSupport.parkNanos(this, left);
            }
        } finally {
            waiting = false;
        }
        if (System.nanoTime() - polledNanos >= KEEP_POLLING_NANOS) {
            pollPaused();
        }
    }

    private void pollPaused() {
        consumer().pause(consumer().assignment());
        resumeUrgent();
        poll(Duration.ZERO);
    }

    /** Lets the partitions go on whose records have to come first; false if there are none. */
    private boolean resumeUrgent() {
        Set<TopicPartition> urgent = new HashSet<>();
        for (Partition partition : handler.urgent()) {
            TopicPartition known = GoneRecords.topicPartition(partition);
            if (consumer().assignment().contains(known)) {
                urgent.add(known);
            }
        }
        boolean any = !urgent.isEmpty();
        // What has been read and not taken is enough.
        urgent.removeIf(book::isWaiting);
        consumer().resume(urgent);
        return any;
    }

    private void poll(Duration timeout) {
        try {
            if (!timeout.isZero()) {
                resume();
            }
            ConsumerRecords<byte[], byte[]> records = consumer().poll(timeout);
            for (ConsumerRecord<byte[], byte[]> record : records) {
                TopicPartition partition = new TopicPartition(record.topic(), record.partition());
                KeptHeaders kept = KeptHeaders.of(record.headers().toArray(), reading.headers());
                book.read(partition, message(record, kept.headers()), kept.excess());
            }
            records.nextOffsets().forEach((partition, next) -> {
                book.readUpTo(partition, next.offset());
                troubles.reached(partition, next.offset());
            });
        } catch (InterruptException e) {
            // By code of a route, say; whoever ends this thread tells it otherwise.
            Thread.interrupted();
        } catch (KafkaException | LinkageError e) {
            mend(e);
        } finally {
            polledNanos = System.nanoTime();
        }
    }

    /** Goes on after a failure, in another way if it lasts; throws if there is none. */
    private void mend(Throwable failure) {
        if (failure instanceof RetriableException e && StartAttempts.isPassing(e)) {
            handler.troubled(e);
            LockSupport.parkNanos(this, KEEP_POLLING_NANOS);
            return;
        }
        if (ReadFailures.isFinal(failure) || !(failure instanceof KafkaException cause)) {
            throw ReadFailures.told(reading, failure);
        }
        TopicPartition partition = ReadFailures.partition(cause, consumer().assignment());
        if (partition == null) {
            noteFailure(cause);
        } else {
            long offset = offsetOf(cause, partition);
            if (troubles.isUnreadable(partition, offset)) {
                passOver(partition, offset, cause);
                return;
            }
        }
        log.warn("The consumer of route '{}' failed and is replaced", reading.route(), cause);
        handler.troubled(cause);
        replaceConsumer();
    }

    private void noteFailure(KafkaException cause) {
        if (troubles.exhausted(System.nanoTime())) {
            throw ReadFailures.told(reading, cause);
        }
    }

    private long offsetOf(KafkaException cause, TopicPartition partition) {
        return cause instanceof RecordDeserializationException named
                ? named.offset()
                : consumer().position(partition);
    }

    /** Leaves a record that cannot be read to the failure policy, in its place among the others. */
    private void passOver(TopicPartition partition, long offset, KafkaException cause) {
        consumer().seek(partition, offset + 1);
        DeliveryException unreadable = new DeliveryException(
                "the record cannot be read: " + SendFailures.text(cause.getCause() == null ? cause : cause.getCause()),
                cause);
        book.unreadable(partition, offset, unreadable);
    }

    private void resume() {
        if (handler.urgent().isEmpty()) {
            if (!consumer().paused().isEmpty()) {
                consumer().resume(consumer().paused());
            }
            return;
        }
        consumer().pause(consumer().assignment());
        if (!resumeUrgent()) {
            consumer().resume(consumer().paused());
        }
    }

    /** What the book has to say. */
    private final class FromBook implements PartitionBook.Owner {
        @Override
        public void begunAnew(TopicPartition partition) {
            troubles.forget(List.of(partition));
            forgetCommitsIfNone();
        }

        @Override
        public void urgentTaken(Partition partition, long offset) {
            gone.taken(partition, offset);
        }
    }

    /** What was committed of the new topic may be an offset of the old one; who reads a partition next would begin there. */
    private boolean rewind(Collection<TopicPartition> anew) {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        anew.forEach(partition -> offsets.put(partition, new OffsetAndMetadata(0)));
        try {
            consumer().commitSync(offsets, COMMIT_TIMEOUT);
            return true;
        } catch (KafkaException e) {
            log.debug("The offsets of route '{}' could not be set back", reading.route(), e);
            return false;
        }
    }

    /** What becomes of the topics. */
    private final class FromTopics implements SubscribedTopics.Owner {
        @Override
        public void gone(String topic) {
            log.warn(
                    "Route '{}': the Kafka topic '{}' does not exist any more; nothing is read from it until it is made again,"
                            + " which is noticed by itself",
                    reading.route(),
                    topic);
            handler.troubled(new DeliveryException(
                    "fromKafka: the topic '" + topic + "' does not exist any more; create it or change the route"));
        }

        @Override
        public void madeAnew(String topic) {
            List<TopicPartition> anew = consumer().assignment().stream()
                    .filter(partition -> partition.topic().equals(topic))
                    .toList();
            log.warn(
                    "Route '{}': the Kafka topic '{}' was made anew; it is read from its beginning",
                    reading.route(),
                    topic);
            for (TopicPartition partition : anew) {
                book.beginAnew(partition, 0);
                gone.assigned(partition);
            }
            if (anew.isEmpty() || !rewind(anew)) {
                anewUntilNanos.put(topic, System.nanoTime() + ANEW_NANOS);
            }
            if (!anew.isEmpty()) {
                // Kafka takes none for all.
                consumer().seekToBeginning(anew);
            }
        }
    }

    private static KafkaMessage message(ConsumerRecord<byte[], byte[]> record, List<Header> headers) {
        return new KafkaMessage(
                record.topic(),
                record.partition(),
                record.offset(),
                record.timestamp(),
                record.key(),
                record.value(),
                headers);
    }

    /** What the consumer has read and not committed is read again by the next one, so it is given the time to be done. */
    private void replaceConsumer() {
        awaitInFlight(book.partitions(), System.nanoTime() + REVOKE_PATIENCE.toNanos());
        closeConsumer();
        while (consumer == null) {
            long until = clock.nanos() + troubles.pause().toNanos();
            while (!stopping && clock.nanos() - until < 0) {
                clock.park(this, until);
            }
            if (stopping) {
                return;
            }
            try {
                consumer = newConsumer();
            } catch (KafkaException e) {
                if (ReadFailures.isFinal(e)) {
                    throw ReadFailures.told(reading, e);
                }
                log.warn("Route '{}' cannot make a consumer: {}", reading.route(), text(e));
                handler.troubled(e);
                if (StartAttempts.isPassing(e)) {
                    troubles.away();
                } else {
                    noteFailure(e);
                }
            }
        }
        closing = false;
        troubles.begun(System.nanoTime());
        subscribe();
    }

    /** Kafka says first that it could not make a consumer, and why only then. */
    private static String text(KafkaException failure) {
        return SendFailures.text(failure.getCause() == null ? failure : failure.getCause());
    }

    // Committing.

    private void commitIfDue() {
        long now = System.nanoTime();
        String troubled = commitTroubles.look(now);
        if (troubled != null) {
            handler.troubled(new DeliveryException(troubled));
        }
        if (committing ? now - committedNanos < FORGOTTEN_COMMIT_NANOS : now - committedNanos < COMMIT_NANOS) {
            return;
        }
        PartitionBook.Commit commit = book.commit(book.partitions());
        if (commit.offsets().isEmpty()) {
            return;
        }
        committedNanos = now;
        committing = true;
        commitTroubles.asked(now);
        consumer().commitAsync(kafkas(commit), (done, failure) -> {
            committing = false;
            if (failure == null) {
                commitTroubles.confirmed();
                commit.done();
            } else {
                commitFailed(failure);
                commit.failed();
            }
        });
    }

    private static Map<TopicPartition, OffsetAndMetadata> kafkas(PartitionBook.Commit commit) {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        commit.offsets().forEach((partition, offset) -> offsets.put(partition, new OffsetAndMetadata(offset)));
        return offsets;
    }

    private void commitFailed(Exception failure) {
        log.debug("Offsets of route '{}' could not be committed; they are committed later", reading.route(), failure);
        boolean rebalancing =
                failure instanceof RebalanceInProgressException || failure instanceof CommitFailedException;
        commitTroubles.failed(failure);
        if (!rebalancing && !(failure instanceof RetriableException)) {
            handler.troubled(failure);
        }
    }

    /** Commits what is settled and waits for the answer; what cannot be committed is read again. */
    private void commitNow(Collection<TopicPartition> partitions) {
        if (committing) {
            // Whether that one arrives, nobody knows.
            book.commitAgain(partitions);
        }
        PartitionBook.Commit commit = book.commit(partitions);
        if (commit.offsets().isEmpty()) {
            return;
        }
        try {
            consumer().commitSync(kafkas(commit), COMMIT_TIMEOUT);
            commitTroubles.confirmed();
            commit.done();
        } catch (KafkaException e) {
            commit.failed();
            log.warn(
                    "Offsets of route '{}' could not be committed; the records since the last commit are published again",
                    reading.route(),
                    e);
            handler.troubled(e);
        }
    }

    // Partitions that come and go: called within poll.

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
        book.assigned(partitions);
        partitions.forEach(gone::assigned);
        List<TopicPartition> anew = partitions.stream()
                .filter(partition -> isAnew(partition.topic()))
                .toList();
        if (!anew.isEmpty()) {
            consumer().seekToBeginning(anew);
        }
        topics.assigned(partitions.stream().map(TopicPartition::topic).collect(Collectors.toSet()));
        log.debug("Route '{}' reads {} more partitions", reading.route(), partitions.size());
    }

    private boolean isAnew(String topic) {
        Long until = anewUntilNanos.get(topic);
        return until != null && System.nanoTime() - until < 0;
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
        book.dropWaiting(partitions);
        if (!closing) {
            awaitInFlight(partitions, System.nanoTime() + REVOKE_PATIENCE.toNanos());
            troubles.forget(partitions);
        }
        commitNow(partitions);
        abandon(partitions);
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> partitions) {
        log.warn(
                "Route '{}' has lost {} partitions to the group; what was not committed is published again",
                reading.route(),
                partitions.size());
        book.dropWaiting(partitions);
        abandon(partitions);
    }

    @Override
    public long uncommittedAge(long nowNanos) {
        return commitTroubles.age(nowNanos);
    }

    private void abandon(Collection<TopicPartition> partitions) {
        book.abandon(partitions);
        forgetCommitsIfNone();
    }

    /** What was not committed is others' now, or is read again. */
    private void forgetCommitsIfNone() {
        if (book.isEmpty()) {
            commitTroubles.forget();
        }
    }

    private void awaitInFlight(Collection<TopicPartition> partitions, long deadline) {
        handler.flush();
        while (book.anyInFlight(partitions) && handler.settling() && System.nanoTime() < deadline) {
            LockSupport.parkNanos(this, TimeUnit.MILLISECONDS.toNanos(2));
        }
    }

    // Ending.

    /** Waits for what is in flight, but keeps polling meanwhile. */
    private void drain() {
        book.dropWaiting();
        handler.flush();
        while (book.anyInFlight(book.partitions()) && handler.settling() && System.nanoTime() < drainUntilNanos) {
            LockSupport.parkNanos(this, TimeUnit.MILLISECONDS.toNanos(2));
            if (System.nanoTime() - polledNanos >= KEEP_POLLING_NANOS) {
                pollPaused();
                book.dropWaiting();
            }
        }
    }

    private void closeConsumer() {
        Consumer<byte[], byte[]> last = consumer;
        if (last == null) {
            return;
        }
        closing = true;
        try {
            commitNow(book.partitions());
            KafkaVersion.close(last, COMMIT_TIMEOUT);
        } catch (KafkaException e) {
            log.debug("The consumer of route '{}' could not take its leave", reading.route(), e);
        } finally {
            consumer = null;
            abandon(book.partitions());
            book.dropWaiting();
            committing = false;
        }
    }
}
