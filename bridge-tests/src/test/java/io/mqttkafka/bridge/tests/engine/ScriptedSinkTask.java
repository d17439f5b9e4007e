package io.mqttkafka.bridge.tests.engine;

import io.mqttkafka.bridge.core.kafka.PartitionBook;
import io.mqttkafka.bridge.core.kafka.RecordFeed;
import io.mqttkafka.bridge.core.kafka.RecordHandler;
import io.mqttkafka.bridge.core.session.Partition;
import io.mqttkafka.bridge.message.KafkaMessage;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/**
 * what may be committed, without ever hearing what became of that. What the engine wants to go on with waits for the next call.
 */
public final class ScriptedSinkTask implements RecordFeed {
    private final PartitionBook book;
    private boolean paused;
    private volatile boolean ended;

    public ScriptedSinkTask(Reading reading, RecordHandler handler) {
        book = new PartitionBook(reading.route(), reading.mostOpen(), handler, new PartitionBook.Owner() {
            @Override
            public void begunAnew(TopicPartition partition) {}

            @Override
            public void urgentTaken(Partition partition, long offset) {
                // A worker gives the records of all partitions in any case.
            }
        });
    }

    // What a worker calls.

    public void open(Collection<TopicPartition> partitions) {
        book.assigned(partitions);
    }

    public void put(TopicPartition partition, long... offsets) {
        for (long offset : offsets) {
            book.read(
                    partition,
                    new KafkaMessage(
                            partition.topic(), partition.partition(), offset, -1, null, new byte[0], List.of()),
                    null);
        }
        look();
    }

    public Map<TopicPartition, Long> preCommit() {
        look();
        // The last answer may not have arrived; the same offset again does no harm.
        book.commitAgain(book.partitions());
        return book.commit(book.partitions()).offsets();
    }

    /** What was returned before is what the group begins with, if the worker says so at the next call. */
    public Map<TopicPartition, Long> committed() {
        PartitionBook.Commit commit = book.commit(book.partitions());
        commit.done();
        return commit.offsets();
    }

    public void close(Collection<TopicPartition> partitions) {
        book.dropWaiting(partitions);
        book.abandon(partitions);
    }

    public boolean inFlight(TopicPartition partition) {
        return book.anyInFlight(List.of(partition));
    }

    public int waiting() {
        return book.waiting();
    }

    /** Says whether the worker would be asked to give no more for now. */
    public boolean paused() {
        return paused;
    }

    private void look() {
        paused = ended || !book.handOut() || book.isFarAhead();
    }

    // What the runner calls.

    @Override
    public void open(Duration timeout) {}

    @Override
    public void start() {
        // The worker's thread looks.
    }

    @Override
    public void wake() {
        // The worker calls again by itself, with records or without.
    }

    @Override
    public void endSoon(Duration drain) {
        ended = true;
    }

    @Override
    public void stop(Duration drain) {
        // The worker closes the partitions.
        ended = true;
    }

    @Override
    public long uncommittedAge(long nowNanos) {
        return 0;
    }
}
