package io.mqttkafka.bridge.core.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.core.session.OffsetLedger;
import io.mqttkafka.bridge.core.session.Partition;
import io.mqttkafka.bridge.error.DeliveryException;
import io.mqttkafka.bridge.message.KafkaMessage;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The books of partitions, kept for a sink task of Kafka Connect: a rebalance, records and commits in every order. */
class PartitionBookTest {
    private static final TopicPartition A = new TopicPartition("t", 0);
    private static final TopicPartition B = new TopicPartition("t", 1);
    private static final List<TopicPartition> BOTH = List.of(A, B);
    private static final int MOST_OPEN = 4;
    private static final int DEEP = 5;

    private final Scripted handler = new Scripted();
    private final ScriptedSinkTask task = task(handler);

    private static ScriptedSinkTask task(RecordHandler handler) {
        return new ScriptedSinkTask(
                new RecordFeed.Reading("r", List.of("t"), null, "g", "c", MOST_OPEN, 64, 16_384), handler);
    }

    @Test
    void settledOutOfOrder_onlyWhatIsContiguousMayBeCommitted() {
        task.open(BOTH);
        task.put(A, 5, 6, 7);
        handler.entry(A, 6).settle();
        assertThat(task.preCommit()).isEmpty();

        handler.entry(A, 5).settle();
        assertThat(task.preCommit()).containsExactly(Map.entry(A, 7L));
        // Nobody says whether that has arrived.
        assertThat(task.preCommit()).containsExactly(Map.entry(A, 7L));
    }

    @Test
    void noRoom_restWaits_andIsTakenInOrder() {
        task.open(BOTH);
        handler.room = 2;
        task.put(A, 1, 2, 3);
        assertThat(handler.taken).containsExactly("t-0@1", "t-0@2");
        assertThat(task.paused).isTrue();

        handler.room = 1;
        task.wake();

        assertThat(handler.taken).containsExactly("t-0@1", "t-0@2", "t-0@3");
    }

    /** What is not committed is remembered, so it has a limit, however much is settled. */
    @Test
    void farAhead_isPausedUntilCommitted() {
        task.open(BOTH);
        task.put(A, 1, 2);
        task.put(B, 1, 2, 3);
        assertThat(handler.taken).hasSize(MOST_OPEN);
        assertThat(task.paused).isTrue();
        assertThat(task.waiting()).isOne();

        handler.entry(A, 1).settle();
        handler.entry(A, 2).settle();
        task.wake();
        assertThat(task.waiting()).isOne();

        assertThat(task.committed()).containsExactly(Map.entry(A, 3L));
        task.wake();
        assertThat(task.waiting()).isZero();
        assertThat(handler.acknowledged).isEqualTo(2);
    }

    @Test
    void closed_lateOutcome_meansNothing() {
        task.open(BOTH);
        task.put(A, 1);
        OffsetLedger.Entry late = handler.entry(A, 1);
        late.sent();
        assertThat(task.inFlight(A)).isTrue();

        task.close(List.of(A));
        task.open(List.of(A));
        late.settle();

        assertThat(late.abandoned()).isTrue();
        assertThat(task.inFlight(A)).isFalse();
        assertThat(task.preCommit()).isEmpty();
        assertThat(handler.revoked).containsExactly(A);
    }

    @Test
    void urgentPartition_goesBeforeOthersAndOnlyItsRecords() {
        task.open(BOTH);
        handler.urgent.add(new Partition("g", "t", 1));
        task.put(A, 1);
        assertThat(handler.taken).isEmpty();
        task.put(B, 1);
        assertThat(handler.taken).containsExactly("t-1@1");

        handler.urgent.clear();
        task.wake();
        assertThat(handler.taken).containsExactly("t-1@1", "t-0@1");
    }

    @Test
    void unreadable_hasItsPlaceAmongTheOthers() {
        PartitionBook book = new PartitionBook("r", MOST_OPEN, handler, new PartitionBook.Owner() {
            @Override
            public void begunAnew(TopicPartition partition) {}

            @Override
            public void urgentTaken(Partition partition, long offset) {}
        });
        book.assigned(BOTH);
        book.unreadable(A, 3, new DeliveryException("corrupt"));
        book.read(A, new KafkaMessage("t", 0, 4, -1, null, null, List.of()), null);
        book.handOut();

        assertThat(handler.taken).containsExactly("t-0@3", "t-0@4");
        handler.entry(A, 4).settle();
        assertThat(book.commit(BOTH).offsets()).isEmpty();
        handler.entry(A, 3).settle();
        assertThat(book.commit(BOTH).offsets()).containsExactly(Map.entry(A, 5L));
    }

    /** What a worker, a broker and Kafka can do next. */
    private enum Step {
        PUT_A,
        PUT_B,
        SETTLE_FIRST,
        SETTLE_LAST,
        PRE_COMMIT,
        COMMITTED,
        CLOSE_A,
        OPEN_A,
        REWIND_A,
        NO_ROOM
    }

    /** Every sequence of so many steps, each judged by what a reader of the partition would have lost. */
    @Test
    void everyOrder_commitsNothingThatIsNotSettled() {
        Step[] steps = Step.values();
        int sequences = (int) Math.pow(steps.length, DEEP);
        for (int number = 0; number < sequences; number++) {
            Run run = new Run();
            int rest = number;
            for (int i = 0; i < DEEP; i++) {
                run.make(steps[rest % steps.length]);
                rest /= steps.length;
            }
            run.end();
        }
    }

    /** One sequence, and what has to hold. */
    private static final class Run {
        private final Scripted handler = new Scripted();
        private final ScriptedSinkTask task = task(handler);
        private final Map<TopicPartition, Long> next = new HashMap<>();
        private final List<Step> made = new ArrayList<>();
        private final Map<TopicPartition, Long> begun = new HashMap<>();
        private boolean open = true;
        private boolean rewound;

        Run() {
            BOTH.forEach(partition -> next.put(partition, 0L));
            BOTH.forEach(partition -> begun.put(partition, 0L));
            task.open(BOTH);
        }

        void make(Step step) {
            made.add(step);
            switch (step) {
                case PUT_A -> put(A);
                case PUT_B -> put(B);
                case SETTLE_FIRST -> settle(0);
                case SETTLE_LAST -> settle(handler.open.size() - 1);
                case PRE_COMMIT -> check(task.preCommit());
                case COMMITTED -> check(task.committed());
                case CLOSE_A -> {
                    task.close(List.of(A));
                    open = false;
                    rewound = false;
                    handler.forget(A);
                }
                case OPEN_A -> {
                    if (!open) {
                        task.open(List.of(A));
                        begun.put(A, next.get(A));
                        open = true;
                    }
                }
                case REWIND_A -> rewound = open;
                case NO_ROOM -> handler.room = 0;
            }
        }

        private void put(TopicPartition partition) {
            if (partition.equals(A) && !open) {
                return;
            }
            if (partition.equals(A) && rewound) {
                // Shows when the first record comes again.
                rewound = false;
                handler.forget(A);
                next.put(A, 0L);
                begun.put(A, 0L);
            }
            handler.room = Integer.MAX_VALUE;
            long offset = next.merge(partition, 1L, Long::sum) - 1;
            task.put(partition, offset);
        }

        private void settle(int index) {
            if (index >= 0 && index < handler.open.size()) {
                Taken one = handler.open.remove(index);
                one.entry.settle();
                if (!one.entry.abandoned()) {
                    handler.settled
                            .computeIfAbsent(one.partition, key -> new HashSet<>())
                            .add(one.offset);
                }
            }
        }

        private void check(Map<TopicPartition, Long> offsets) {
            offsets.forEach((partition, offset) -> {
                Set<Long> done = handler.settled.getOrDefault(partition, Set.of());
                boolean allowed = offset <= next.get(partition) && (partition.equals(B) || open);
                for (long one = begun.get(partition); one < offset; one++) {
                    allowed &= done.contains(one);
                }
                if (!allowed) {
                    throw new AssertionError(made + ": " + offset + " of " + partition + " is committed, of "
                            + begun.get(partition) + " to " + next.get(partition) + " are settled: " + done);
                }
            });
        }

        /** When all is settled, all may be committed. */
        void end() {
            handler.room = Integer.MAX_VALUE;
            for (int i = 0; i <= DEEP; i++) {
                while (!handler.open.isEmpty()) {
                    settle(0);
                }
                check(task.committed());
                task.wake();
            }
            Map<TopicPartition, Long> offsets = task.preCommit();
            check(offsets);
            boolean allCommitted = handler.settled.entrySet().stream()
                    .filter(one -> !one.getValue().isEmpty())
                    .allMatch(one -> next.get(one.getKey()).equals(offsets.get(one.getKey())));
            if (task.waiting() > 0 || task.paused || (!rewound && !allCommitted)) {
                throw new AssertionError(
                        made + ": " + offsets + " are committed of " + next + ", " + task.waiting() + " wait");
            }
        }
    }

    /** A record that was handed out. */
    private static final class Taken {
        private final TopicPartition partition;
        private final long offset;
        private final OffsetLedger.Entry entry;

        Taken(KafkaMessage message, OffsetLedger.Entry entry) {
            partition = new TopicPartition(message.topic(), message.partition());
            offset = message.offset();
            this.entry = entry;
        }
    }

    /** Takes what it has room for. */
    private static final class Scripted implements RecordHandler {
        private final List<Taken> open = new ArrayList<>();
        private final Map<TopicPartition, Set<Long>> settled = new HashMap<>();
        private final List<String> taken = new ArrayList<>();
        private final List<Partition> urgent = new ArrayList<>();
        private final List<TopicPartition> revoked = new ArrayList<>();
        private int room = Integer.MAX_VALUE;
        private long acknowledged;

        OffsetLedger.Entry entry(TopicPartition partition, long offset) {
            return open.stream()
                    .filter(one -> one.partition.equals(partition) && one.offset == offset)
                    .findFirst()
                    .orElseThrow()
                    .entry;
        }

        void forget(TopicPartition partition) {
            settled.remove(partition);
        }

        @Override
        public long nanos() {
            return System.nanoTime();
        }

        @Override
        public boolean ready() {
            return room > 0;
        }

        @Override
        public void take(KafkaMessage message, @Nullable String excess, OffsetLedger.Entry entry) {
            room--;
            taken.add(message.topic() + "-" + message.partition() + "@" + message.offset());
            open.add(new Taken(message, entry));
        }

        @Override
        public void unreadable(KafkaMessage message, OffsetLedger.Entry entry, DeliveryException cause) {
            take(message, null, entry);
        }

        @Override
        public void flush() {}

        @Override
        public boolean settling() {
            return true;
        }

        @Override
        public void committed(long records) {
            acknowledged += records;
        }

        @Override
        public void committed(String topic, int partition, long offset) {}

        @Override
        public void revoked(String topic, int partition) {
            revoked.add(new TopicPartition(topic, partition));
        }

        @Override
        public Collection<Partition> urgent() {
            return urgent;
        }

        @Override
        public boolean readyFor(Partition partition) {
            return true;
        }

        @Override
        public boolean passed(Partition partition, long offset) {
            return false;
        }

        @Override
        public boolean ended(Partition partition, long end) {
            return false;
        }

        @Override
        public void troubled(Exception cause) {
            throw new AssertionError(cause);
        }

        @Override
        public void failed(Throwable cause) {
            throw new AssertionError(cause);
        }
    }
}
