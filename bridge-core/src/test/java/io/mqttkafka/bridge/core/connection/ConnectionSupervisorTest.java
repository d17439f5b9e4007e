package io.mqttkafka.bridge.core.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mqttkafka.bridge.core.events.BridgeEvents;
import io.mqttkafka.bridge.core.events.Degradations;
import io.mqttkafka.bridge.core.failpoint.Failpoints;
import io.mqttkafka.bridge.core.mqtt.CloseReason;
import io.mqttkafka.bridge.core.mqtt.MqttConnectException;
import io.mqttkafka.bridge.core.mqtt.MqttConnection;
import io.mqttkafka.bridge.core.mqtt.wire.BrokerLimits;
import io.mqttkafka.bridge.core.mqtt.wire.ProtocolVersion;
import io.mqttkafka.bridge.core.time.BridgeClock;
import io.mqttkafka.bridge.error.BridgeClosedException;
import io.mqttkafka.bridge.error.BridgeStartException;
import io.mqttkafka.bridge.failure.Backoff;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class ConnectionSupervisorTest {
    private static final Duration SOON = Duration.ofSeconds(60);

    private final Object monitor = new Object();
    private final BridgeEvents events = new BridgeEvents(List.of());
    private final Degradations degradations = new Degradations(events, BridgeClock.SYSTEM, () -> {});
    private final BlockingQueue<String> calls = new LinkedBlockingQueue<>();
    private final Scripted owner = new Scripted();
    private final ConnectionSupervisor supervisor = new ConnectionSupervisor(
            new ConnectionSupervisor.Parts(
                    "client",
                    Backoff.fixed(Duration.ofMillis(1)),
                    Duration.ofSeconds(30),
                    new ConnectionSupervisor.Words("not started", "unanswered", "the last reader"),
                    monitor,
                    new Surroundings(
                            (options, will, clientId, handler) -> {
                                throw new AssertionError("its owner connects");
                            },
                            Failpoints.NONE,
                            events,
                            degradations,
                            BridgeClock.SYSTEM,
                            SOON,
                            SOON,
                            () -> {}),
                    LoggerFactory.getLogger(ConnectionSupervisorTest.class)),
            owner);

    @AfterEach
    void end() throws InterruptedException {
        owner.released.countDown();
        owner.attempt.countDown();
        supervisor.end();
        if (supervisor.begun()) {
            supervisor.awaitEnd();
        }
        events.close();
    }

    @Test
    void end_attemptUnderWay_isInterrupted() throws Exception {
        owner.attempt = new CountDownLatch(1);
        CompletableFuture<Void> start = startInBackground();
        expect("connect");

        supervisor.end();

        assertThat(supervisor.awaitEnd(SOON)).isTrue();
        assertThat(supervisor.finished()).isTrue();
        assertThatThrownBy(() -> start.get(SOON.toSeconds(), TimeUnit.SECONDS))
                .hasCauseInstanceOf(BridgeClosedException.class);
        expect("leaving", "left false");
    }

    @Test
    void endAfterAttempt_attemptUnderWay_isFinishedAndServed() throws Exception {
        owner.attempt = new CountDownLatch(1);
        CompletableFuture<Void> start = startInBackground();
        expect("connect");

        supervisor.endAfterAttempt();
        owner.attempt.countDown();

        start.get(SOON.toSeconds(), TimeUnit.SECONDS);
        expect("prepare", "serve", "leaving", "drop", "left true");
        assertThat(supervisor.awaitEnd(SOON)).isTrue();
    }

    @Test
    void end_whileServing_isToldByTheMonitorOnly() throws Exception {
        start();
        expect("connect", "prepare", "serve");
        assertThat(supervisor.connected()).isTrue();

        supervisor.end();

        // An interrupt would have been told as "interrupted".
        expect("leaving", "drop", "left true");
        assertThat(supervisor.awaitEnd(SOON)).isTrue();
        assertThat(supervisor.connected()).isFalse();
    }

    @Test
    void nextAttempt_lastReaderStillAtWork_waits() throws Exception {
        owner.released = new CountDownLatch(1);
        start();
        expect("connect", "prepare", "serve");

        supervisor.closed(CloseReason.of("first", null));
        supervisor.closed(CloseReason.of("second", null));

        expect("leaving", "drop");
        assertThat(calls).isEmpty();
        owner.released.countDown();
        expect("left true", "first", "pause", "connect", "prepare", "serve");
        assertThat(supervisor.connects()).isEqualTo(2);
        assertThat(supervisor.lastError()).isNotNull();
        assertThat(supervisor.lastError().cause()).isEqualTo("first");
    }

    @Test
    void start_refused_failsWithTheReason() {
        owner.refusal = new MqttConnectException(MqttConnectException.Kind.REFUSED, "no rights", null);
        assertThatThrownBy(this::start).isInstanceOf(BridgeStartException.class).hasMessage("no rights");
    }

    @Test
    void start_noAnswer_failsWithTheWordsOfTheRunner() {
        owner.attempt = new CountDownLatch(1);
        assertThatThrownBy(() -> supervisor.start(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(50)))
                .isInstanceOf(BridgeStartException.class)
                .hasMessage("unanswered");
    }

    /** It is not the MQTT broker that did not answer: nobody has asked it. */
    @Test
    void start_noTimeLeft_saysSoAndAsksNobody() {
        assertThatThrownBy(() -> supervisor.start(System.nanoTime()))
                .isInstanceOf(BridgeStartException.class)
                .hasMessageStartingWith("startTimeout: was over before the MQTT broker was asked")
                .hasMessageContaining("'client'");
        assertThat(supervisor.begun()).isFalse();
    }

    @Test
    void start_ownerFails_tellsItAndTheWordsOfTheRunner() throws Exception {
        owner.failure = new IllegalStateException("a bug");
        assertThatThrownBy(this::start)
                .isInstanceOf(BridgeStartException.class)
                .hasMessage("not started: java.lang.IllegalStateException: a bug");
        expect("connect", "leaving", "left false", "failed");
        assertThat(supervisor.awaitEnd(SOON)).isTrue();
    }

    @Test
    void givingUp_isTheEnd() throws Exception {
        owner.givesUp = true;
        start();
        expect("connect", "prepare", "serve");

        supervisor.closed(CloseReason.of("for good", null));

        expect("leaving", "drop", "left true", "for good");
        assertThat(supervisor.awaitEnd(SOON)).isTrue();
        assertThat(calls).isEmpty();
    }

    private void start() {
        supervisor.start(System.nanoTime() + SOON.toNanos());
    }

    private CompletableFuture<Void> startInBackground() {
        return CompletableFuture.runAsync(this::start);
    }

    private void expect(String... expected) throws InterruptedException {
        for (String call : expected) {
            assertThat(calls.poll(SOON.toSeconds(), TimeUnit.SECONDS)).isEqualTo(call);
        }
    }

    /** A runner that tells what it is called for, and waits where it is told to. */
    private final class Scripted implements ConnectionSupervisor.Owner {
        private volatile CountDownLatch attempt = new CountDownLatch(0);
        private volatile CountDownLatch released = new CountDownLatch(0);
        private volatile @Nullable MqttConnectException refusal;
        private volatile @Nullable RuntimeException failure;
        private volatile boolean givesUp;

        @Override
        public MqttConnection connect() throws MqttConnectException, InterruptedException {
            calls.add("connect");
            attempt.await();
            MqttConnectException refused = refusal;
            if (refused != null) {
                throw refused;
            }
            RuntimeException failed = failure;
            if (failed != null) {
                throw failed;
            }
            return new Connection();
        }

        @Override
        public void prepare(MqttConnection current) {
            calls.add("prepare");
        }

        @Override
        public @Nullable CloseReason serve(MqttConnection current) {
            supervisor.tellConnected(current, false, "");
            calls.add("serve");
            synchronized (monitor) {
                while (!supervisor.ending() && supervisor.closed() == null) {
                    try {
                        monitor.wait();
                    } catch (InterruptedException e) {
                        calls.add("interrupted");
                    }
                }
                if (Thread.currentThread().isInterrupted()) {
                    calls.add("interrupted");
                }
                return supervisor.closed();
            }
        }

        @Override
        public void leaving() {
            calls.add("leaving");
        }

        @Override
        public void left(boolean wasConnected) {
            calls.add("left " + wasConnected);
        }

        @Override
        public boolean givesUp(CloseReason reason, boolean achieving) {
            calls.add(reason.text());
            return givesUp;
        }

        @Override
        public boolean pauseAndMend(long untilNanos) throws InterruptedException {
            calls.add("pause");
            return supervisor.pauseUntil(untilNanos);
        }

        @Override
        public void failed(Throwable cause) {
            calls.add("failed");
            supervisor.failStart(cause);
        }

        /** A connection that is released when the test says so. */
        private final class Connection implements MqttConnection {
            @Override
            public BrokerLimits limits() {
                throw new AssertionError("The supervisor asked the connection for its limits; that is its owner's");
            }

            @Override
            public ProtocolVersion version() {
                return ProtocolVersion.V5;
            }

            @Override
            public String serverUri() {
                return "tcp://broker:1883";
            }

            @Override
            public List<Integer> subscribe(List<Subscription> subscriptions, Duration timeout) {
                throw new AssertionError("The supervisor asked the connection for a subscription; that is its owner's");
            }

            @Override
            public List<Integer> unsubscribe(List<String> filters, Duration timeout) {
                throw new AssertionError(
                        "The supervisor asked the connection for the end of a subscription; that is its owner's");
            }

            @Override
            public long lastReadNanos() {
                return System.nanoTime();
            }

            @Override
            public void disconnect(int reasonCode) {
                calls.add("disconnect");
            }

            @Override
            public void drop() {
                calls.add("drop");
            }

            @Override
            public boolean awaitReleased(Duration timeout) throws InterruptedException {
                return released.await(timeout.toMillis(), TimeUnit.MILLISECONDS);
            }
        }
    }
}
