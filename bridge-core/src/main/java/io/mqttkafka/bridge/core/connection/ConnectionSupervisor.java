package io.mqttkafka.bridge.core.connection;

import io.mqttkafka.bridge.LastError;
import io.mqttkafka.bridge.core.events.Degradations;
import io.mqttkafka.bridge.core.events.ErrorMemory;
import io.mqttkafka.bridge.core.mqtt.CloseReason;
import io.mqttkafka.bridge.core.mqtt.MqttConnectException;
import io.mqttkafka.bridge.core.mqtt.MqttConnection;
import io.mqttkafka.bridge.core.mqtt.wire.ProtocolVersion;
import io.mqttkafka.bridge.core.routing.UntrustedText;
import io.mqttkafka.bridge.core.time.BridgeClock;
import io.mqttkafka.bridge.error.BridgeClosedException;
import io.mqttkafka.bridge.error.BridgeException;
import io.mqttkafka.bridge.error.BridgeStartException;
import io.mqttkafka.bridge.event.Connected;
import io.mqttkafka.bridge.event.Disconnected;
import io.mqttkafka.bridge.failure.Backoff;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.event.Level;

/**
 * Keeps one MQTT connection up for a runner: its thread connects, lets the runner serve the connection until that ends, and
 * connects again after a delay, until the runner is told to end or gives up.
 *
 * <p>There is one connection at a time: the next is not begun before the last is dropped and the thread that reads it has left
 * the code of the routes. Ending interrupts an attempt to connect, and nothing else: once a connection is up, the runner
 * hears of it by the monitor, which it shares with its supervisor.
 *
 * <p>Thread-safe; the owner's methods are all called by the thread of the supervisor.
 */
public final class ConnectionSupervisor {
    private static final Duration UP_LONG_ENOUGH = Duration.ofSeconds(10);
    private static final long NOT_ACCEPTED = Long.MIN_VALUE;
    private static final long TICK_MILLIS = 250;

    /** The runner whose connection it is. */
    public interface Owner {
        /** Says why it cannot connect now although the last delay has passed, or null. */
        default @Nullable CloseReason obstacle() {
            return null;
        }

        /**
         * Makes a connection.
         *
         * @return the connection, accepted by the broker
         * @throws MqttConnectException if none could be made
         * @throws InterruptedException if the runner is to end
         */
        MqttConnection connect() throws MqttConnectException, InterruptedException;

        /**
         * Asks a new connection for all without which it is of no use.
         *
         * @param current the connection
         * @throws MqttConnectException if it is of no use
         * @throws InterruptedException if the runner is to end
         */
        void prepare(MqttConnection current) throws MqttConnectException, InterruptedException;

        /** Says what an attempt waits for now, and the mend, if that is not the MQTT broker; null otherwise. By any thread. */
        default @Nullable String awaited() {
            return null;
        }

        /**
         * Works on a connection until that or the runner ends. It is not interrupted.
         *
         * @param current the connection
         * @return why the connection has ended; null if the runner is to end
         * @throws MqttConnectException if it proves to be of no use
         * @throws InterruptedException never by its supervisor
         */
        @Nullable
        CloseReason serve(MqttConnection current) throws MqttConnectException, InterruptedException;

        /**
         * Words why an attempt has failed.
         *
         * @param failure what the attempt met with
         * @param accepted whether the broker had accepted the connection
         * @param known what the reader of the connection has told, or null
         * @return the reason
         */
        default CloseReason reasonOf(MqttConnectException failure, boolean accepted, @Nullable CloseReason known) {
            return new CloseReason(String.valueOf(failure.getMessage()), -1, false, failure);
        }

        /** Uses the connection, or what became of the attempt, no more: it is dropped next. */
        void leaving();

        /**
         * Forgets the connection: it is dropped, and nobody reads it.
         *
         * @param wasConnected whether it was in use
         */
        default void left(boolean wasConnected) {
            // Nothing was remembered of it.
        }

        /** Counts what has been brought to an end by means of the connection; more of it makes the next delay short. */
        default long achieved() {
            return 0;
        }

        /**
         * Judges the end of a connection, and stops what worked on it if another would end the same way.
         *
         * @param reason why it has ended
         * @param achieving whether something has been brought to an end on it
         * @return whether there is to be no other
         */
        boolean givesUp(CloseReason reason, boolean achieving);

        /**
         * Pauses, and mends what keeps the next connection from being of use.
         *
         * @param untilNanos until when to pause, by {@link ConnectionSupervisor#pauseUntil}
         * @return false if the runner is to end
         * @throws InterruptedException if the thread was interrupted
         */
        boolean pauseAndMend(long untilNanos) throws InterruptedException;

        /** Hears that the runner ends while there is no connection. */
        default void endsUnconnected() {
            // There is nobody to tell.
        }

        /**
         * Stops what worked on the connection, because the supervisor itself failed.
         *
         * @param cause why
         */
        void failed(Throwable cause);
    }

    /**
     * What a runner says in words of its own.
     *
     * @param notStarted begins the message of a start that failed for a reason nobody foresaw
     * @param unanswered the message of a start that met with no error and no answer either
     * @param lastReader what is waited for before the next connection
     */
    public record Words(String notStarted, String unanswered, String lastReader) {}

    /**
     * What a supervisor is made of.
     *
     * @param clientId the client id of the connection
     * @param reconnect the delays between attempts
     * @param keepAlive the keep-alive that is asked for
     * @param words what the runner says in words of its own
     * @param monitor guards what the runner waits for while it serves a connection
     * @param around the time, the listeners, and whoever else hears when the connection goes and comes
     * @param log the runner's
     */
    public record Parts(
            String clientId,
            Backoff reconnect,
            Duration keepAlive,
            Words words,
            Object monitor,
            Surroundings around,
            Logger log) {}

    private final Parts parts;
    private final Owner owner;
    private final String clientId;
    private final Logger log;
    private final BridgeClock clock;
    private final Thread thread;
    private final CompletableFuture<Void> started = new CompletableFuture<>();

    // Guarded by the monitor.
    private final Object monitor;
    private @Nullable CloseReason closed;
    private boolean ending;
    private boolean connecting;

    /** What the log has last been told of the connection that is away; for the supervisor's thread. */
    private @Nullable String told;

    private final TakeoverPattern takeovers = new TakeoverPattern();

    /** When the broker accepted the present connection, if by a version without reasons; for the supervisor's thread. */
    private long acceptedWithoutReasons = NOT_ACCEPTED;

    private final ErrorMemory errors;
    private final String name;
    private volatile boolean connected;
    private volatile Instant since;
    private volatile boolean finished;
    private volatile @Nullable MqttConnection connection;
    private final LongAdder connects = new LongAdder();

    /**
     * Makes a supervisor that does nothing yet.
     *
     * @param parts what it is made of
     * @param owner the runner
     */
    public ConnectionSupervisor(Parts parts, Owner owner) {
        this.parts = parts;
        this.owner = owner;
        clientId = parts.clientId();
        log = parts.log();
        monitor = parts.monitor();
        clock = parts.around().clock();
        errors = new ErrorMemory(clock);
        name = Degradations.connection(clientId);
        since = clock.instant();
        thread = new Thread(this::run, "bridge-" + clientId);
        thread.setDaemon(true);
    }

    // Starting and ending.

    /**
     * Begins, and returns when {@link #tellConnected} was called for the first time.
     *
     * @param deadlineNanos when to give up, by {@link System#nanoTime()}
     * @throws BridgeException if it does not come about
     */
    public void start(long deadlineNanos) {
        if (deadlineNanos - System.nanoTime() <= 0) {
            throw new BridgeStartException(
                    "startTimeout: was over before the MQTT broker was asked for a connection as '"
                            + UntrustedText.escape(clientId)
                            + "': what came before took all of it; check that Kafka answers soon, or set a longer startTimeout");
        }
        thread.start();
        try {
            started.get(remaining(deadlineNanos).toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof BridgeException failure) {
                throw failure;
            }
            throw new BridgeStartException(parts.words().notStarted() + ": " + e.getCause(), e.getCause());
        } catch (TimeoutException e) {
            String awaited = owner.awaited();
            LastError last = errors.last();
            if (awaited != null) {
                throw new BridgeStartException(awaited, e);
            }
            throw new BridgeStartException(last == null ? parts.words().unanswered() : last.cause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BridgeStartException("the start was interrupted", e);
        }
    }

    /**
     * Says how much time a start has left.
     *
     * @param deadlineNanos when to give up, by {@link System#nanoTime()}
     * @return the time, at least a millisecond
     */
    static Duration remaining(long deadlineNanos) {
        return Duration.ofNanos(Math.max(TimeUnit.MILLISECONDS.toNanos(1), deadlineNanos - System.nanoTime()));
    }

    /**
     * Makes a start that still waits fail; later it does nothing.
     *
     * @param cause why
     */
    public void failStart(Throwable cause) {
        started.completeExceptionally(cause);
    }

    /** Lets the runner end now: it connects no more, and an attempt that is under way is interrupted. */
    public void end() {
        synchronized (monitor) {
            ending = true;
            if (connecting) {
                thread.interrupt();
            }
            monitor.notifyAll();
        }
    }

    /** Lets the runner end, but for an attempt that is under way: what that leads to takes leave in order. */
    public void endAfterAttempt() {
        synchronized (monitor) {
            ending = true;
            monitor.notifyAll();
        }
    }

    /** Says whether it was ever started. */
    public boolean begun() {
        return thread.getState() != Thread.State.NEW;
    }

    /**
     * Waits for the end of a supervisor that has begun.
     *
     * @param patience how long to wait, more than zero
     * @return whether it has ended
     * @throws InterruptedException if the waiting thread was interrupted
     */
    public boolean awaitEnd(Duration patience) throws InterruptedException {
        thread.join(patience.toMillis());
        return !thread.isAlive();
    }

    /**
     * Waits for the end of a supervisor that has begun, as long as it takes.
     *
     * @throws InterruptedException if the waiting thread was interrupted
     */
    public void awaitEnd() throws InterruptedException {
        thread.join();
    }

    // The present connection.

    /**
     * Tells everybody that the connection is in use; the start is complete by it.
     *
     * @param current the connection
     * @param sessionPresent whether the broker had kept the session
     * @param detail ends the line of the log
     */
    public void tellConnected(MqttConnection current, boolean sessionPresent, String detail) {
        since = clock.instant();
        connected = true;
        errors.over();
        told = null;
        String uri = current.serverUri();
        ProtocolVersion version = current.version();
        log.info("'{}' is connected to {}{}{}", clientId, uri, version.hasProperties() ? "" : " by " + version, detail);
        parts.around().events().tell(listener -> listener.onConnected(new Connected(clientId, uri, sessionPresent)));
        parts.around().degradations().end(name);
        parts.around().stateChanged().run();
        started.complete(null);
    }

    /**
     * Notes that the connection has ended, or is to end; of several reasons the first counts.
     *
     * @param reason why
     */
    public void closed(CloseReason reason) {
        synchronized (monitor) {
            if (closed == null) {
                closed = reason;
            }
            monitor.notifyAll();
        }
    }

    /** Drops the present connection, if there is one. */
    public void drop() {
        MqttConnection current = connection;
        if (current != null) {
            current.drop();
        }
    }

    /** Says why the present connection has ended; null if it has not. */
    @Nullable
    public CloseReason closed() {
        synchronized (monitor) {
            return closed;
        }
    }

    /** Says whether the runner is to end. */
    public boolean ending() {
        synchronized (monitor) {
            return ending;
        }
    }

    /** Says whether the present connection is up and in use. */
    public boolean connected() {
        return connected;
    }

    /** Says whether it has ended for good. */
    public boolean finished() {
        return finished;
    }

    /** Counts the connections that got as far as being of use. */
    public long connects() {
        return connects.sum();
    }

    /** Says since when it is connected, or is not. */
    public Instant since() {
        return since;
    }

    /** Says what went wrong last; null if nothing did. */
    @Nullable
    public LastError lastError() {
        return errors.last();
    }

    /**
     * Remembers what went wrong.
     *
     * @param error in words
     */
    public void lastError(@Nullable String error) {
        errors.note(String.valueOf(error));
    }

    /**
     * Words what happened to a connection whose client id another has used.
     *
     * @param option the option that sets the client id
     * @return the message
     */
    String takenOver(String option) {
        return option + ": another client connected as '" + UntrustedText.escape(clientId)
                + "' and took the session over; give each client an id of its own";
    }

    /** Looks at a connection that is up. */
    public interface Look {
        /**
         * Looks once.
         *
         * @param nowNanos now, by {@link System#nanoTime()}
         * @return why the connection is of no use any more; null if it is
         */
        @Nullable
        CloseReason look(long nowNanos);
    }

    /**
     * Looks at the present connection four times a second, until it or the runner ends. For the owner that serves it.
     *
     * @param look looks
     * @return why the connection has ended, or is to end; null if the runner is to end
     * @throws InterruptedException if the thread was interrupted
     */
    public @Nullable CloseReason watch(Look look) throws InterruptedException {
        while (true) {
            synchronized (monitor) {
                if (closed == null && !ending) {
                    monitor.wait(TICK_MILLIS);
                }
                if (ending) {
                    return null;
                }
                if (closed != null) {
                    return closed;
                }
            }
            CloseReason reason = look.look(System.nanoTime());
            if (reason != null) {
                return reason;
            }
        }
    }

    // Its thread.

    private void run() {
        try {
            int attempt = 0;
            while (true) {
                long before = owner.achieved();
                long since = clock.nanos();
                CloseReason ended = connectAndServe();
                if (ended == null) {
                    return;
                }
                boolean achieving = owner.achieved() > before;
                CloseReason reason = judged(ended, achieving);
                if (owner.givesUp(reason, achieving)) {
                    return;
                }
                if (started.isCompletedExceptionally()) {
                    // Who waits for the start is told why; there is no other attempt.
                    log.debug("'{}' is not connected: {}", clientId, reason.text());
                    parts.around()
                            .events()
                            .tell(listener -> listener.onDisconnected(new Disconnected(clientId, reason.text(), null)));
                    return;
                }
                boolean progress = achieving || clock.nanos() - since > UP_LONG_ENOUGH.toNanos();
                attempt = progress ? 1 : attempt + 1;
                Duration delay = reason.lasting() ? parts.reconnect().max() : delay(attempt);
                // Before it is told: who hears of it can move the clock.
                long until = clock.nanos() + delay.toNanos();
                tellDisconnected(reason, delay);
                if (!owner.pauseAndMend(until)) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            log.debug("The supervisor of '{}' was interrupted", clientId);
        } catch (RuntimeException | Error e) {
            log.error("The supervisor of '{}' failed", clientId, e);
            owner.failed(e);
        } finally {
            finished = true;
            connected = false;
            if (!ending()) {
                LastError last = errors.last();
                parts.around().degradations().begin(name, last == null ? "given up" : last.cause());
            }
            started.completeExceptionally(new BridgeClosedException("the bridge was closed while it started"));
            parts.around().stateChanged().run();
        }
    }

    /** Where the version has no reasons, some are found out by the pattern. */
    private CloseReason judged(CloseReason reason, boolean achieving) {
        if (acceptedWithoutReasons == NOT_ACCEPTED) {
            return reason;
        }
        long now = clock.nanos();
        Duration lived = Duration.ofNanos(now - acceptedWithoutReasons);
        // What gets on is not stopped.
        TakeoverPattern.Finding finding =
                achieving ? TakeoverPattern.Finding.NONE : takeovers.look(reason, lived, parts.keepAlive(), now);
        return switch (finding) {
            case NONE -> reason;
            case SUSPICION -> {
                log.warn(
                        "'{}': the MQTT broker has closed a connection soon after it had accepted it, again; another client may"
                                + " use the client id, or the broker does not allow what this one asks for: MQTT 3.1.1 has no"
                                + " word for either",
                        clientId);
                yield reason;
            }
            case TAKEN_OVER -> {
                CloseReason found = TakeoverPattern.takenOver(reason);
                errors.note(found.text());
                log.error("'{}': {}", clientId, found.text());
                yield found;
            }
        };
    }

    /** One connection from CONNECT to its end; null if the runner is to end. */
    private @Nullable CloseReason connectAndServe() throws InterruptedException {
        if (!beginConnecting()) {
            owner.endsUnconnected();
            return null;
        }
        CloseReason obstacle = owner.obstacle();
        if (obstacle != null) {
            doneConnecting();
            return obstacle;
        }
        MqttConnection current = null;
        CloseReason reason;
        acceptedWithoutReasons = NOT_ACCEPTED;
        try {
            current = owner.connect();
            connection = current;
            if (!current.version().hasProperties()) {
                acceptedWithoutReasons = clock.nanos();
            }
            owner.prepare(current);
            doneConnecting();
            connects.increment();
            reason = owner.serve(current);
        } catch (MqttConnectException e) {
            reason = owner.reasonOf(e, current != null, closed());
            if (!started.isDone() && !e.passing()) {
                started.completeExceptionally(new BridgeStartException(String.valueOf(e.getMessage()), e));
            }
        } finally {
            doneConnecting();
            owner.leaving();
            boolean was = connected;
            connected = false;
            if (was) {
                tellLost();
            }
            if (current != null) {
                current.drop();
                awaitReader(current);
            }
            connection = null;
            owner.left(was);
            if (was) {
                parts.around().stateChanged().run();
            }
        }
        if (reason != null) {
            errors.note(reason.text());
        }
        return reason;
    }

    private void tellLost() {
        since = clock.instant();
        CloseReason known = closed();
        if (!ending()) {
            parts.around().degradations().begin(name, known == null ? "the connection is given up" : known.text());
        }
    }

    /** False if the runner is to end. */
    private boolean beginConnecting() {
        synchronized (monitor) {
            closed = null;
            connecting = !ending;
            return connecting;
        }
    }

    /** From here on an interrupt would hurt: closing is told by the monitor instead. */
    private void doneConnecting() {
        synchronized (monitor) {
            connecting = false;
            Thread.interrupted();
        }
    }

    /** Two readers must never meet: waits until the last one has left user code. */
    private void awaitReader(MqttConnection last) throws InterruptedException {
        while (!last.awaitReleased(Duration.ofSeconds(10))) {
            log.warn("'{}' waits for {}", clientId, parts.words().lastReader());
        }
    }

    private void tellDisconnected(CloseReason reason, Duration delay) {
        boolean news = !reason.text().equals(told);
        told = reason.text();
        log.atLevel(news ? Level.WARN : Level.DEBUG)
                .log("'{}' is not connected: {}; next attempt in {} ms", clientId, reason.text(), delay.toMillis());
        parts.around().degradations().begin(name, reason.text());
        parts.around()
                .events()
                .tell(listener -> listener.onDisconnected(new Disconnected(clientId, reason.text(), delay)));
    }

    // For the owner, on its thread, while there is no connection.

    /**
     * Says how long to wait before an attempt.
     *
     * @param attempt which one it is since the last that got on, from 1
     * @return the delay, jittered
     */
    public Duration delay(int attempt) {
        return parts.reconnect().delay(attempt, ThreadLocalRandom.current().nextDouble());
    }

    /**
     * Waits before the next attempt, by the clock.
     *
     * @param untilNanos until when, by {@link BridgeClock#nanos()} of the clock
     * @return false if the runner is to end; {@link Owner#endsUnconnected} has been called then
     * @throws InterruptedException if the thread was interrupted
     */
    public boolean pauseUntil(long untilNanos) throws InterruptedException {
        return pause(clock, untilNanos);
    }

    /**
     * Waits before looking again, by the machine's time.
     *
     * @param interval how long
     * @return false if the runner is to end; {@link Owner#endsUnconnected} has been called then
     * @throws InterruptedException if the thread was interrupted
     */
    public boolean idle(Duration interval) throws InterruptedException {
        return pause(BridgeClock.SYSTEM, System.nanoTime() + interval.toNanos());
    }

    /** Stops what worked on the connection, as after a failure of its own. */
    void fail(Throwable cause) {
        owner.failed(cause);
    }

    private boolean pause(BridgeClock by, long untilNanos) throws InterruptedException {
        synchronized (monitor) {
            while (!ending) {
                if (untilNanos - by.nanos() <= 0) {
                    return true;
                }
                by.await(monitor, untilNanos);
            }
        }
        owner.endsUnconnected();
        return false;
    }
}
