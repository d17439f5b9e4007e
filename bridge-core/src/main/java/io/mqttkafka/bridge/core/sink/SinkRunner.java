package io.mqttkafka.bridge.core.sink;

import io.mqttkafka.bridge.BridgeHealth.ConnectionHealth;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.config.TransactionOptions;
import io.mqttkafka.bridge.core.connection.ConnectionSupervisor;
import io.mqttkafka.bridge.core.connection.Runner;
import io.mqttkafka.bridge.core.connection.StartPatience;
import io.mqttkafka.bridge.core.connection.Starvation;
import io.mqttkafka.bridge.core.connection.StopText;
import io.mqttkafka.bridge.core.connection.Surroundings;
import io.mqttkafka.bridge.core.connection.TransactionMending;
import io.mqttkafka.bridge.core.events.BridgeEvents;
import io.mqttkafka.bridge.core.events.Degradations;
import io.mqttkafka.bridge.core.kafka.PartitionBook;
import io.mqttkafka.bridge.core.kafka.RecordFeed;
import io.mqttkafka.bridge.core.kafka.RecordSender;
import io.mqttkafka.bridge.core.kafka.Transactions;
import io.mqttkafka.bridge.core.mqtt.CloseReason;
import io.mqttkafka.bridge.core.mqtt.InboundHandler;
import io.mqttkafka.bridge.core.mqtt.MqttConnectException;
import io.mqttkafka.bridge.core.mqtt.MqttConnection;
import io.mqttkafka.bridge.core.mqtt.PacketOutput;
import io.mqttkafka.bridge.core.mqtt.wire.BrokerLimits;
import io.mqttkafka.bridge.core.mqtt.wire.PublishFrame;
import io.mqttkafka.bridge.core.mqtt.wire.UserPropertyLimit;
import io.mqttkafka.bridge.core.route.SafeText;
import io.mqttkafka.bridge.core.session.Outbox;
import io.mqttkafka.bridge.core.session.OutboxState;
import io.mqttkafka.bridge.core.session.Partition;
import io.mqttkafka.bridge.core.session.ProtocolViolation;
import io.mqttkafka.bridge.core.session.PublishSession;
import io.mqttkafka.bridge.error.BridgeStartException;
import io.mqttkafka.bridge.error.DeliveryException;
import io.mqttkafka.bridge.event.RouteStopped;
import io.mqttkafka.bridge.event.SessionLost;
import io.mqttkafka.bridge.spi.LastAction.DeadLetter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one MQTT connection up on which routes from Kafka publish, and their feeds at work.
 *
 * <p>Its {@link ConnectionSupervisor} connects, has it watch, and connects again; each route has a {@link RecordFeed}, whose
 * thread is its own. While the connection is away nothing is taken from Kafka, and what was published and not acknowledged
 * is published again on the next connection. A route that fails stops alone: Kafka keeps its records.
 */
public final class SinkRunner implements Runner {
    private static final Logger log = LoggerFactory.getLogger(SinkRunner.class);
    private static final int NORMAL_DISCONNECTION = 0;
    private static final int PROTOCOL_ERROR = 0x82;
    private static final Duration CLOSE_GRACE = Duration.ofSeconds(5);
    private static final ConnectionSupervisor.Words WORDS = new ConnectionSupervisor.Words(
            "the bridge could not start",
            "mqtt.serverUri: the MQTT broker did not answer before the start timeout; check that it runs",
            "its last connection to end before it connects again");

    /** What a runner is made of. */
    public record Parts(
            String clientId,
            MqttOptions options,
            List<SinkRoute> routes,
            RecordFeed.Factory feeds,
            Supplier<RecordSender> deadLetters,
            @Nullable Transactions<OutboxState> transactions,
            TransactionOptions transactionOptions,
            Surroundings around) {}

    private final Parts parts;
    private final Surroundings around;
    private final String clientId;
    private final MqttOptions options;
    private final BridgeEvents events;
    private final SendPauses pauses;
    private final SinkTraffic traffic;
    private final SinkLimits limits;
    private final SinkEnds ends;
    private final @Nullable OutboxCommitter committer;
    private final @Nullable TransactionMending mending;
    private final List<SinkLane> lanes = new ArrayList<>();
    private final ConnectionSupervisor supervisor;

    // Shared with the supervisor; guards this.
    private final Object monitor = new Object();
    private @Nullable Throwable fenced;

    private volatile boolean up;
    private volatile boolean allStopped;
    private volatile @Nullable Throwable failure;
    private volatile boolean sessionPresent;

    /** Whether the broker has begun a session on a connection that was of no use. */
    private volatile boolean newSessionUnused;

    private volatile long maximumPacketSize = Long.MAX_VALUE;
    private volatile @Nullable PacketWriter writer;
    private volatile boolean needsNewSession = true;

    /**
     * Makes a runner that does nothing yet.
     *
     * @param parts what it is made of
     */
    public SinkRunner(Parts parts) {
        this.parts = parts;
        around = parts.around();
        clientId = parts.clientId();
        options = parts.options();
        events = around.events();
        pauses = new SendPauses(clientId, around.clock(), log);
        Transactions<OutboxState> transactions = parts.transactions();
        boolean shared = transactions != null
                && parts.routes().stream().anyMatch(route -> route.qos.level() > 0 && !route.exactlyOnce);
        long bytes = options.maxInFlightBytes() / (shared ? 2 : 1);
        PublishSession session = new PublishSession(options.sendMaximum(), bytes, pauses.pace(), this::wakeAll);
        if (transactions == null) {
            traffic = new SinkTraffic(session, null, shared, around.failpoints());
            committer = null;
        } else {
            Outbox made = new Outbox(options.sendMaximum(), bytes, pauses.pace(), this::wakeAll, this::wakeCommitter);
            traffic = new SinkTraffic(session, made, shared, around.failpoints());
            committer = new OutboxCommitter(
                    "bridge-" + clientId + "-commit",
                    transactions,
                    made,
                    parts.transactionOptions(),
                    around.failpoints(),
                    new FromCommitter());
        }
        ends = new SinkEnds(clientId, traffic, pauses.pace());
        limits = new SinkLimits(clientId, options, parts.routes(), committer != null, shared, events);
        long exactlyOnce =
                parts.routes().stream().filter(route -> route.exactlyOnce).count();
        for (SinkRoute route : parts.routes()) {
            // One entry of the state remembers the records of all of them.
            int mostOpen = (int) (route.exactlyOnce ? PartitionBook.MOST_OPEN / exactlyOnce : PartitionBook.MOST_OPEN);
            RecordSender deadLetters = route.failurePolicy.lastAction() instanceof DeadLetter
                    ? parts.deadLetters().get()
                    : null;
            KafkaToMqttPipeline pipeline = new KafkaToMqttPipeline(
                    route,
                    session,
                    route.exactlyOnce ? traffic.outbox : null,
                    deadLetters,
                    new ForPipeline(),
                    new UserPropertyLimit(options.maxUserProperties(), options.maxUserPropertyBytes()),
                    events,
                    around.clock());
            RecordFeed.Reading reading = new RecordFeed.Reading(
                    route.name,
                    route.topics,
                    route.pattern,
                    route.group,
                    clientId,
                    mostOpen,
                    options.maxUserProperties(),
                    options.maxUserPropertyBytes());
            lanes.add(new SinkLane(route, parts.feeds().make(reading, pipeline), deadLetters));
        }
        supervisor = new ConnectionSupervisor(
                new ConnectionSupervisor.Parts(
                        clientId, options.reconnect(), options.keepAlive(), WORDS, monitor, around, log),
                new ForSupervisor());
        mending =
                committer == null ? null : new TransactionMending(committer, supervisor, clientId, around.clock(), log);
    }

    private void wakeCommitter() {
        if (committer != null) {
            committer.wake();
        }
    }

    private void wakeAll() {
        for (SinkLane lane : lanes) {
            lane.feed().wake();
        }
    }

    // Starting, asking, ending: called by the bridge.

    @Override
    public void start(long deadlineNanos) {
        for (SinkLane lane : lanes) {
            lane.open(deadlineNanos);
        }
        // Last: who takes the identity over ends the bridge that had it, and must not fail for another reason then.
        if (committer != null) {
            StartPatience.retry(deadlineNanos, committer::begin);
            needsNewSession = committer.needsNewSession();
            forgetUnread();
        }
        supervisor.start(deadlineNanos);
        // Not before there is somebody to publish to.
        lanes.forEach(lane -> lane.feed().start());
    }

    /** What an earlier process had sent for a route that is no more will not come again. */
    private void forgetUnread() {
        Outbox outbox = traffic.outbox;
        if (outbox != null) {
            for (Partition partition : outbox.unresolved()) {
                if (parts.routes().stream().noneMatch(route -> route.exactlyOnce && route.reads(partition))) {
                    outbox.passed(partition, Long.MAX_VALUE);
                }
            }
        }
    }

    @Override
    public void close(Duration timeout) {
        boolean interrupted = false;
        try {
            lanes.forEach(lane -> lane.feed().endSoon(timeout));
            for (SinkLane lane : lanes) {
                lane.feed().stop(timeout);
            }
            endSupervisor();
            if (committer != null) {
                committer.stop(timeout);
            }
        } catch (InterruptedException e) {
            interrupted = true;
        }
        lanes.forEach(SinkLane::closeDeadLetters);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void endSupervisor() throws InterruptedException {
        supervisor.end();
        if (supervisor.begun()) {
            boolean ended = supervisor.awaitEnd(CLOSE_GRACE);
            Transactions<OutboxState> transactions = parts.transactions();
            if (!ended && transactions != null) {
                // It waits for a Kafka that does not answer.
                transactions.close(Duration.ZERO);
            }
            supervisor.awaitEnd();
        }
    }

    @Override
    public boolean connected() {
        return supervisor.connected() && parts.routes().stream().noneMatch(SinkRoute::stopped);
    }

    @Override
    public boolean finished() {
        return supervisor.finished() || allStopped;
    }

    @Override
    public boolean askedBroker() {
        return supervisor.begun();
    }

    @Override
    public @Nullable Throwable failure() {
        return failure;
    }

    @Override
    public ConnectionHealth health() {
        return ConnectionHealth.builder(clientId)
                .connected(supervisor.connected())
                .since(supervisor.since())
                .sessionPresent(sessionPresent)
                .connects(supervisor.connects())
                .unacknowledged(traffic.unfinished())
                .inFlightBytes(traffic.bytes())
                .oldestUnacknowledged(Duration.ofNanos(traffic.oldestAge(System.nanoTime())))
                .redelivered(traffic.resent())
                .lastError(supervisor.lastError())
                .build();
    }

    // Connecting, working on a connection, judging its end: called by the supervisor.

    /** What the supervisor asks and tells. */
    private final class ForSupervisor implements ConnectionSupervisor.Owner {
        @Override
        public @Nullable CloseReason obstacle() {
            if (fenced() != null) {
                return CloseReason.of("another bridge has taken the transactional id over", null);
            }
            return mending == null ? null : mending.obstacle();
        }

        @Override
        public MqttConnection connect() throws MqttConnectException, InterruptedException {
            return around.transport().connect(connectOptions(), clientId, new Inbound());
        }

        @Override
        public void prepare(MqttConnection current) throws MqttConnectException {
            limits.require(current.limits());
        }

        @Override
        public @Nullable CloseReason serve(MqttConnection current) throws InterruptedException {
            boolean present = sessionPresent;
            supervisor.tellConnected(current, present, ", session " + (present ? "resumed" : "new"));
            wakeAll();
            return watch(current);
        }

        @Override
        public void leaving() {
            up = false;
        }

        @Override
        public void left(boolean wasConnected) {
            PacketWriter last = writer;
            if (last != null) {
                last.stop();
            }
            writer = null;
            ends.left();
            traffic.disconnected();
        }

        @Override
        public long achieved() {
            return traffic.finished();
        }

        @Override
        public boolean givesUp(CloseReason reason, boolean achieving) {
            if (reason.takenOver()) {
                stopAll(new DeliveryException(StopText.takenOver(clientId, options, parts.routes())));
                return true;
            }
            Throwable shutOut = fenced();
            if (shutOut != null) {
                stopAll(shutOut);
                return true;
            }
            DeliveryException end = ends.judge(reason, achieving);
            if (end != null) {
                stopAll(end);
            }
            return end != null;
        }

        @Override
        public boolean pauseAndMend(long untilNanos) throws InterruptedException {
            return supervisor.pauseUntil(untilNanos) && mendTransactions();
        }

        @Override
        public void failed(Throwable cause) {
            stopAll(cause);
        }
    }

    private @Nullable Throwable fenced() {
        synchronized (monitor) {
            return fenced;
        }
    }

    /** Starts transactions afresh if nobody knows how the last one ended; false if the runner is to end. */
    private boolean mendTransactions() throws InterruptedException {
        OutboxCommitter own = committer;
        return own == null || mending == null || mending.restart(() -> own.isBroken() && fenced() == null);
    }

    /**
     * The first connection throws an old session away: it can hold packet ids of an earlier process, under which the broker
     * would take new messages of QoS 2 for repetitions. What that process had not committed is in Kafka. With exactly once
     * Kafka knows those ids as well, so the session goes on.
     */
    private MqttOptions connectOptions() {
        return supervisor.connects() > 0 || options.cleanStart() || !needsNewSession
                ? options
                : options.toBuilder().cleanStart(true).build();
    }

    /** Waits until the connection or the runner ends; null in the latter case. */
    private @Nullable CloseReason watch(MqttConnection current) throws InterruptedException {
        SinkWatch stalls = new SinkWatch(
                clientId,
                traffic,
                lanes.stream()
                        .map(lane -> new SinkWatch.Offsets(lane.route(), lane.feed()::uncommittedAge))
                        .toList(),
                around);
        stalls.begin(current.limits().keepAlive(options.keepAlive()), pauses.pace());
        CloseReason reason;
        try {
            reason = supervisor.watch(now -> {
                for (SinkLane lane : lanes) {
                    lane.watchDeadLetters(now, lost -> log.warn("'{}': {}", clientId, lost.getMessage()));
                }
                goOnAfterPause(now);
                return stalls.look(now, pauses.trouble(), current.lastReadNanos());
            });
        } finally {
            stalls.end();
        }
        if (reason == null) {
            current.disconnect(NORMAL_DISCONNECTION);
        }
        return reason;
    }

    /** Lets messages leave again that the broker had no room for. */
    private void goOnAfterPause(long now) {
        String told = pauses.tell(now);
        if (told != null) {
            supervisor.lastError(told);
        }
        if (pauses.end()) {
            traffic.resume();
            flush();
        }
    }

    private void stopAll(Throwable cause) {
        supervisor.lastError(SafeText.of(cause));
        for (SinkLane lane : lanes) {
            stopRoute(lane, null, cause);
        }
        supervisor.failStart(new BridgeStartException(SafeText.of(cause), cause));
    }

    private void stopRoute(SinkLane lane, @Nullable String origin, Throwable cause) {
        SinkRoute route = lane.route();
        synchronized (route) {
            if (route.stopped()) {
                return;
            }
            route.markStopped();
        }
        if (failure == null) {
            failure = cause;
        }
        route.lastError(cause);
        around.degradations().begin(Degradations.route(route.name()), why(SafeText.of(cause), origin, route));
        log.error(
                "Route '{}' has stopped{}: {}",
                route.name(),
                origin == null ? "" : " at " + origin,
                why(SafeText.withFrames(cause), origin, route));
        events.tellSurely(listener -> listener.onRouteStopped(new RouteStopped(route.name(), origin, cause)));
        lane.feed().endSoon(around.drainTimeout());
        if (lanes.stream().allMatch(one -> one.route().stopped())) {
            allStopped = true;
        }
        around.stateChanged().run();
    }

    private static String why(String said, @Nullable String origin, SinkRoute route) {
        return origin == null ? said : StopText.atMessage(said, route.failurePolicy);
    }

    /** What arrives on one connection; but for closed(), all by the thread that reads it. */
    private final class Inbound implements InboundHandler {
        @Override
        public void connecting() {
            // Whether a request that is never answered has begun a session nobody can tell: row 14 of the outbox's
            // table.
        }

        @Override
        public void connected(BrokerLimits granted, PacketOutput output) {
            boolean kept = granted.sessionPresent() && !newSessionUnused;
            sessionPresent = kept;
            if (!limits.fit(granted)) {
                // The supervisor finds out too, and says why. That session knows nothing, also when it is resumed.
                newSessionUnused = !kept;
                return;
            }
            newSessionUnused = false;
            ends.begun();
            int inFlight = traffic.unfinished();
            if (supervisor.connects() > 0 && !kept && !options.cleanStart()) {
                log.warn(
                        "'{}': the MQTT broker has lost the session; {} messages are published anew",
                        clientId,
                        inFlight);
                events.tellSurely(listener -> listener.onSessionLost(new SessionLost(clientId, inFlight)));
            }
            maximumPacketSize = granted.maximumPacketSize();
            PacketWriter next = new PacketWriter(
                    "bridge-" + clientId + "-write",
                    traffic.session,
                    output,
                    around.clock(),
                    cause -> dropConnection(Starvation.reason("writing messages failed", cause)));
            writer = next;
            traffic.connected(kept, granted.receiveMaximum(), next);
            next.start();
            up = true;
        }

        @Override
        public void publish(PublishFrame frame) {
            throw new ProtocolViolation(
                    PROTOCOL_ERROR, StopText.uninvited(frame, clientId, "clientId(..) on the route"));
        }

        @Override
        public void release(int packetId) {
            // Of a message that was never taken: nobody waits for the answer.
            log.debug("A release of {} came for '{}', which takes no messages", packetId, clientId);
        }

        @Override
        public void puback(int packetId, int reasonCode) {
            traffic.puback(packetId, reasonCode);
        }

        @Override
        public void pubrec(int packetId, int reasonCode) {
            if (traffic.pubrec(packetId, reasonCode)) {
                flush();
            }
        }

        @Override
        public void pubcomp(int packetId) {
            if (traffic.pubcomp(packetId)) {
                flush();
            }
        }

        @Override
        public void closed(CloseReason reason) {
            up = false;
            supervisor.closed(reason);
        }
    }

    private void flush() {
        PacketWriter current = writer;
        if (current != null) {
            current.flush();
        }
    }

    /** Ends the present connection, if there is one; what is not done is sent again on the next. */
    private void dropConnection(CloseReason reason) {
        ends.dropping();
        supervisor.closed(reason);
        up = false;
        supervisor.drop();
    }

    /** What the committer has to say. */
    private final class FromCommitter implements OutboxCommitter.Owner {
        @Override
        public void outcomeUnknown(Throwable cause) {
            dropConnection(Starvation.reason("a transaction of Kafka's client failed", cause));
        }

        @Override
        public void fenced(Throwable cause) {
            synchronized (monitor) {
                fenced = new DeliveryException(StopText.fenced(clientId, options, parts.routes()), cause);
            }
            dropConnection(CloseReason.of("another bridge has taken the transactional id over", cause));
        }

        @Override
        public void hopeless(Throwable cause) {
            synchronized (monitor) {
                fenced = new DeliveryException(TransactionMending.hopeless(cause), cause);
            }
            dropConnection(CloseReason.of("no transaction comes about", cause));
        }

        @Override
        public void flush() {
            SinkRunner.this.flush();
        }
    }

    /** What the pipelines ask and tell. */
    private final class ForPipeline implements KafkaToMqttPipeline.Connection {
        @Override
        public long maximumPacketSize() {
            return maximumPacketSize;
        }

        @Override
        public boolean isUp() {
            return up;
        }

        @Override
        public void flush() {
            SinkRunner.this.flush();
        }

        @Override
        public void stop(SinkRoute route, @Nullable String origin, Throwable cause) {
            lane(route).ifPresent(lane -> stopRoute(lane, origin, cause));
        }

        @Override
        public boolean othersRun(SinkRoute route) {
            return lanes.stream()
                    .anyMatch(lane -> lane.route() != route && !lane.route().stopped());
        }

        @Override
        public void wake(SinkRoute route) {
            lane(route).ifPresent(lane -> lane.feed().wake());
        }

        private Optional<SinkLane> lane(SinkRoute route) {
            return lanes.stream().filter(lane -> lane.route() == route).findFirst();
        }
    }
}
