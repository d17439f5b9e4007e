package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.core.session.Partition;
import io.mqttkafka.bridge.message.KafkaMessage;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/**
 * what may be committed, without ever hearing what became of that.
 */
final class ScriptedSinkTask implements RecordFeed {
    private final PartitionBook book;
    boolean paused;
    private boolean ended;

    ScriptedSinkTask(Reading reading, RecordHandler handler) {
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

    void open(Collection<TopicPartition> partitions) {
        book.assigned(partitions);
    }

    void put(TopicPartition partition, long... offsets) {
        for (long offset : offsets) {
            book.read(
                    partition,
                    new KafkaMessage(
                            partition.topic(), partition.partition(), offset, -1, null, new byte[0], List.of()),
                    null);
        }
        look();
    }

    Map<TopicPartition, Long> preCommit() {
        look();
        // The last answer may not have arrived; the same offset again does no harm.
        book.commitAgain(book.partitions());
        return book.commit(book.partitions()).offsets();
    }

    /** What was returned before is what the group begins with, if the worker says so at the next call. */
    Map<TopicPartition, Long> committed() {
        PartitionBook.Commit commit = book.commit(book.partitions());
        commit.done();
        return commit.offsets();
    }

    void close(Collection<TopicPartition> partitions) {
        book.dropWaiting(partitions);
        book.abandon(partitions);
    }

    boolean inFlight(TopicPartition partition) {
        return book.anyInFlight(List.of(partition));
    }

    int waiting() {
        return book.waiting();
    }

    private void look() {
        paused = ended || !book.handOut() || book.isFarAhead();
    }

    // What the runner calls.

    @Override
    public void open(Duration timeout) {}

    @Override
    public void start() {
        look();
    }

    @Override
    public void wake() {
        look();
    }

    @Override
    public void endSoon(Duration drain) {
        ended = true;
        book.dropWaiting();
    }

    @Override
    public void stop(Duration drain) {
        endSoon(drain);
        book.abandon(book.partitions());
    }

    @Override
    public long uncommittedAge(long nowNanos) {
        return 0;
    }
}
