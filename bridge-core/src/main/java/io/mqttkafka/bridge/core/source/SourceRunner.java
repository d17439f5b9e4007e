package io.mqttkafka.bridge.core.source;

import io.mqttkafka.bridge.BridgeHealth.ConnectionHealth;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.core.connection.ConnectionSupervisor;
import io.mqttkafka.bridge.core.connection.Runner;
import io.mqttkafka.bridge.core.connection.StartPatience;
import io.mqttkafka.bridge.core.connection.Starvation;
import io.mqttkafka.bridge.core.connection.StopText;
import io.mqttkafka.bridge.core.connection.Surroundings;
import io.mqttkafka.bridge.core.connection.TransactionMending;
import io.mqttkafka.bridge.core.events.BridgeEvents;
import io.mqttkafka.bridge.core.failpoint.Failpoint;
import io.mqttkafka.bridge.core.failpoint.Failpoints;
import io.mqttkafka.bridge.core.kafka.RecordSender;
import io.mqttkafka.bridge.core.kafka.TopicLookups;
import io.mqttkafka.bridge.core.kafka.Transactions;
import io.mqttkafka.bridge.core.mqtt.CloseReason;
import io.mqttkafka.bridge.core.mqtt.InboundHandler;
import io.mqttkafka.bridge.core.mqtt.MqttConnectException;
import io.mqttkafka.bridge.core.mqtt.MqttConnection;
import io.mqttkafka.bridge.core.mqtt.PacketOutput;
import io.mqttkafka.bridge.core.mqtt.wire.BrokerLimits;
import io.mqttkafka.bridge.core.mqtt.wire.PublishFrame;
import io.mqttkafka.bridge.core.routing.RouteTable;
import io.mqttkafka.bridge.core.session.Delivery;
import io.mqttkafka.bridge.core.session.InFlightWindow;
import io.mqttkafka.bridge.core.session.Qos2State;
import io.mqttkafka.bridge.core.session.SourceSession;
import io.mqttkafka.bridge.core.time.BridgeClock;
import io.mqttkafka.bridge.error.BridgeException;
import io.mqttkafka.bridge.error.BridgeStartException;
import io.mqttkafka.bridge.error.DeliveryException;
import io.mqttkafka.bridge.event.SessionLost;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
    private static final Duration LOOK_AGAIN = Duration.ofMillis(250);
    private static final int NORMAL_DISCONNECTION = 0;

    private static final String DEAD_SENDER =
            "the thread of Kafka's producer has died, and what it was given is never answered;"
                    + " the log tells of what, mostly an OutOfMemoryError: raise -Xmx, or lower mqtt.maxInFlightBytes, and restart";

    private static final Duration CLOSE_GRACE = Duration.ofSeconds(5);

    private static final ConnectionSupervisor.Words WORDS = new ConnectionSupervisor.Words(
            "the bridge could not start",
            "mqtt.serverUri: the MQTT broker did not answer before the start timeout; check that it runs",
            "a codec or function of a route to return before it connects again");

    /**
     * What a runner is made of.
     *
     * @param clientId the client id of its connection
     * @param options the MQTT side
     * @param routes the routes that share the connection
     * @param kafka where the records go
     * @param topicCacheBytes how much may be remembered of MQTT topics
     * @param around what every runner is given
     */
    public record Parts(
            String clientId,
            MqttOptions options,
            List<SourceRoute> routes,
            KafkaSide kafka,
            long topicCacheBytes,
            Surroundings around) {}

    private final Parts parts;
    private final String clientId;
    private final MqttOptions options;
    private final Surroundings around;
    private final RecordSender sender;
    private final BridgeEvents events;
    private final SourceSession session;
    private final InFlightWindow window;
    private final TopicLookups lookups;
    private final MqttToKafkaPipeline pipeline;
    private final Acknowledger acknowledger;

    /** Null if no route asks for exactly once. */
    private final @Nullable TransactionCommitter committer;

    private final @Nullable TransactionMending mending;
    private final Failpoints failpoints;
    private final LaneWorker laneWorker;
    private final Map<SourceRoute, RouteLane> lanes = new LinkedHashMap<>();
    private final Subscriptions subscriptions;
    private final SourceTopics topics;
    private final SourceEnds ends;
    private final SourceWatch watch;
    private final SourceStops stops;
    private final SenderMending senderMending;
    private final Drain drainage;
    private final SessionProof proof;
    private final ReceiveRoom room;
    private final MessageIntake intake;
    private final ConnectionSupervisor supervisor;

    // Shared with the supervisor; guards these.
    private final Object monitor = new Object();
    private @Nullable Stop stop;
    private @Nullable Duration drain;

    private volatile boolean takingMessages;
    private volatile boolean draining;
    private volatile boolean sessionPresent;

    /** What was asked for, or what the broker imposes if that is shorter. */
    private volatile Duration keepAlive;

    private volatile boolean windowWasFull;

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
        around = parts.around();
        KafkaSide kafka = parts.kafka();
        sender = kafka.sender();
        events = around.events();
        BridgeClock clock = around.clock();
        String thread = "bridge-" + clientId;
        window = new InFlightWindow(options.maxInFlightBytes());
        failpoints = around.failpoints();
        session = new SourceSession(this::wakeAcknowledger, this::wakeCommitter);
        room = new ReceiveRoom(options, session, window, () -> takingMessages);
        lookups = new TopicLookups(thread + "-lookup", sender, clock);
        topics = new SourceTopics(parts.routes(), sender, lookups);
        ends = new SourceEnds(clientId, options, parts.routes());
        stops = new SourceStops(parts.routes(), around);
        watch = new SourceWatch(clientId, parts.routes(), session, kafka.waits(), around);
        acknowledger = new Acknowledger(
                thread + "-ack",
                session,
                room::wake,
                failpoints,
                clock,
                cause -> dropConnection(Starvation.reason("acknowledging failed", cause)));
        pipeline = new MqttToKafkaPipeline(
                sender, kafka.waits(), lookups, window, new FromPipeline(), events, failpoints, clock);
        Transactions<Qos2State> transactions = kafka.transactions();
        committer = transactions == null
                ? null
                : new TransactionCommitter(
                        thread + "-commit",
                        transactions,
                        session,
                        kafka.transactionOptions(),
                        failpoints,
                        new FromCommitter());
        for (SourceRoute route : parts.routes()) {
            lanes.put(route, new RouteLane(clock));
        }
        laneWorker = new LaneWorker(
                thread + "-lanes", List.copyOf(lanes.values()), clock, pipeline::work, this::lanesFailed);
        RouteTable<SourceRoute> routes = RouteTable.of(parts.routes(), SourceRoute::filter);
        subscriptions = new Subscriptions(clientId, options, parts.routes(), routes);
        intake = new MessageIntake(
                parts,
                new MessageIntake.Receipt(session, window, room),
                new MessageIntake.Onward(pipeline, committer, routes, lanes, subscriptions),
                new FromIntake());
        supervisor = new ConnectionSupervisor(
                new ConnectionSupervisor.Parts(
                        clientId, options.reconnect(), options.keepAlive(), WORDS, monitor, around, log),
                new ForSupervisor());
        proof = new SessionProof(session, committer, supervisor);
        senderMending = new SenderMending(clientId, sender, session, supervisor);
        drainage = new Drain(clientId, session, window, kafka, committer, acknowledger, this::isClosed);
        mending = committer == null ? null : new TransactionMending(committer, supervisor, clientId, clock, log);
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
        StartPatience.retry(deadlineNanos, sender::open);
        topics.require(deadlineNanos);
        // Last: who takes the identity over ends the bridge that had it, and must not fail for another reason then.
        if (committer != null) {
            StartPatience.retry(deadlineNanos, committer::begin);
        }
        acknowledger.start();
        laneWorker.start();
        supervisor.start(deadlineNanos);
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
                    parts.kafka().closeTransactions(Duration.ZERO);
                }
                supervisor.awaitEnd();
                acknowledger.stop();
                laneWorker.stop();
            }
            parts.kafka().closeTransactions(Duration.ZERO);
            if (committer != null) {
                committer.stop();
            }
        } catch (InterruptedException e) {
            interrupted = true;
        }
        // Before the sink, whose client it would make again.
        lookups.close();
        sender.close(Duration.ZERO);
        if (interrupted) {
            Thread.currentThread().interrupt();
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
            return mending == null ? null : mending.obstacle();
        }

        @Override
        public MqttConnection connect() throws MqttConnectException, InterruptedException {
            return around.transport().connect(options, clientId, new Inbound());
        }

        @Override
        public void prepare(MqttConnection current) throws MqttConnectException, InterruptedException {
            subscriptions.requireLimits(current.limits());
            subscriptions.unsubscribe(current);
            proof.awaitRedelivery();
            session.subscribing();
            proof.awaitVoidIds();
            subscriptions.subscribe(current);
        }

        @Override
        public @Nullable String awaited() {
            return proof.awaitsKafka()
                    ? "kafka.transactions: Kafka has not committed a transaction to '"
                            + parts.kafka().transactionOptions().stateTopic()
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
            DeliveryException end = ends.judge(reason, achieving);
            if (end != null) {
                stopRoutes(new Stop(null, null, end));
            }
            return end != null;
        }

        @Override
        public boolean pauseAndMend(long untilNanos) throws InterruptedException {
            return supervisor.pauseUntil(untilNanos)
                    && senderMending.mend(SourceRunner.this::clearLanes)
                    && mendTransactions()
                    && awaitRoomAfterFullWindow();
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

    /** Waits until the connection or the runner ends; null in the latter case. */
    private @Nullable CloseReason watch(MqttConnection current) throws InterruptedException {
        watch.begin(keepAlive);
        CloseReason reason;
        try {
            reason = supervisor.watch(now -> look(now, current));
        } finally {
            watch.end();
        }
        if (reason != null) {
            return reason;
        }
        Stop stopping;
        Duration timeout;
        synchronized (monitor) {
            stopping = stop;
            timeout = drain == null ? around.drainTimeout() : drain;
        }
        drainAndDisconnect(current, stopping, timeout);
        if (stopping != null) {
            stopRoutes(stopping);
        }
        return null;
    }

    private @Nullable CloseReason look(long now, MqttConnection current) {
        if (sender.dead()) {
            stop(new Stop(null, null, new DeliveryException(DEAD_SENDER)));
            return null;
        }
        sender.watch(now, this::breakConnection);
        return watch.look(now, current.lastReadNanos());
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
            drainage.awaitMessages(deadline);
        }
        drainage.awaitTransactions(deadline);
        draining = true;
        drainage.finish(deadline);
        current.disconnect(NORMAL_DISCONNECTION);
    }

    private boolean isClosed() {
        return supervisor.closed() != null;
    }

    /** Starts transactions afresh if nobody knows how the last one ended; false if the runner is to end. */
    private boolean mendTransactions() throws InterruptedException {
        TransactionCommitter own = committer;
        if (own == null || mending == null || !own.isBroken()) {
            return true;
        }
        boolean restarted = mending.restart(own::isBroken);
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
            if (!supervisor.idle(LOOK_AGAIN) || !mendTransactions()) {
                return false;
            }
        }
        windowWasFull = false;
        return true;
    }

    private void stopRoutes(Stop stopping) {
        failure = stopping.cause();
        stops.stop(stopping.route(), stopping.mqttTopic(), stopping.cause(), supervisor);
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
        topics.doubt(cause);
        senderMending.broke();
        dropConnection(Starvation.reason("Kafka's client failed", cause));
    }

    /** The lane thread met with a mistake of ours, or of user code that we did not foresee. */
    private void lanesFailed(Throwable cause) {
        senderMending.broke();
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
        Transactions<Qos2State> transactions = parts.kafka().transactions();
        BridgeStartException denied = transactions == null ? null : transactions.denied(cause);
        if (denied != null) {
            supervisor.failStart(denied);
        }
    }

    /** What the committer has to say. */
    private final class FromCommitter implements TransactionCommitter.Owner {
        @Override
        public void outcomeUnknown(Throwable cause) {
            topics.doubt(cause);
            failStartIfDenied(cause);
            dropConnection(Starvation.reason("a transaction of Kafka's client failed", cause));
        }

        @Override
        public void hopeless(Throwable cause) {
            SourceRunner.this.stop(
                    new Stop(null, null, new DeliveryException(TransactionMending.hopeless(cause), cause)));
        }

        @Override
        public void fenced(Throwable cause) {
            SourceRunner.this.stop(new Stop(
                    null, null, new DeliveryException(StopText.fenced(clientId, options, parts.routes()), cause)));
        }
    }
}
