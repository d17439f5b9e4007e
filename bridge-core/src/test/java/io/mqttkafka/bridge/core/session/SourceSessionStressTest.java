package io.mqttkafka.bridge.core.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the simulation cannot show because it has one thread: the session between the threads it is made for. */
class SourceSessionStressTest {
    private static final int MOST_ROUTES = 3;

    /** No thread waits for a time: a wake-up that is lost is a test that never ends. */
    @ParameterizedTest
    @CsvSource({"1, 20000, 500", "3, 60000, 400", "64, 200000, 3000", "1000, 200000, 20000"})
    @Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void acknowledge_manyThreadsAndReconnects_everyMessageOnceAndInOrder(
            int receiveMaximum, int messages, int messagesPerConnection) throws Exception {
        Bridge bridge = new Bridge(receiveMaximum);
        bridge.run(messages, messagesPerConnection);

        assertThat(bridge.acknowledged).isGreaterThanOrEqualTo(messages);
        assertThat(bridge.session.unacknowledged()).isZero();
        assertThat(bridge.session.owesAcknowledgement()).isFalse();
    }

    /**
     * The broker delivers a message again at the very moment when its record fails. Either the session takes the copy for a
     * new message, or it says that the connection has to be dropped: else the message stays unacknowledged on a live
     * connection, and everything behind it.
     */
    @Test
    @Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void failed_whileMessageComesAgain_isNewOrDropsConnection() throws Exception {
        int connections = 300;
        int messages = 1_000;
        SourceSession session = new SourceSession(() -> {}, () -> {});
        AtomicReference<Delivery> failing = new AtomicReference<>();
        AtomicReference<Boolean> dropped = new AtomicReference<>();
        Thread settler = new Thread(
                () -> {
                    for (int round = 0; round < connections * messages; round++) {
                        Delivery delivery = await(failing);
                        spin(round % 13);
                        dropped.set(session.failed(delivery));
                    }
                },
                "settler");
        settler.setDaemon(true);
        settler.start();

        for (int connection = 0; connection < connections; connection++) {
            connect(session);
            List<Delivery> first = new ArrayList<>();
            for (int id = 1; id <= messages; id++) {
                first.add(session.published(id, 2, false, id, 1, false, 0));
            }
            session.disconnected();
            connect(session);
            for (int id = 1; id <= messages; id++) {
                failing.set(first.get(id - 1));
                spin(id % 17);
                Delivery again = session.published(id, 2, true, id, 1, false, 0);
                boolean drops = await(dropped);
                assertThat(again != null || drops)
                        .as("message %s on connection %s is taken for new, or drops it", id, connection)
                        .isTrue();
            }
            session.disconnected();
        }
        settler.join();
    }

    private static <T> T await(AtomicReference<T> reference) {
        T value = null;
        for (int i = 1; (value = reference.getAndSet(null)) == null; i++) {
            if (i % 1_000 == 0) {
                Thread.yield();
            } else {
                Thread.onSpinWait();
            }
        }
        return value;
    }

    private static void connect(SourceSession session) {
        session.connecting();
        session.connected(true);
    }

    private static void spin(int times) {
        for (int i = 0; i < times; i++) {
            Thread.onSpinWait();
        }
    }

    /**
     * A reader, an acknowledger and a settler for each route. Message n has the id {@code n mod receive maximum + 1}, so
     * that every id is used again as soon as it may be.
     */
    private static final class Bridge implements SourceSession.Acknowledgements {
        private record Work(int message, Delivery delivery) {}

        private static final Work END = new Work(-1, null);

        final SourceSession session = new SourceSession(this::wake, () -> {});
        private final int receiveMaximum;
        private final List<BlockingQueue<Work>> work = new ArrayList<>();
        private final List<Thread> threads = new ArrayList<>();
        private final Thread acknowledger = new Thread(this::acknowledgeAll, "acknowledger");

        /** For each id how many routes have not confirmed its message. */
        private final AtomicIntegerArray unconfirmed;

        private final AtomicReference<Throwable> failure = new AtomicReference<>();
        private volatile boolean signalled;
        private volatile boolean stopped;

        /** For each QoS the first message that has not been acknowledged. */
        private final AtomicIntegerArray unacknowledged =
                new AtomicIntegerArray(new int[] {following(0, 1), following(0, 2)});

        /** How many have been acknowledged at least, which are the first so many. */
        volatile int acknowledged;

        private int published;

        Bridge(int receiveMaximum) {
            this.receiveMaximum = receiveMaximum;
            unconfirmed = new AtomicIntegerArray(receiveMaximum + 1);
            for (int route = 0; route < MOST_ROUTES; route++) {
                BlockingQueue<Work> mine = new LinkedBlockingQueue<>();
                int number = route;
                work.add(mine);
                threads.add(new Thread(() -> settleAll(mine, number), "settler-" + route));
            }
            threads.add(acknowledger);
        }

        void run(int messages, int messagesPerConnection) throws Exception {
            for (Thread thread : threads) {
                thread.setDaemon(true);
                thread.setUncaughtExceptionHandler((dead, cause) -> failure.compareAndSet(null, cause));
                thread.start();
            }
            try {
                read(messages, messagesPerConnection);
            } finally {
                work.forEach(one -> one.add(END));
                stopped = true;
                LockSupport.unpark(acknowledger);
                for (Thread thread : threads) {
                    thread.join();
                }
            }
            assertThat(failure.get()).isNull();
        }

        private void read(int messages, int messagesPerConnection) {
            connect(session);
            int released = 0;
            for (int next = 0; next < messages; next++) {
                if (next % messagesPerConnection == messagesPerConnection - 1) {
                    session.disconnected();
                    connect(session);
                    for (int again = acknowledged; again < next; again++) {
                        if (again < unacknowledged.get(qos(again) - 1)) {
                            continue;
                        }
                        Delivery delivery =
                                session.published(id(again), qos(again), true, again, routes(again), false, 0);
                        assertThat(delivery)
                                .as("message %s delivered again", again)
                                .isNull();
                    }
                }
                awaitAcknowledged(next - receiveMaximum + 1);
                released = release(released);
                publish(next);
            }
            awaitAcknowledged(messages);
            release(released);
        }

        private void publish(int message) {
            published = message + 1;
            unconfirmed.set(id(message), routes(message));
            Delivery delivery = session.published(id(message), qos(message), false, message, routes(message), false, 0);
            assertThat(delivery).as("message %s", message).isNotNull();
            for (int route = 0; route < routes(message); route++) {
                work.get(route).add(new Work(message, delivery));
            }
        }

        /** PUBREL for what has been acknowledged. */
        private int release(int from) {
            int to = Math.min(acknowledged, published);
            for (int message = from; message < to; message++) {
                if (qos(message) == 2) {
                    session.released(id(message));
                }
            }
            return to;
        }

        private void awaitAcknowledged(int count) {
            while (acknowledged < count) {
                if (failure.get() != null) {
                    throw new AssertionError("a thread has died", failure.get());
                }
                Thread.yield();
            }
        }

        /** Confirms what is there, the youngest first. */
        private void settleAll(BlockingQueue<Work> mine, int route) {
            List<Work> batch = new ArrayList<>();
            while (!batch.contains(END)) {
                batch.clear();
                try {
                    batch.add(mine.take());
                } catch (InterruptedException e) {
                    return;
                }
                mine.drainTo(batch, 10);
                for (int i = batch.size() - 1; i >= 0; i--) {
                    Work one = batch.get(i);
                    if (one != END) {
                        unconfirmed.decrementAndGet(id(one.message));
                        if (one.delivery.settle(route)) {
                            session.settled(one.delivery);
                        }
                    }
                }
            }
        }

        private void acknowledgeAll() {
            int most = 1;
            while (!stopped) {
                signalled = false;
                most = most % 7 + 1;
                if (session.acknowledge(this, most) == 0 && !signalled && !stopped) {
                    LockSupport.park(this);
                }
            }
        }

        private void wake() {
            if (!signalled) {
                signalled = true;
                LockSupport.unpark(acknowledger);
            }
        }

        @Override
        public void puback(int packetId, Delivery delivery) {
            acknowledged(packetId, 1);
        }

        @Override
        public void pubrec(int packetId, Delivery delivery) {
            acknowledged(packetId, 2);
        }

        @Override
        public void pubcomp(int packetId, boolean known) {
            assertThat(packetId).isBetween(1, receiveMaximum);
        }

        private void acknowledged(int packetId, int qos) {
            int message = unacknowledged.get(qos - 1);
            assertThat(packetId)
                    .as("id acknowledged instead of message %s", message)
                    .isEqualTo(id(message));
            assertThat(unconfirmed.get(packetId))
                    .as("routes that wait for message %s", message)
                    .isZero();
            unacknowledged.set(qos - 1, following(message + 1, qos));
            acknowledged = Math.min(unacknowledged.get(0), unacknowledged.get(1));
        }

        /** The first message from this one on that has this QoS. */
        private static int following(int message, int qos) {
            int found = message;
            while (qos(found) != qos) {
                found++;
            }
            return found;
        }

        private int id(int message) {
            return message % receiveMaximum + 1;
        }

        private static int qos(int message) {
            return 1 + message / 5 % 2;
        }

        private static int routes(int message) {
            return message % (MOST_ROUTES + 1);
        }
    }
}
