package io.mqttkafka.bridge.core.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AckLedgerTest {
    private int made;

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 7, 20, 63, 64, 65, 1000, 65535, 65536})
    void add_beyondCapacity_isRefusedAndChangesNothing(int capacity) {
        AckLedger ledger = new AckLedger(capacity);
        List<Delivery> added = fill(ledger, capacity);

        assertThat(ledger.hasRoom(capacity)).isFalse();
        assertThat(ledger.add(delivery())).isFalse();

        assertThat(ledger.size()).isEqualTo(capacity);
        assertThat(ledger.remaining()).isEqualTo(added);
        assertThat(ledger.oldest()).isSameAs(added.get(0));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 4, 5, 65536})
    void add_afterOneWasTaken_fitsAgainOnce(int capacity) {
        AckLedger ledger = new AckLedger(capacity);
        List<Delivery> added = fill(ledger, capacity);
        added.get(0).settle(0);
        ledger.takeSettled();

        assertThat(ledger.add(delivery())).isTrue();
        assertThat(ledger.add(delivery())).isFalse();
    }

    @Test
    void hasRoom_belowAndAtLimit_tellsThemApart() {
        AckLedger ledger = new AckLedger(8);
        fill(ledger, 3);

        assertThat(ledger.hasRoom(4)).isTrue();
        assertThat(ledger.hasRoom(3)).isFalse();
    }

    @Test
    void takeSettled_empty_isNull() {
        AckLedger ledger = new AckLedger(5);

        assertThat(ledger.takeSettled()).isNull();
        assertThat(ledger.oldest()).isNull();
        assertThat(ledger.remaining()).isEmpty();
        assertThat(ledger.size()).isZero();
    }

    @Test
    void takeSettled_oldestIsOpen_laterOnesWait() {
        AckLedger ledger = new AckLedger(3);
        List<Delivery> added = fill(ledger, 3);
        added.get(1).settle(0);
        added.get(2).settle(0);

        assertThat(ledger.takeSettled()).isNull();
        added.get(0).settle(0);

        assertThat(Stream.generate(ledger::takeSettled).limit(4))
                .containsExactly(added.get(0), added.get(1), added.get(2), null);
    }

    @Test
    void takeSettled_oldestHasFailed_isNeverHandedOut() {
        AckLedger ledger = new AckLedger(3);
        List<Delivery> added = fill(ledger, 2);
        added.get(0).fail();
        added.forEach(one -> one.settle(0));

        assertThat(ledger.takeSettled()).isNull();
        assertThat(ledger.remaining()).isEqualTo(added);
    }

    /** Whatever is done to it, it does what a plain queue would do; each size goes many times around its ring. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 7, 8, 9, 31, 33, 100})
    void anyOperations_inAnyOrder_behaveAsAQueue(int capacity) {
        for (long seed = 0; seed < 40; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            AckLedger ledger = new AckLedger(capacity);
            Deque<Delivery> model = new ArrayDeque<>();
            // Some runs are mostly full, some mostly empty.
            int eager = 20 + random.nextInt(60);
            for (int step = 0; step < 60 * capacity; step++) {
                if (random.nextInt(100) < eager) {
                    Delivery delivery = delivery();
                    boolean fits = model.size() < capacity;
                    assertThat(ledger.add(delivery))
                            .as("seed %d, step %d", seed, step)
                            .isEqualTo(fits);
                    if (fits) {
                        model.add(delivery);
                    }
                } else if (random.nextBoolean()) {
                    settleAny(model, random);
                } else {
                    Delivery expected = model.peek();
                    if (expected != null && !expected.settled()) {
                        expected = null;
                    }
                    assertThat(ledger.takeSettled())
                            .as("seed %d, step %d", seed, step)
                            .isSameAs(expected);
                    if (expected != null) {
                        model.remove();
                    }
                }
                assertThat(ledger.size()).isEqualTo(model.size());
                assertThat(ledger.oldest()).isSameAs(model.peek());
                assertThat(ledger.hasRoom(capacity)).isEqualTo(model.size() < capacity);
            }
            assertThat(ledger.remaining()).as("seed %d", seed).containsExactlyElementsOf(model);
            for (Delivery one : model) {
                assertThat(ledger.isOldest(one)).isEqualTo(one == model.peek());
            }
        }
    }

    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void takeSettled_byAnotherThread_keepsOrderOverManyWraps() throws Exception {
        int messages = 200_000;
        AckLedger ledger = new AckLedger(13);
        List<Integer> taken = new ArrayList<>(messages);
        Thread taker = new Thread(
                () -> {
                    while (taken.size() < messages && !Thread.currentThread().isInterrupted()) {
                        Delivery delivery = ledger.takeSettled();
                        if (delivery == null) {
                            Thread.yield();
                        } else {
                            taken.add(delivery.packetId);
                        }
                    }
                },
                "taker");
        taker.start();
        try {
            for (int i = 0; i < messages; i++) {
                Delivery delivery = delivery();
                while (!ledger.add(delivery)) {
                    Thread.yield();
                }
                delivery.settle(0);
            }
            taker.join(TimeUnit.SECONDS.toMillis(40));
        } finally {
            taker.interrupt();
        }

        taker.join();
        assertThat(taken).hasSize(messages);
        for (int i = 0; i < messages; i++) {
            assertThat(taken.get(i)).isEqualTo(i);
        }
        assertThat(ledger.remaining()).isEmpty();
    }

    private List<Delivery> fill(AckLedger ledger, int count) {
        List<Delivery> added = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Delivery delivery = delivery();
            assertThat(ledger.add(delivery)).isTrue();
            added.add(delivery);
        }
        return added;
    }

    /** One open route; its packet id is its number, so that order shows. */
    private Delivery delivery() {
        return new Delivery(made++, 1, false, 0, 0, 1);
    }

    private static void settleAny(Deque<Delivery> model, SplittableRandom random) {
        if (!model.isEmpty()) {
            model.stream()
                    .skip(random.nextInt(model.size()))
                    .findFirst()
                    .orElseThrow()
                    .settle(0);
        }
    }
}
