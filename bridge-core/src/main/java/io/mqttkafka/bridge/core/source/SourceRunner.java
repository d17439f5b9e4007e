package io.mqttkafka.bridge.core.source;

import io.mqttkafka.bridge.BridgeHealth.ConnectionHealth;
import io.mqttkafka.bridge.Guarantee;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.config.TransactionOptions;
import io.mqttkafka.bridge.core.connection.ConnectionSupervisor;
import io.mqttkafka.bridge.core.connection.Runner;
import io.mqttkafka.bridge.core.connection.StallWatch;
import io.mqttkafka.bridge.core.connection.StartPatience;
import io.mqttkafka.bridge.core.connection.StartTopics;
import io.mqttkafka.bridge.core.connection.Starvation;
import io.mqttkafka.bridge.core.connection.StopText;
import io.mqttkafka.bridge.core.events.BridgeEvents;
import io.mqttkafka.bridge.core.events.Degradations;
import io.mqttkafka.bridge.core.failpoint.Failpoint;
import io.mqttkafka.bridge.core.failpoint.Failpoints;
import io.mqttkafka.bridge.core.kafka.ProducerTransactions;
import io.mqttkafka.bridge.core.kafka.RecordSender;
import io.mqttkafka.bridge.core.kafka.TopicLookups;
import io.mqttkafka.bridge.core.kafka.TopicLostException;
import io.mqttkafka.bridge.core.kafka.TopicResolution;
import io.mqttkafka.bridge.core.kafka.TopicWaits;
import io.mqttkafka.bridge.core.mqtt.CloseReason;
import io.mqttkafka.bridge.core.mqtt.InboundHandler;
import io.mqttkafka.bridge.core.mqtt.MqttConnectException;
import io.mqttkafka.bridge.core.mqtt.MqttConnection;
import io.mqttkafka.bridge.core.mqtt.MqttTransport;
import io.mqttkafka.bridge.core.mqtt.PacketOutput;
import io.mqttkafka.bridge.core.mqtt.ReasonCodes;
import io.mqttkafka.bridge.core.mqtt.wire.BrokerLimits;
import io.mqttkafka.bridge.core.mqtt.wire.PublishFrame;
import io.mqttkafka.bridge.core.restart.Restarts;
import io.mqttkafka.bridge.core.route.SafeText;
import io.mqttkafka.bridge.core.routing.RouteTable;
import io.mqttkafka.bridge.core.routing.UntrustedText;
import io.mqttkafka.bridge.core.session.Delivery;
import io.mqttkafka.bridge.core.session.InFlightWindow;
import io.mqttkafka.bridge.core.session.SourceSession;
import io.mqttkafka.bridge.core.time.BridgeClock;
import io.mqttkafka.bridge.error.BridgeException;
import io.mqttkafka.bridge.error.BridgeStartException;
import io.mqttkafka.bridge.error.DeliveryException;
import io.mqttkafka.bridge.event.GuaranteeLowered;
import io.mqttkafka.bridge.event.RouteStopped;
import io.mqttkafka.bridge.event.SessionLost;
import io.mqttkafka.bridge.event.Stalled;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one MQTT connection up and feeds the pipeline with what arrives on it.
 *
 * <p>Its {@link ConnectionSupervisor} connects, has it subscribe and watch, and connects again. Whatever goes wrong on the way
 * of a message ends here, as one of three: the connection is dropped without an acknowledgement so that the broker delivers
 * again, the connection waits for room, or its routes stop.
 */
public final class SourceRunner implements Runner {
    private static final Logger log = LoggerFactory.getLogger(SourceRunner.class);
    private static final long TICK_MILLIS = 250;
    private static final int MOST_MALFORMED_IN_A_ROW = 3;
    private static final int NORMAL_DISCONNECTION = 0;

    private static final String DEAD_SINK =
            "the thread of Kafka's producer has died, and what it was given is never answered;"
                    + " the log tells of what, mostly an OutOfMemoryError: raise -Xmx, or lower mqtt.maxInFlightBytes, and restart";

    private static final String IDS_USED_TWICE =
            "uses packet ids twice, or delivers again without DUP, so that messages can be repeated";

    private static final String RENUMBERED =
            "delivers messages again under new packet ids and without DUP after a connection has ended, so that they cannot be"
                    + " told from new ones and are repeated";

    private static final String NOT_AS_PUBLISHED =
            "clearedAsTombstone: a message without payload came without the RETAIN flag: its publisher did not retain it, or the"
                    + " MQTT broker does not keep the flag (Retain As Published), and then a retained message that is cleared"
                    + " becomes a record with an empty value rather than a tombstone";

    private static final Duration PROOF_PATIENCE = Duration.ofSeconds(5);
    private static final Duration CLOSE_GRACE = Duration.ofSeconds(5);

    private static final ConnectionSupervisor.Words WORDS = new ConnectionSupervisor.Words(
            "the bridge could not start",
            "mqtt.serverUri: the MQTT broker did not answer before the start timeout; check that it runs",
            "a codec or function of a route to return before it connects again");

    /** What a runner is made of. */
    public record Parts(
            String clientId,
            MqttOptions options,
            List<SourceRoute> routes,
            MqttTransport transport,
            RecordSender sink,
            @Nullable ProducerTransactions transactions,
            TransactionOptions transactionOptions,
            Failpoints failpoints,
            BridgeEvents events,
            Degradations degradations,
            TopicWaits waits,
            BridgeClock clock,
            Duration drainTimeout,
            Duration stallThreshold,
            Runnable stateChanged,
            long topicCacheBytes) {}

    private final Parts parts;
    private final String clientId;
    private final MqttOptions options;
    private final RecordSender sink;
    private final BridgeEvents events;
    private final SourceSession session;
    private final InFlightWindow window;
    private final TopicLookups lookups;
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
    private final ConnectionSupervisor supervisor;

    // Shared with the supervisor; guards these.
    private final Object monitor = new Object();
    private @Nullable Stop stop;
    private @Nullable Duration drain;
    private boolean sinkBroken;

    /** Connections in a row that ended for a reason of ours. */
    private final Restarts restarts = new Restarts();

    /** How many connections in a row have ended because the broker sent what cannot be understood, or says that we do. */
    private int malformed;

    private final Starvation starvation = new Starvation();

    private volatile boolean takingMessages;
    private volatile boolean awaitingKafka;
    private volatile boolean draining;
    private volatile boolean sessionPresent;

    /** What was asked for, or what the broker imposes if that is shorter. */
    private volatile Duration keepAlive;

    private volatile boolean windowWasFull;

    /** How many of those the runner's thread has seen. */
    private long idsUsedTwice;

    private volatile int leftUnacknowledged;

    private volatile @Nullable Throwable failure;

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
        lookups = new TopicLookups(thread + "-lookup", sink, parts.clock());
        acknowledger = new Acknowledger(
                thread + "-ack",
                session,
                room::wake,
                failpoints,
                cause -> dropConnection(Starvation.reason("acknowledging failed", cause)));
        pipeline =
                new MqttToKafkaPipeline(sink, parts.waits(), lookups, window, new FromPipeline(), events, failpoints);
        ProducerTransactions transactions = parts.transactions();
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
            lanes.put(route, new RouteLane(parts.clock()));
        }
        laneWorker = new LaneWorker(
                thread + "-lanes", List.copyOf(lanes.values()), parts.clock(), pipeline::work, this::lanesFailed);
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
                parts.clock(),
                parts.topicCacheBytes(),
                new FromIntake());
        supervisor = new ConnectionSupervisor(
                new ConnectionSupervisor.Parts(
                        clientId,
                        options.reconnect(),
                        options.keepAlive(),
                        WORDS,
                        monitor,
                        parts.clock(),
                        events,
                        parts.degradations(),
                        parts.stateChanged(),
                        log),
                new ForSupervisor());
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
        StartPatience.retry(deadlineNanos, sink::open);
        for (SourceRoute route : parts.routes()) {
            requireTopics(route, deadlineNanos);
        }
        // Last: who takes the identity over ends the bridge that had it, and must not fail for another reason then.
        if (committer != null) {
            StartPatience.retry(deadlineNanos, committer::open);
        }
        acknowledger.start();
        laneWorker.start();
        supervisor.start(deadlineNanos);
    }

    private void requireTopics(SourceRoute route, long deadlineNanos) {
        String constant = route.constantTopic();
        if (constant != null) {
            int partitions =
                    requireReady("toKafka", route, constant, deadlineNanos).partitions();
            String missing = MqttToKafkaPipeline.missingPartition(route, constant, partitions);
            if (missing != null) {
                throw new BridgeStartException("route '" + route.name() + "': " + missing);
            }
            route.ready(constant, partitions);
        }
        String deadLetter = route.deadLetterTopic();
        if (deadLetter != null) {
            // Not one of those that the route may write to by maxTopics.
            requireReady("onFailure.deadLetter", route, deadLetter, deadlineNanos);
        }
    }

    private TopicResolution requireReady(String option, SourceRoute route, String topic, long deadlineNanos) {
        TopicResolution resolution = StartTopics.resolve(sink, topic, deadlineNanos);
        if (resolution.state() != TopicResolution.State.READY) {
            throw new BridgeStartException(
                    "route '" + route.name() + "': "
                            + resolution.notReady(option, topic).getMessage(),
                    resolution.cause());
        }
        return resolution;
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
            supervisor.end();
        }
        boolean interrupted = false;
        try {
            if (supervisor.begun()) {
                if (!supervisor.awaitEnd(timeout.plus(CLOSE_GRACE))) {
                    // It waits for a transaction that Kafka does not end; this ends it, uncommitted.
                    closeTransactions(Duration.ZERO);
                }
                supervisor.awaitEnd();
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
        // Before the sink, whose client it would make again.
        lookups.close();
        sink.close(Duration.ZERO);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void closeTransactions(Duration timeout) {
        ProducerTransactions transactions = parts.transactions();
        if (transactions != null) {
            transactions.close(timeout);
        }
    }

    /** Says whether the connection is up and subscribed. */
    @Override
    public boolean connected() {
        return supervisor.connected();
    }

    /** Says whether it has stopped for good. */
    @Override
    public boolean finished() {
        return supervisor.finished();
    }

    @Override
    public boolean askedBroker() {
        return supervisor.begun();
    }

    @Override
    public @Nullable Throwable failure() {
        return failure;
    }

    private int unacknowledged() {
        return supervisor.finished() ? leftUnacknowledged : session.unacknowledged();
    }

    /**
     * Takes a snapshot.
     *
     * @return the state of the connection
     */
    @Override
    public ConnectionHealth health() {
        return ConnectionHealth.builder(clientId)
                .connected(supervisor.connected())
                .since(supervisor.since())
                .sessionPresent(sessionPresent)
                .connects(supervisor.connects())
                .unacknowledged(unacknowledged())
                .inFlightBytes(window.inFlight())
                .oldestUnacknowledged(Duration.ofNanos(session.oldestAge(System.nanoTime())))
                .redelivered(intake.redelivered())
                .suppressed(session.suppressed())
                .unrouted(intake.unrouted())
                .lastError(supervisor.lastError())
                .build();
    }

    // Connecting, working on a connection, judging its end: called by the supervisor.

    /** What the supervisor asks and tells. */
    private final class ForSupervisor implements ConnectionSupervisor.Owner {
        @Override
        public @Nullable CloseReason obstacle() {
            return committer == null ? null : committer.obstacle();
        }

        @Override
        public MqttConnection connect() throws MqttConnectException, InterruptedException {
            return parts.transport().connect(options, clientId, new Inbound());
        }

        @Override
        public void prepare(MqttConnection current) throws MqttConnectException, InterruptedException {
            subscriptions.requireLimits(current.limits());
            subscriptions.unsubscribe(current);
            awaitProofOfSession();
            session.subscribing();
            awaitVoidIds();
            subscriptions.subscribe(current);
        }

        @Override
        public @Nullable String awaited() {
            return awaitingKafka
                    ? "kafka.transactions: Kafka has not committed a transaction to '"
                            + parts.transactionOptions().stateTopic()
                            + "' before the start timeout; check that its brokers run and answer, or set a longer startTimeout"
                    : null;
        }

        @Override
        public @Nullable CloseReason serve(MqttConnection current) throws InterruptedException {
            boolean present = sessionPresent;
            supervisor.tellConnected(current, present, ", session " + (present ? "resumed" : "new"));
            return watch(current);
        }

        @Override
        public CloseReason reasonOf(MqttConnectException failure, boolean accepted, @Nullable CloseReason known) {
            // The reader may know more than the request that got no answer.
            // That a socket broke says less than what was being asked for when it did.
            boolean telling = known != null && accepted && !(known.cause() instanceof IOException);
            boolean better =
                    known != null && failure.passing() && (telling || known.malformed() || known.reasonCode() >= 0);
            return better && known != null
                    ? known
                    : ConnectionSupervisor.Owner.super.reasonOf(failure, accepted, known);
        }

        @Override
        public void leaving() {
            takingMessages = false;
        }

        @Override
        public void left(boolean wasConnected) {
            int left = session.unacknowledged();
            // An attempt that did not get as far as the subscription leaves what the last connection left.
            leftUnacknowledged = wasConnected ? left : Math.max(left, leftUnacknowledged);
            session.disconnected();
        }

        @Override
        public long achieved() {
            return acknowledger.written();
        }

        @Override
        public boolean givesUp(CloseReason reason, boolean achieving) {
            boolean offence = reason.malformed()
                    || (ReasonCodes.ofDisconnect(reason.reasonCode()) == ReasonCodes.Meaning.MESSAGE && !achieving);
            malformed = offence ? malformed + 1 : 0;
            if (achieving) {
                restarts.progress();
            }
            if (reason.takenOver()) {
                stopRoutes(new Stop(
                        null, null, new DeliveryException(StopText.takenOver(clientId, options, parts.routes()))));
                return true;
            }
            DeliveryException starved = starvation.judge(reason.cause(), achieving);
            if (starved != null) {
                stopRoutes(new Stop(null, null, starved));
                return true;
            }
            if (malformed >= MOST_MALFORMED_IN_A_ROW) {
                stopRoutes(new Stop(
                        null,
                        null,
                        new DeliveryException(StopText.onConnection(clientId, reason.text()), reason.cause())));
                return true;
            }
            if (reason.hopeless() && restarts.exhausted()) {
                stopRoutes(new Stop(
                        null,
                        null,
                        new DeliveryException(
                                Restarts.MOST
                                        + " connections in a row have ended without a message in between, the last one because "
                                        + reason.text(),
                                reason.cause())));
                return true;
            }
            return false;
        }

        @Override
        public boolean pauseAndMend(long untilNanos) throws InterruptedException {
            return supervisor.pauseUntil(untilNanos) && mendSink() && mendTransactions() && awaitRoomAfterFullWindow();
        }

        @Override
        public void endsUnconnected() {
            Stop stopping;
            synchronized (monitor) {
                stopping = stop;
            }
            if (stopping != null) {
                stopRoutes(stopping);
            }
        }

        @Override
        public void failed(Throwable cause) {
            stopRoutes(new Stop(null, null, cause));
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
        awaitingKafka = true;
        try {
            while (session.generationDue() || session.forgettingDue()) {
                requireGoingOn();
                awaitTick();
            }
        } finally {
            awaitingKafka = false;
        }
    }

    private void requireGoingOn() throws MqttConnectException {
        synchronized (monitor) {
            if (supervisor.closed() != null || supervisor.ending()) {
                throw new MqttConnectException(
                        MqttConnectException.Kind.UNREACHABLE,
                        "the connection ended before Kafka knew which packet ids are void",
                        null);
            }
        }
    }

    /** Waits until the connection or the runner ends; null in the latter case. */
    private @Nullable CloseReason watch(MqttConnection current) throws InterruptedException {
        StallWatch stall =
                new StallWatch(Degradations.messages(clientId), parts.stallThreshold(), parts.degradations(), log);
        try {
            return watch(current, stall);
        } finally {
            stall.end();
        }
    }

    private @Nullable CloseReason watch(MqttConnection current, StallWatch stall) throws InterruptedException {
        long owedSince = 0;
        boolean reported = false;
        while (true) {
            synchronized (monitor) {
                if (supervisor.closed() == null && !supervisor.ending()) {
                    monitor.wait(TICK_MILLIS);
                }
                if (supervisor.ending()) {
                    break;
                }
                CloseReason closed = supervisor.closed();
                if (closed != null) {
                    return closed;
                }
            }
            if (sink.dead()) {
                stop(new Stop(null, null, new DeliveryException(DEAD_SINK)));
                continue;
            }
            long now = System.nanoTime();
            reportStall(now, stall);
            sink.watch(now, this::breakConnection);
            reported = reportIdsUsedTwice(reported);
            reportRenumbered();
            reportEmptyMessages();
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

    /** Once for each connection; what came before its subscriptions counts too. */
    private boolean reportIdsUsedTwice(boolean already) {
        long now = session.idsUsedTwice();
        boolean more = now != idsUsedTwice;
        idsUsedTwice = now;
        if (already || !more) {
            return already;
        }
        weaken(IDS_USED_TWICE);
        log.warn(
                "'{}': the MQTT broker uses packet ids for a second message before it has released the first, or delivers again "
                        + "without DUP; MQTT forbids both, and messages of QoS 2 can be repeated. mosquitto before 2.0.13 uses "
                        + "ids so with a large backlog",
                clientId);
        return true;
    }

    /** What the broker does voids exactly once, for as long as this process is connected to brokers that do so. */
    private void reportRenumbered() {
        if (session.renumbered() > 0 && weaken(RENUMBERED)) {
            log.warn("'{}': the MQTT broker {}", clientId, RENUMBERED);
        }
    }

    /** Says whether that is news for a route. */
    private boolean weaken(String reason) {
        boolean news = false;
        for (SourceRoute route : parts.routes()) {
            if (route.exactlyOnce() && route.standing.weakness(reason)) {
                news = true;
                events.tellSurely(listener -> listener.onGuaranteeLowered(
                        new GuaranteeLowered(route.name(), Guarantee.AT_LEAST_ONCE, "the MQTT broker " + reason)));
            }
        }
        return news;
    }

    private void reportEmptyMessages() {
        for (SourceRoute route : parts.routes()) {
            if (route.emptyWithoutRetain() && route.standing.doubt(NOT_AS_PUBLISHED)) {
                log.warn("Route '{}': {}", route.name(), NOT_AS_PUBLISHED);
                Guarantee kept = route.exactlyOnce() ? Guarantee.EXACTLY_ONCE : Guarantee.AT_LEAST_ONCE;
                events.tellSurely(listener ->
                        listener.onGuaranteeLowered(new GuaranteeLowered(route.name(), kept, NOT_AS_PUBLISHED)));
            }
        }
    }

    private void reportStall(long now, StallWatch stall) {
        long age = session.oldestAge(now);
        int waiting = session.unacknowledged();
        boolean tell = stall.look(now, age, () -> {
            TopicWaits.Wait topic = parts.waits().longest(now);
            return "the oldest of " + waiting + " unacknowledged messages has waited for "
                    + TimeUnit.NANOSECONDS.toSeconds(age) + " s: "
                    + (topic == null
                            ? "no record waits for Kafka, so a route tries a message again, or waits for its topic; see"
                                    + " lastError of the routes"
                            : "Kafka does not confirm; " + topic);
        });
        if (tell) {
            events.tell(listener -> listener.onStalled(new Stalled(clientId, Duration.ofNanos(age), waiting)));
        }
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
        return supervisor.closed() != null;
    }

    private static void awaitTick() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
    }

    /** Starts a new producer if the last one cannot be used any more; false if the runner is to end. */
    private boolean mendSink() throws InterruptedException {
        boolean broken;
        synchronized (monitor) {
            broken = sinkBroken;
        }
        if (broken) {
            sink.breakOff();
            // Also what waits in lanes: it is of an earlier producer, and would pass what comes again.
            session.giveUpPlain();
        }
        int attempt = 0;
        while (broken) {
            try {
                log.info("'{}' starts a new producer", clientId);
                sink.reset();
                broken = false;
            } catch (BridgeStartException e) {
                attempt++;
                Duration delay = supervisor.delay(attempt);
                supervisor.lastError(e.getMessage());
                log.warn(
                        "'{}' cannot start a new producer: {}; next attempt in {} ms",
                        clientId,
                        e.getMessage(),
                        delay.toMillis());
                if (!supervisor.idle(delay)) {
                    return false;
                }
            }
        }
        clearLanes();
        synchronized (monitor) {
            // What the old producer gave up has been told by now.
            sinkBroken = false;
        }
        return true;
    }

    /** Starts transactions afresh if nobody knows how the last one ended; false if the runner is to end. */
    private boolean mendTransactions() throws InterruptedException {
        TransactionCommitter own = committer;
        if (own == null || !own.isBroken()) {
            return true;
        }
        boolean restarted = supervisor.restartTransactions(own::isBroken, own::restart);
        clearLanes();
        return restarted;
    }

    /** What comes again must not wait behind what has been given up. */
    private void clearLanes() {
        lanes.values().forEach(pipeline::dropGivenUp);
        laneWorker.wake();
    }

    /** A window that was full is given the time to drain, so that the next connection does not end the same way. */
    private boolean awaitRoomAfterFullWindow() throws InterruptedException {
        while (windowWasFull && !window.halfFree()) {
            // What a broken transaction holds of the window comes back by a restart only.
            if (!supervisor.idle(Duration.ofMillis(TICK_MILLIS)) || !mendTransactions()) {
                return false;
            }
        }
        windowWasFull = false;
        return true;
    }

    private void stopRoutes(Stop stopping) {
        failure = stopping.cause();
        SourceRoute failed = stopping.route();
        String message = why(SafeText.of(stopping.cause()), stopping);
        supervisor.lastError(message);
        for (SourceRoute route : parts.routes()) {
            boolean culprit = failed == null || failed == route;
            Throwable cause = failed == null || culprit
                    ? stopping.cause()
                    : new DeliveryException(
                            "route '" + failed.name() + "', which shares the MQTT connection, has stopped: " + message);
            String topic = culprit ? stopping.mqttTopic() : null;
            route.lastError(cause);
            route.markStopped();
            parts.degradations().begin(Degradations.route(route.name()), culprit ? message : SafeText.of(cause));
            if (culprit) {
                log.error(
                        "Route '{}' has stopped{}: {}",
                        route.name(),
                        topic == null ? "" : " at a message on '" + UntrustedText.escape(topic) + "'",
                        why(SafeText.withFrames(cause), stopping));
            }
            events.tellSurely(listener -> listener.onRouteStopped(new RouteStopped(route.name(), topic, cause)));
        }
        supervisor.failStart(new BridgeStartException(message, stopping.cause()));
    }

    private static String why(String said, Stop stopping) {
        SourceRoute failed = stopping.route();
        return failed != null && stopping.mqttTopic() != null ? StopText.atMessage(said, failed.failurePolicy) : said;
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
        doubtTopics(cause);
        synchronized (monitor) {
            sinkBroken = true;
        }
        dropConnection(Starvation.reason("Kafka's client failed", cause));
    }

    /** Topics that records have come back from are looked up before the next record. */
    private void doubtTopics(Throwable cause) {
        if (cause instanceof TopicLostException lost) {
            for (SourceRoute route : parts.routes()) {
                lost.topics().forEach(route::doubt);
            }
            // What was known of them was known before.
            lost.topics().forEach(lookups::forget);
        }
    }

    /** The lane thread met with a mistake of ours, or of user code that we did not foresee. */
    private void lanesFailed(Throwable cause) {
        synchronized (monitor) {
            sinkBroken = true;
        }
        dropConnection(CloseReason.of(
                "working on a failed message failed: " + cause.getClass().getName(), cause));
    }

    private void dropConnection(CloseReason reason) {
        if (draining) {
            // What is not confirmed stays unacknowledged, and the connection ends anyway.
            return;
        }
        synchronized (monitor) {
            supervisor.closed(reason);
            // In here, or it could strike a connection that has begun meanwhile and is not dropped.
            takingMessages = false;
        }
        supervisor.drop();
    }

    /** What arrives on one connection; but for closed(), all by the thread that reads it. */
    private final class Inbound implements InboundHandler {
        @Override
        public void connecting() {
            session.connecting();
        }

        @Override
        public void connected(BrokerLimits limits, PacketOutput output) {
            boolean lost = supervisor.connects() > 0 && !limits.sessionPresent() && !options.cleanStart();
            sessionPresent = limits.sessionPresent();
            keepAlive = limits.keepAlive(options.keepAlive());
            acknowledger.output(output);
            session.connected(limits.sessionPresent());
            takingMessages = true;
            if (lost) {
                int inFlight = leftUnacknowledged;
                leftUnacknowledged = 0;
                log.warn("'{}': the MQTT broker has lost the session; what it had queued is gone", clientId);
                events.tellSurely(listener -> listener.onSessionLost(new SessionLost(clientId, inFlight)));
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
            supervisor.closed(reason);
        }
    }

    private void stop(Stop stopping) {
        takingMessages = false;
        synchronized (monitor) {
            if (stop == null) {
                stop = stopping;
            }
            supervisor.endAfterAttempt();
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
            } else {
                if (delivery != null) {
                    session.failed(delivery);
                }
                breakConnection(cause);
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
                dropConnection(CloseReason.of(
                        "the window (mqtt.receiveMaximum, mqtt.maxInFlightBytes) has been full for a quarter of the "
                                + "keep-alive: Kafka does not confirm, or the MQTT broker does not read the "
                                + "acknowledgements; the MQTT broker queues meanwhile",
                        null));
            }
        }

        @Override
        public long patienceNanos() {
            return keepAlive.toNanos() / 4;
        }
    }

    /** Without a start that waits this does nothing. */
    private void failStartIfDenied(Throwable cause) {
        ProducerTransactions transactions = parts.transactions();
        BridgeStartException denied = transactions == null ? null : transactions.denied(cause);
        if (denied != null) {
            supervisor.failStart(denied);
        }
    }

    /** What the committer has to say. */
    private final class FromCommitter implements TransactionCommitter.Owner {
        @Override
        public void outcomeUnknown(Throwable cause) {
            doubtTopics(cause);
            failStartIfDenied(cause);
            dropConnection(Starvation.reason("a transaction of Kafka's client failed", cause));
        }

        @Override
        public void hopeless(Throwable cause) {
            SourceRunner.this.stop(
                    new Stop(null, null, new DeliveryException(ConnectionSupervisor.hopeless(cause), cause)));
        }

        @Override
        public void fenced(Throwable cause) {
            SourceRunner.this.stop(new Stop(
                    null, null, new DeliveryException(StopText.fenced(clientId, options, parts.routes()), cause)));
        }
    }
}
