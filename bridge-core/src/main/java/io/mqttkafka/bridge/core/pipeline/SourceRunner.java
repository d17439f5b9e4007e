package io.mqttkafka.bridge.core.pipeline;

import io.mqttkafka.bridge.BridgeHealth.ConnectionHealth;
import io.mqttkafka.bridge.Partitioner;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.config.TransactionOptions;
import io.mqttkafka.bridge.core.events.BridgeEvents;
import io.mqttkafka.bridge.core.failpoint.Failpoint;
import io.mqttkafka.bridge.core.failpoint.Failpoints;
import io.mqttkafka.bridge.core.kafka.KafkaSink;
import io.mqttkafka.bridge.core.kafka.TopicResolution;
import io.mqttkafka.bridge.core.kafka.TransactionalKafkaSink;
import io.mqttkafka.bridge.core.mqtt.AckOutput;
import io.mqttkafka.bridge.core.mqtt.CloseReason;
import io.mqttkafka.bridge.core.mqtt.InboundHandler;
import io.mqttkafka.bridge.core.mqtt.MqttConnectException;
import io.mqttkafka.bridge.core.mqtt.MqttConnection;
import io.mqttkafka.bridge.core.mqtt.MqttTransport;
import io.mqttkafka.bridge.core.mqtt.wire.ConnAck;
import io.mqttkafka.bridge.core.mqtt.wire.PublishFrame;
import io.mqttkafka.bridge.core.routing.RouteTable;
import io.mqttkafka.bridge.core.routing.UntrustedText;
import io.mqttkafka.bridge.core.session.Delivery;
import io.mqttkafka.bridge.core.session.InFlightWindow;
import io.mqttkafka.bridge.core.session.SourceSession;
import io.mqttkafka.bridge.error.BridgeClosedException;
import io.mqttkafka.bridge.error.BridgeException;
import io.mqttkafka.bridge.error.BridgeStartException;
import io.mqttkafka.bridge.error.DeliveryException;
import io.mqttkafka.bridge.event.Connected;
import io.mqttkafka.bridge.event.Disconnected;
import io.mqttkafka.bridge.event.RouteStopped;
import io.mqttkafka.bridge.event.SessionLost;
import io.mqttkafka.bridge.event.Stalled;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one MQTT connection up and feeds the pipeline with what arrives on it.
 *
 * <p>Its supervisor thread connects, subscribes, watches, and connects again. Whatever goes wrong on the way of a message
 * ends here, as one of three: the connection is dropped without an acknowledgement so that the broker delivers again, the
 * connection waits for room, or its routes stop.
 */
public final class SourceRunner implements Runner {
    private static final Logger log = LoggerFactory.getLogger(SourceRunner.class);
    private static final long TICK_MILLIS = 250;
    private static final Duration UP_LONG_ENOUGH = Duration.ofSeconds(10);
    private static final int MOST_MALFORMED_IN_A_ROW = 3;
    private static final int NORMAL_DISCONNECTION = 0;
    private static final Duration PROOF_PATIENCE = Duration.ofSeconds(5);
    private static final Duration CLOSE_GRACE = Duration.ofSeconds(5);
    private static final Duration RESTART_TIMEOUT = Duration.ofSeconds(30);

    /** What a runner is made of. */
    public record Parts(
            String clientId,
            MqttOptions options,
            List<SourceRoute> routes,
            MqttTransport transport,
            KafkaSink sink,
            @Nullable TransactionalKafkaSink transactions,
            TransactionOptions transactionOptions,
            Failpoints failpoints,
            BridgeEvents events,
            Duration drainTimeout,
            Duration stallThreshold,
            Runnable stateChanged) {}

    private final Parts parts;
    private final String clientId;
    private final MqttOptions options;
    private final KafkaSink sink;
    private final BridgeEvents events;
    private final SourceSession session;
    private final InFlightWindow window;
    private final MqttToKafkaPipeline pipeline;
    private final Acknowledger acknowledger;

    /** Null if no route asks for exactly once. */
    private final @Nullable TransactionCommitter committer;

    private final Failpoints failpoints;
    private final LaneWorker laneWorker;
    private final Map<SourceRoute, RouteLane> lanes = new LinkedHashMap<>();
    private final Subscriptions subscriptions;
    private final ReceiveRoom room;
    private final MessageIntake intake;
    private final Thread supervisor;
    private final CompletableFuture<Void> started = new CompletableFuture<>();

    // What the supervisor waits for; guarded by its monitor.
    private final Object monitor = new Object();
    private @Nullable CloseReason closed;
    private @Nullable Stop stop;
    private @Nullable Duration drain;
    private boolean sinkBroken;
    private boolean connecting;

    private volatile boolean takingMessages;
    private volatile boolean draining;
    private volatile boolean connected;
    private volatile boolean finished;
    private volatile boolean sessionPresent;

    /** What was asked for, or what the broker imposes if that is shorter. */
    private volatile Duration keepAlive;

    private volatile @Nullable String lastError;
    private volatile @Nullable MqttConnection connection;
    private volatile boolean windowWasFull;
    private volatile int leftUnacknowledged;
    private final LongAdder connects = new LongAdder();

    private record Stop(
            @Nullable SourceRoute route, @Nullable String mqttTopic, Throwable cause) {}

    /**
     * Makes a runner that does nothing yet.
     *
     * @param parts what it is made of
     */
    public SourceRunner(Parts parts) {
        this.parts = parts;
        clientId = parts.clientId();
        options = parts.options();
        keepAlive = options.keepAlive();
        sink = parts.sink();
        events = parts.events();
        String thread = "bridge-" + clientId;
        window = new InFlightWindow(options.maxInFlightBytes());
        failpoints = parts.failpoints();
        session = new SourceSession(this::wakeAcknowledger, this::wakeCommitter);
        room = new ReceiveRoom(options, session, window, () -> takingMessages);
        acknowledger = new Acknowledger(thread + "-ack", session, room::wake, failpoints);
        pipeline = new MqttToKafkaPipeline(sink, window, new FromPipeline(), events, failpoints);
        TransactionalKafkaSink transactions = parts.transactions();
        committer = transactions == null
                ? null
                : new TransactionCommitter(
                        thread + "-commit",
                        transactions,
                        session,
                        parts.transactionOptions(),
                        failpoints,
                        new FromCommitter());
        for (SourceRoute route : parts.routes()) {
            lanes.put(route, new RouteLane());
        }
        laneWorker = new LaneWorker(
                thread + "-lanes", List.copyOf(lanes.values()), pipeline::work, cause -> breakConnection(cause));
        RouteTable<SourceRoute> routes = RouteTable.of(parts.routes(), SourceRoute::filter);
        subscriptions = new Subscriptions(clientId, options, parts.routes(), routes);
        intake = new MessageIntake(
                clientId,
                options,
                session,
                window,
                room,
                pipeline,
                committer,
                routes,
                lanes,
                subscriptions,
                events,
                failpoints,
                new FromIntake());
        supervisor = new Thread(this::run, thread);
        supervisor.setDaemon(true);
    }

    // Starting, asking, ending: called by the bridge.

    /**
     * Connects to Kafka, then to the MQTT broker, and returns when subscribed.
     *
     * @param deadlineNanos when to give up, by {@link System#nanoTime()}
     * @throws BridgeException if it does not come about
     */
    @Override
    public void start(long deadlineNanos) {
        sink.open(remaining(deadlineNanos));
        if (committer != null) {
            committer.open(remaining(deadlineNanos));
        }
        for (SourceRoute route : parts.routes()) {
            for (String topic : route.fixedTopics()) {
                requireReady(route, topic, deadlineNanos);
            }
        }
        acknowledger.start();
        laneWorker.start();
        supervisor.start();
        try {
            started.get(remaining(deadlineNanos).toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof BridgeException failure) {
                throw failure;
            }
            throw new BridgeStartException("the bridge could not start: " + e.getCause(), e.getCause());
        } catch (TimeoutException e) {
            String error = lastError;
            throw new BridgeStartException(
                    error == null
                            ? "mqtt.serverUri: the MQTT broker did not answer before the start timeout; check that it runs"
                            : error,
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BridgeStartException("the start was interrupted", e);
        }
    }

    private void requireReady(SourceRoute route, String topic, long deadlineNanos) {
        TopicResolution resolution = sink.resolve(topic);
        while (resolution.state() == TopicResolution.State.UNREACHABLE && deadlineNanos - System.nanoTime() > 0) {
            resolution = sink.resolve(topic);
        }
        if (resolution.state() != TopicResolution.State.READY) {
            throw new BridgeStartException(
                    "route '" + route.name() + "': "
                            + MqttToKafkaPipeline.notReady(topic, resolution).getMessage(),
                    resolution.cause());
        }
        if (route.partitioner instanceof Partitioner.Single single
                && single.partition() >= sink.partitionCount(topic)
                && route.topicTemplate != null
                && route.topicTemplate.isConstant()
                && topic.equals(route.fixedTopics().get(0))) {
            throw new BridgeStartException("route '" + route.name() + "': partitioner: '" + topic
                    + "' has partitions 0 to " + (sink.partitionCount(topic) - 1) + ", not " + single.partition());
        }
        route.ready(topic);
    }

    private static Duration remaining(long deadlineNanos) {
        return Duration.ofNanos(Math.max(TimeUnit.MILLISECONDS.toNanos(1), deadlineNanos - System.nanoTime()));
    }

    /**
     * Takes no more messages, waits for those in flight, disconnects, and returns when nothing of it is left.
     *
     * @param timeout how long to wait for messages in flight
     */
    @Override
    public void close(Duration timeout) {
        synchronized (monitor) {
            drain = timeout;
            if (connecting) {
                supervisor.interrupt();
            }
            monitor.notifyAll();
        }
        boolean interrupted = false;
        try {
            if (supervisor.getState() != Thread.State.NEW) {
                supervisor.join(timeout.plus(CLOSE_GRACE).toMillis());
                if (supervisor.isAlive()) {
                    // It waits for a transaction that Kafka does not end; this ends it, uncommitted.
                    closeTransactions(Duration.ZERO);
                }
                supervisor.join();
                acknowledger.stop();
                laneWorker.stop();
            }
            closeTransactions(Duration.ZERO);
            if (committer != null) {
                committer.stop();
            }
        } catch (InterruptedException e) {
            interrupted = true;
        }
        sink.close(Duration.ZERO);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void closeTransactions(Duration timeout) {
        TransactionalKafkaSink transactions = parts.transactions();
        if (transactions != null) {
            transactions.close(timeout);
        }
    }

    /** Says whether the connection is up and subscribed. */
    @Override
    public boolean connected() {
        return connected;
    }

    /** Says whether it has stopped for good. */
    @Override
    public boolean finished() {
        return finished;
    }

    private int unacknowledged() {
        return finished ? leftUnacknowledged : session.unacknowledged();
    }

    /**
     * Takes a snapshot.
     *
     * @return the state of the connection
     */
    @Override
    public ConnectionHealth health() {
        return new ConnectionHealth(
                clientId,
                connected,
                sessionPresent,
                connects.sum(),
                unacknowledged(),
                window.inFlight(),
                Duration.ofNanos(session.oldestAge(System.nanoTime())),
                intake.redelivered(),
                session.suppressed(),
                intake.unrouted(),
                lastError);
    }

    // The supervisor.

    private void run() {
        try {
            int attempt = 0;
            int malformed = 0;
            while (true) {
                long before = acknowledger.written();
                long since = System.nanoTime();
                CloseReason reason = connectAndWatch();
                if (reason == null) {
                    return;
                }
                malformed = reason.malformed() ? malformed + 1 : 0;
                if (reason.takenOver()) {
                    stopRoutes(new Stop(null, null, takenOver()));
                    return;
                }
                if (malformed >= MOST_MALFORMED_IN_A_ROW) {
                    stopRoutes(new Stop(null, null, new DeliveryException(reason.text(), reason.cause())));
                    return;
                }
                boolean progress =
                        acknowledger.written() > before || System.nanoTime() - since > UP_LONG_ENOUGH.toNanos();
                attempt = progress ? 1 : attempt + 1;
                Duration delay = reason.lasting()
                        ? options.reconnect().max()
                        : options.reconnect()
                                .delay(attempt, ThreadLocalRandom.current().nextDouble());
                tellDisconnected(reason, delay);
                mendSink();
                if (!pause(delay) || !mendTransactions() || !awaitRoomAfterFullWindow()) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            log.debug("The supervisor of '{}' was interrupted", clientId);
        } catch (RuntimeException | Error e) {
            log.error("The supervisor of '{}' failed", clientId, e);
            stopRoutes(new Stop(null, null, e));
        } finally {
            finished = true;
            connected = false;
            started.completeExceptionally(new BridgeClosedException("the bridge was closed while it started"));
            parts.stateChanged().run();
        }
    }

    private DeliveryException takenOver() {
        return new DeliveryException("mqtt.clientId: another client connected as '" + UntrustedText.escape(clientId)
                + "' and took the session over; give each client an id of its own");
    }

    /** One connection from CONNECT to its end; null if the runner is to end. */
    private @Nullable CloseReason connectAndWatch() throws InterruptedException {
        Stop stopping;
        synchronized (monitor) {
            closed = null;
            stopping = stop;
            if (stopping == null) {
                if (drain != null) {
                    return null;
                }
                connecting = true;
            }
        }
        if (stopping != null) {
            stopRoutes(stopping);
            return null;
        }
        if (committer != null && committer.isBroken()) {
            // It broke after it was last looked at; that it told us is forgotten by now.
            doneConnecting();
            return CloseReason.of("a transaction of Kafka's client failed", null);
        }
        MqttConnection current = null;
        CloseReason reason;
        try {
            current = parts.transport().connect(options, clientId, new Inbound());
            connection = current;
            subscriptions.requireLimits(current.connAck());
            subscriptions.unsubscribe(current);
            awaitProofOfSession();
            session.subscribing();
            awaitVoidIds();
            subscriptions.subscribe(current);
            doneConnecting();
            connects.increment();
            connected = true;
            log.info(
                    "'{}' is connected to {}, session {}",
                    clientId,
                    current.serverUri(),
                    sessionPresent ? "resumed" : "new");
            String uri = current.serverUri();
            boolean present = sessionPresent;
            events.tell(listener -> listener.onConnected(new Connected(clientId, uri, present)));
            parts.stateChanged().run();
            started.complete(null);
            reason = watch(current);
        } catch (MqttConnectException e) {
            reason = reasonOf(e, current != null);
            if (!started.isDone() && !e.passing()) {
                started.completeExceptionally(new BridgeStartException(String.valueOf(e.getMessage()), e));
            }
        } finally {
            doneConnecting();
            takingMessages = false;
            boolean was = connected;
            connected = false;
            if (current != null) {
                current.drop();
                awaitReader(current);
            }
            connection = null;
            int left = session.unacknowledged();
            // An attempt that did not get as far as the subscription leaves what the last connection left.
            leftUnacknowledged = was ? left : Math.max(left, leftUnacknowledged);
            session.disconnected();
            if (was) {
                parts.stateChanged().run();
            }
        }
        if (reason != null) {
            lastError = reason.text();
        }
        return reason;
    }

    /** Why it did not come about: the reader may know more than the request that got no answer. */
    private CloseReason reasonOf(MqttConnectException failure, boolean accepted) {
        CloseReason known;
        synchronized (monitor) {
            known = closed;
        }
        // That a socket broke says less than what was being asked for when it did.
        boolean telling = known != null && accepted && !(known.cause() instanceof IOException);
        boolean better =
                known != null && failure.passing() && (telling || known.malformed() || known.reasonCode() >= 0);
        return better && known != null
                ? known
                : new CloseReason(String.valueOf(failure.getMessage()), -1, false, failure);
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
            log.warn("'{}' waits for a codec or function of a route to return before it connects again", clientId);
        }
    }

    /** A broker that has kept the session sends again at once; ids that it does not prove in time lose their meaning. */
    private void awaitProofOfSession() throws MqttConnectException, InterruptedException {
        long deadline = System.nanoTime() + PROOF_PATIENCE.toNanos();
        while (session.inDoubt() && System.nanoTime() < deadline) {
            requireGoingOn();
            awaitTick();
        }
    }

    /** Ids that have lost their meaning must be void in Kafka before what is subscribed can use them again. */
    private void awaitVoidIds() throws MqttConnectException, InterruptedException {
        if (committer == null) {
            return;
        }
        committer.wake();
        while (session.generationDue() || session.forgettingDue()) {
            requireGoingOn();
            awaitTick();
        }
    }

    private void requireGoingOn() throws MqttConnectException {
        synchronized (monitor) {
            if (closed != null || stop != null || drain != null) {
                throw new MqttConnectException(
                        MqttConnectException.Kind.UNREACHABLE,
                        "the connection ended before Kafka knew which packet ids are void",
                        null);
            }
        }
    }

    /** Waits until the connection or the runner ends; null in the latter case. */
    private @Nullable CloseReason watch(MqttConnection current) throws InterruptedException {
        long stalledAt = 0;
        long owedSince = 0;
        long usedTwice = session.idsUsedTwice();
        boolean reported = false;
        while (true) {
            synchronized (monitor) {
                if (closed == null && stop == null && drain == null) {
                    monitor.wait(TICK_MILLIS);
                }
                if (stop != null) {
                    break;
                }
                if (drain != null) {
                    break;
                }
                if (closed != null) {
                    return closed;
                }
            }
            long now = System.nanoTime();
            stalledAt = reportStall(now, stalledAt);
            reported = reported || reportIdsUsedTwice(usedTwice);
            owedSince = session.owesAcknowledgement() ? owedSince == 0 ? now : owedSince : 0;
            long tooLong = keepAlive.toNanos() * 2;
            if (owedSince != 0 && now - owedSince > tooLong) {
                return CloseReason.of(
                        "acknowledgements could not be written for " + keepAlive.multipliedBy(2)
                                + ", twice the keep-alive (mqtt.keepAlive)",
                        null);
            }
            if (now - current.lastReadNanos() > tooLong) {
                return CloseReason.of(
                        "the connection was not read for twice the keep-alive (mqtt.keepAlive); "
                                + "a codec or function of a route may block",
                        null);
            }
        }
        Stop stopping;
        Duration timeout;
        synchronized (monitor) {
            stopping = stop;
            timeout = drain == null ? parts.drainTimeout() : drain;
        }
        drainAndDisconnect(current, stopping, timeout);
        if (stopping != null) {
            stopRoutes(stopping);
        }
        return null;
    }

    private boolean reportIdsUsedTwice(long before) {
        if (session.idsUsedTwice() == before) {
            return false;
        }
        log.warn(
                "'{}': the MQTT broker uses packet ids for a second message before it has released the first, which MQTT forbids; "
                        + "messages of QoS 2 can be repeated. mosquitto before 2.0.13 does so with a large backlog",
                clientId);
        return true;
    }

    private long reportStall(long now, long reportedAt) {
        long age = session.oldestAge(now);
        long threshold = parts.stallThreshold().toNanos();
        if (age < threshold) {
            return 0;
        }
        if (reportedAt != 0 && now - reportedAt < threshold) {
            return reportedAt;
        }
        int waiting = session.unacknowledged();
        log.warn(
                "'{}': the oldest of {} unacknowledged messages has waited for {} s: Kafka does not confirm it",
                clientId,
                waiting,
                TimeUnit.NANOSECONDS.toSeconds(age));
        events.tell(listener -> listener.onStalled(new Stalled(clientId, Duration.ofNanos(age), waiting)));
        return now;
    }

    /**
     * Takes nothing more, gives what is in flight the time to be confirmed and acknowledged, and takes leave. On a stop,
     * the failed message and what waits behind it stay unacknowledged.
     */
    private void drainAndDisconnect(MqttConnection current, @Nullable Stop stopping, Duration timeout)
            throws InterruptedException {
        takingMessages = false;
        long deadline = System.nanoTime() + timeout.toNanos();
        if (stopping == null) {
            while ((session.unacknowledged() > 0 || window.inFlight() > 0)
                    && System.nanoTime() < deadline
                    && !isClosed()) {
                awaitTick();
            }
        }
        awaitTransactions(deadline);
        draining = true;
        sink.close(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
        closeTransactions(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
        long lastAcks = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
        while ((session.owesAcknowledgement() || acknowledger.isBusy())
                && System.nanoTime() < lastAcks
                && !isClosed()) {
            awaitTick();
        }
        int left = session.unacknowledged();
        if (left > 0) {
            log.warn("'{}' leaves {} messages unacknowledged; the MQTT broker delivers them again", clientId, left);
        }
        current.disconnect(NORMAL_DISCONNECTION);
    }

    /** What is ready is committed, also on a stop: it came before the message that failed. */
    private void awaitTransactions(long deadline) throws InterruptedException {
        while (committer != null && !committer.isResting() && System.nanoTime() < deadline && !isClosed()) {
            awaitTick();
        }
    }

    private boolean isClosed() {
        synchronized (monitor) {
            return closed != null;
        }
    }

    private static void awaitTick() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
    }

    private void tellDisconnected(CloseReason reason, Duration delay) {
        log.warn("'{}' is not connected: {}; next attempt in {} ms", clientId, reason.text(), delay.toMillis());
        events.tell(listener -> listener.onDisconnected(new Disconnected(clientId, reason.text(), delay)));
    }

    /** Waits before the next attempt; false if the runner is to end. */
    private boolean pause(Duration delay) throws InterruptedException {
        long until = System.nanoTime() + delay.toNanos();
        synchronized (monitor) {
            while (drain == null && stop == null) {
                long millis = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
                if (millis <= 0) {
                    return true;
                }
                monitor.wait(millis);
            }
        }
        Stop stopping = stop;
        if (stopping != null) {
            stopRoutes(stopping);
        }
        return false;
    }

    private void mendSink() {
        boolean broken;
        synchronized (monitor) {
            broken = sinkBroken;
        }
        if (broken) {
            log.info("'{}' starts a new producer", clientId);
            sink.reset();
            synchronized (monitor) {
                // What the old producer gave up has been told by now.
                sinkBroken = false;
            }
        }
    }

    /** Starts transactions afresh if nobody knows how the last one ended; false if the runner is to end. */
    private boolean mendTransactions() throws InterruptedException {
        int attempt = 0;
        while (committer != null && committer.isBroken()) {
            if (!pause(Duration.ZERO)) {
                return false;
            }
            try {
                committer.restart(RESTART_TIMEOUT);
                log.info("'{}' starts transactions afresh, from what Kafka knows", clientId);
            } catch (BridgeStartException e) {
                lastError = e.getMessage();
                attempt++;
                Duration delay = options.reconnect()
                        .delay(attempt, ThreadLocalRandom.current().nextDouble());
                log.warn(
                        "'{}' cannot start transactions afresh: {}; next attempt in {} ms",
                        clientId,
                        e.getMessage(),
                        delay.toMillis());
                if (!pause(delay)) {
                    return false;
                }
            }
        }
        return true;
    }

    /** A window that was full is given the time to drain, so that the next connection does not end the same way. */
    private boolean awaitRoomAfterFullWindow() throws InterruptedException {
        while (windowWasFull && !window.halfFree()) {
            // What a broken transaction holds of the window comes back by a restart only.
            if (!pause(Duration.ofMillis(TICK_MILLIS)) || !mendTransactions()) {
                return false;
            }
        }
        windowWasFull = false;
        return true;
    }

    private void stopRoutes(Stop stopping) {
        String message = SafeText.of(stopping.cause());
        lastError = message;
        SourceRoute failed = stopping.route();
        for (SourceRoute route : parts.routes()) {
            boolean culprit = failed == null || failed == route;
            Throwable cause = failed == null || culprit
                    ? stopping.cause()
                    : new DeliveryException(
                            "route '" + failed.name() + "', which shares the MQTT connection, has stopped: " + message);
            String topic = culprit ? stopping.mqttTopic() : null;
            route.lastError(cause);
            route.markStopped();
            if (culprit) {
                log.error(
                        "Route '{}' has stopped{}: {}",
                        route.name(),
                        topic == null ? "" : " at a message on '" + UntrustedText.escape(topic) + "'",
                        message);
            }
            events.tell(listener -> listener.onRouteStopped(new RouteStopped(route.name(), topic, cause)));
        }
        started.completeExceptionally(new BridgeStartException(message, stopping.cause()));
    }

    private void wakeCommitter() {
        if (committer != null) {
            committer.wake();
        }
    }

    private void wakeAcknowledger() {
        acknowledger.wake();
    }

    /** Ends the present connection, if there is one, because what was received on it cannot be settled. */
    private void breakConnection(Throwable cause) {
        synchronized (monitor) {
            sinkBroken = true;
        }
        dropConnection("Kafka's client failed: " + SafeText.of(cause));
    }

    private void dropConnection(String why) {
        if (draining) {
            // What is not confirmed stays unacknowledged, and the connection ends anyway.
            return;
        }
        synchronized (monitor) {
            if (closed == null) {
                closed = CloseReason.of(why, null);
                monitor.notifyAll();
            }
            // In here, or it could strike a connection that has begun meanwhile and is not dropped.
            takingMessages = false;
        }
        MqttConnection current = connection;
        if (current != null) {
            current.drop();
        }
    }

    /** What arrives on one connection; but for closed(), all by the thread that reads it. */
    private final class Inbound implements InboundHandler {
        @Override
        public void connecting() {
            session.connecting();
        }

        @Override
        public void connected(ConnAck connAck, AckOutput acks) {
            boolean lost = connects.sum() > 0 && !connAck.sessionPresent() && !options.cleanStart();
            sessionPresent = connAck.sessionPresent();
            keepAlive = connAck.keepAlive(options.keepAlive());
            acknowledger.output(acks);
            session.connected(connAck.sessionPresent());
            takingMessages = true;
            if (lost) {
                int inFlight = leftUnacknowledged;
                leftUnacknowledged = 0;
                log.warn("'{}': the MQTT broker has lost the session; what it had queued is gone", clientId);
                events.tell(listener -> listener.onSessionLost(new SessionLost(clientId, inFlight)));
            }
        }

        @Override
        public void publish(PublishFrame frame) {
            // Draining or dropped: not acknowledged, so it comes again.
            if (takingMessages) {
                intake.take(frame);
            }
        }

        @Override
        public void release(int packetId) {
            if (takingMessages) {
                failpoints.pass(Failpoint.RELEASED);
                session.released(packetId);
            }
        }

        @Override
        public void closed(CloseReason reason) {
            takingMessages = false;
            synchronized (monitor) {
                if (closed == null) {
                    closed = reason;
                }
                monitor.notifyAll();
            }
        }
    }

    private void stop(Stop stopping) {
        takingMessages = false;
        synchronized (monitor) {
            if (stop == null) {
                stop = stopping;
            }
            monitor.notifyAll();
        }
    }

    /** What the pipeline has to say. */
    private final class FromPipeline implements PipelineEvents {
        @Override
        public void settled(Delivery delivery) {
            session.settled(delivery);
            room.wake();
        }

        @Override
        public void complete(TransactionUnit unit) {
            Objects.requireNonNull(committer).completed();
        }

        @Override
        public void redeliver(@Nullable Delivery delivery, Throwable cause) {
            if (delivery != null && delivery.durable()) {
                Objects.requireNonNull(committer).fail(cause);
            } else if (delivery == null || session.failed(delivery)) {
                breakConnection(cause);
            } else {
                synchronized (monitor) {
                    sinkBroken = true;
                }
            }
        }

        @Override
        public void stop(SourceRoute route, @Nullable String mqttTopic, Throwable cause) {
            SourceRunner.this.stop(new Stop(route, mqttTopic, cause));
        }

        @Override
        public void wakeLanes() {
            laneWorker.wake();
        }
    }

    /** What the intake has to say. */
    private final class FromIntake implements MessageIntake.Owner {
        @Override
        public void stop(String mqttTopic, DeliveryException cause) {
            SourceRunner.this.stop(new Stop(null, mqttTopic, cause));
        }

        @Override
        public void windowFull() {
            if (takingMessages) {
                windowWasFull = true;
                dropConnection(
                        "the window (mqtt.receiveMaximum, mqtt.maxInFlightBytes) has been full for a quarter of the "
                                + "keep-alive because Kafka does not confirm; the MQTT broker queues meanwhile");
            }
        }

        @Override
        public long patienceNanos() {
            return keepAlive.toNanos() / 4;
        }
    }

    /** What the committer has to say. */
    private final class FromCommitter implements TransactionCommitter.Owner {
        @Override
        public void outcomeUnknown(Throwable cause) {
            dropConnection("a transaction of Kafka's client failed: " + SafeText.of(cause));
        }

        @Override
        public void fenced(Throwable cause) {
            SourceRunner.this.stop(new Stop(
                    null,
                    null,
                    new DeliveryException(
                            "kafka.transactions.idPrefix: another bridge with the client id '"
                                    + UntrustedText.escape(clientId)
                                    + "' has taken the transactional id over; give each bridge a client id of its own",
                            cause)));
        }
    }
}
