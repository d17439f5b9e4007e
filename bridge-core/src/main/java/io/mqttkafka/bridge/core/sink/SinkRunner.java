package io.mqttkafka.bridge.core.sink;

import io.mqttkafka.bridge.BridgeHealth.ConnectionHealth;
import io.mqttkafka.bridge.Guarantee;
import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.config.MqttOptions;
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
import io.mqttkafka.bridge.core.kafka.PartitionBook;
import io.mqttkafka.bridge.core.kafka.ProducerTransactions;
import io.mqttkafka.bridge.core.kafka.RecordFeed;
import io.mqttkafka.bridge.core.kafka.RecordSender;
import io.mqttkafka.bridge.core.kafka.TopicResolution;
import io.mqttkafka.bridge.core.mqtt.CloseReason;
import io.mqttkafka.bridge.core.mqtt.InboundHandler;
import io.mqttkafka.bridge.core.mqtt.MqttConnectException;
import io.mqttkafka.bridge.core.mqtt.MqttConnection;
import io.mqttkafka.bridge.core.mqtt.MqttTransport;
import io.mqttkafka.bridge.core.mqtt.PacketOutput;
import io.mqttkafka.bridge.core.mqtt.ReasonCodes;
import io.mqttkafka.bridge.core.mqtt.ReasonCodes.Meaning;
import io.mqttkafka.bridge.core.mqtt.wire.BrokerLimits;
import io.mqttkafka.bridge.core.mqtt.wire.BrokerLimits.Feature;
import io.mqttkafka.bridge.core.mqtt.wire.PublishFrame;
import io.mqttkafka.bridge.core.mqtt.wire.UserPropertyLimit;
import io.mqttkafka.bridge.core.restart.Restarts;
import io.mqttkafka.bridge.core.route.SafeText;
import io.mqttkafka.bridge.core.routing.UntrustedText;
import io.mqttkafka.bridge.core.session.Outbox;
import io.mqttkafka.bridge.core.session.Partition;
import io.mqttkafka.bridge.core.session.ProtocolViolation;
import io.mqttkafka.bridge.core.session.PublishSession;
import io.mqttkafka.bridge.core.time.BridgeClock;
import io.mqttkafka.bridge.error.BridgeStartException;
import io.mqttkafka.bridge.error.DeliveryException;
import io.mqttkafka.bridge.event.GuaranteeLowered;
import io.mqttkafka.bridge.event.RouteStopped;
import io.mqttkafka.bridge.event.SessionLost;
import io.mqttkafka.bridge.event.Stalled;
import io.mqttkafka.bridge.spi.LastAction.DeadLetter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
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
    private static final long TICK_MILLIS = 250;
    private static final int MOST_REFUSALS_IN_A_ROW = 3;
    private static final int NORMAL_DISCONNECTION = 0;
    private static final int PROTOCOL_ERROR = 0x82;
    private static final Duration CLOSE_GRACE = Duration.ofSeconds(5);
    private static final String NO_SESSION =
            "it ends the session with the connection (session expiry 0), so that a broken"
                    + " connection repeats the messages in flight";

    private static final ConnectionSupervisor.Words WORDS = new ConnectionSupervisor.Words(
            "the bridge could not start",
            "mqtt.serverUri: the MQTT broker did not answer before the start timeout; check that it runs",
            "its last connection to end before it connects again");

    /** What a runner is made of. */
    public record Parts(
            String clientId,
            MqttOptions options,
            KafkaOptions kafkaOptions,
            List<SinkRoute> routes,
            MqttTransport transport,
            RecordFeed.Factory feeds,
            Supplier<RecordSender> deadLetters,
            @Nullable ProducerTransactions transactions,
            Failpoints failpoints,
            BridgeEvents events,
            Degradations degradations,
            BridgeClock clock,
            Duration drainTimeout,
            Duration stallThreshold,
            Runnable stateChanged) {}

    /** One route, what feeds it, and where its dead letters go. */
    private record Lane(
            SinkRoute route, RecordFeed feed, @Nullable RecordSender deadLetters) {}

    private final Parts parts;
    private final String clientId;
    private final MqttOptions options;
    private final BridgeEvents events;
    private final SendPauses pauses;
    private final PublishSession session;

    /** Null if no route publishes exactly once. */
    private final @Nullable Outbox outbox;

    private final @Nullable OutboxCommitter committer;

    /** Whether messages of QoS 1, or of QoS 2 but not exactly once, share the connection with those of the outbox. */
    private final boolean shared;

    private final List<Lane> lanes = new ArrayList<>();
    private final ConnectionSupervisor supervisor;

    // Shared with the supervisor; guards this.
    private final Object monitor = new Object();
    private @Nullable Throwable fenced;

    /** How many connections in a row the broker has ended because a message offended it. */
    private int offended;

    private final Starvation starvation = new Starvation();
    /** How many connections in a row have ended before the broker answered to a message. */
    private int brokenInVain;

    /** How many messages were on their way when the last connection ended. */
    private int leftOnWire;

    /** Whether some of them waited for the broker, rather than for Kafka. */
    private boolean awaitedBroker;

    /** How many answers there had been when the last connection began. */
    private volatile long answersBefore;

    /** Whether it was not for Kafka's sake that the last connection ended. */
    private volatile boolean brokenByBroker;

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
        clientId = parts.clientId();
        options = parts.options();
        events = parts.events();
        pauses = new SendPauses(clientId, parts.clock(), log);
        ProducerTransactions transactions = parts.transactions();
        shared = transactions != null
                && parts.routes().stream().anyMatch(route -> route.qos.level() > 0 && !route.exactlyOnce);
        long bytes = options.maxInFlightBytes() / (shared ? 2 : 1);
        session = new PublishSession(options.sendMaximum(), bytes, pauses.pace(), this::wakeAll);
        if (transactions == null) {
            outbox = null;
            committer = null;
        } else {
            Outbox made = new Outbox(options.sendMaximum(), bytes, pauses.pace(), this::wakeAll, this::wakeCommitter);
            outbox = made;
            committer = new OutboxCommitter(
                    "bridge-" + clientId + "-commit",
                    transactions,
                    made,
                    parts.kafkaOptions().transactions(),
                    parts.failpoints(),
                    new FromCommitter());
        }
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
                    route.exactlyOnce ? outbox : null,
                    deadLetters,
                    new ForPipeline(),
                    new UserPropertyLimit(options.maxUserProperties(), options.maxUserPropertyBytes()),
                    events,
                    parts.clock());
            RecordFeed.Reading reading = new RecordFeed.Reading(
                    route.name,
                    route.topics,
                    route.pattern,
                    route.group,
                    clientId,
                    mostOpen,
                    options.maxUserProperties(),
                    options.maxUserPropertyBytes());
            lanes.add(new Lane(route, parts.feeds().make(reading, pipeline), deadLetters));
        }
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

    private void wakeCommitter() {
        if (committer != null) {
            committer.wake();
        }
    }

    private void wakeAll() {
        for (Lane lane : lanes) {
            lane.feed().wake();
        }
    }

    // Starting, asking, ending: called by the bridge.

    @Override
    public void start(long deadlineNanos) {
        for (Lane lane : lanes) {
            StartPatience.retry(deadlineNanos, lane.feed()::open);
            RecordSender sink = lane.deadLetters();
            if (sink != null && lane.route().failurePolicy.lastAction() instanceof DeadLetter deadLetter) {
                StartPatience.retry(deadlineNanos, sink::open);
                requireReady(lane.route(), sink, deadLetter.topic(), deadlineNanos);
            }
        }
        // Last: who takes the identity over ends the bridge that had it, and must not fail for another reason then.
        if (committer != null) {
            StartPatience.retry(deadlineNanos, timeout -> needsNewSession = committer.open(timeout));
            forgetUnread();
        }
        supervisor.start(deadlineNanos);
        // Not before there is somebody to publish to.
        lanes.forEach(lane -> lane.feed().start());
    }

    /** What an earlier process had sent for a route that is no more will not come again. */
    private void forgetUnread() {
        if (outbox != null) {
            for (Partition partition : outbox.unresolved()) {
                if (parts.routes().stream().noneMatch(route -> route.exactlyOnce && route.reads(partition))) {
                    outbox.passed(partition, Long.MAX_VALUE);
                }
            }
        }
    }

    private static void requireReady(SinkRoute route, RecordSender sink, String topic, long deadlineNanos) {
        TopicResolution resolution = StartTopics.resolve(sink, topic, deadlineNanos);
        if (resolution.state() != TopicResolution.State.READY) {
            throw new BridgeStartException(
                    "route '" + route.name() + "': "
                            + resolution.notReady("onFailure.deadLetter", topic).getMessage(),
                    resolution.cause());
        }
    }

    @Override
    public void close(Duration timeout) {
        boolean interrupted = false;
        try {
            lanes.forEach(lane -> lane.feed().endSoon(timeout));
            for (Lane lane : lanes) {
                lane.feed().stop(timeout);
            }
            endSupervisor();
            if (committer != null) {
                committer.stop(timeout);
            }
        } catch (InterruptedException e) {
            interrupted = true;
        }
        for (Lane lane : lanes) {
            RecordSender sink = lane.deadLetters();
            if (sink != null) {
                sink.close(Duration.ZERO);
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void endSupervisor() throws InterruptedException {
        supervisor.end();
        if (supervisor.begun()) {
            boolean ended = supervisor.awaitEnd(CLOSE_GRACE);
            ProducerTransactions transactions = parts.transactions();
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
                .unacknowledged(unfinished())
                .inFlightBytes(session.bytes() + (outbox == null ? 0 : outbox.bytes()))
                .oldestUnacknowledged(Duration.ofNanos(oldestAge(System.nanoTime())))
                .redelivered(session.resent() + (outbox == null ? 0 : outbox.resent()))
                .lastError(supervisor.lastError())
                .build();
    }

    private int unfinished() {
        return session.unfinished() + (outbox == null ? 0 : outbox.unfinished());
    }

    private long oldestAge(long nowNanos) {
        long oldest = session.oldestAge(nowNanos);
        return outbox == null ? oldest : Math.max(oldest, outbox.oldestAge(nowNanos));
    }

    /** Counts the messages that the MQTT broker is done with. */
    private long done() {
        return session.finished() + (outbox == null ? 0 : outbox.finished());
    }

    private boolean awaitsBroker() {
        return session.awaitsBroker() || (outbox != null && outbox.awaitsBroker());
    }

    // Connecting, working on a connection, judging its end: called by the supervisor.

    /** What the supervisor asks and tells. */
    private final class ForSupervisor implements ConnectionSupervisor.Owner {
        @Override
        public @Nullable CloseReason obstacle() {
            if (fenced() != null) {
                return CloseReason.of("another bridge has taken the transactional id over", null);
            }
            return committer == null ? null : committer.obstacle();
        }

        @Override
        public MqttConnection connect() throws MqttConnectException, InterruptedException {
            return parts.transport().connect(connectOptions(), clientId, new Inbound());
        }

        @Override
        public void prepare(MqttConnection current) throws MqttConnectException {
            requireLimits(current.limits());
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
            awaitedBroker = session.onWire() > 0 || (outbox != null && outbox.awaitsBroker());
            leftOnWire = session.onWire() + (outbox == null ? 0 : outbox.onWire());
            session.disconnected();
            if (outbox != null) {
                outbox.disconnected();
            }
        }

        @Override
        public long achieved() {
            return done();
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
            DeliveryException starved = starvation.judge(reason.cause(), achieving);
            if (starved != null) {
                stopAll(starved);
                return true;
            }
            Meaning meaning = ReasonCodes.ofDisconnect(reason.reasonCode());
            if (meaning == Meaning.PATIENCE) {
                pauses.pace().slowDown(leftOnWire);
            }
            boolean offence = reason.malformed() || meaning == Meaning.MESSAGE;
            offended = offence && !achieving ? offended + 1 : 0;
            if (offended >= MOST_REFUSALS_IN_A_ROW) {
                stopAll(new DeliveryException(StopText.onConnection(clientId, reason.text()), reason.cause()));
                return true;
            }
            return isHopeless(reason, meaning);
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

    /**
     * Says whether connections end again and again before the MQTT broker says a word of the messages that wait for it. After
     * the second of them one message goes at a time, so that the one that ends them can be named, and is then a failure of
     * that message.
     */
    private boolean isHopeless(CloseReason reason, Meaning meaning) {
        if (answers() > answersBefore) {
            brokenInVain = 0;
            return false;
        }
        if (!awaitedBroker || !brokenByBroker || meaning == Meaning.PATIENCE) {
            return false;
        }
        brokenInVain++;
        if (brokenInVain > 1) {
            pauses.pace().slowDown(1);
        }
        if (brokenInVain < Restarts.MOST) {
            return false;
        }
        String why = Restarts.MOST + " connections in a row have ended before the MQTT broker answered to a message: "
                + reason.text();
        if (session.giveUpSuspect(why)) {
            brokenInVain = 0;
            return false;
        }
        stopAll(new DeliveryException(why, reason.cause()));
        return true;
    }

    private long answers() {
        return session.answers() + (outbox == null ? 0 : outbox.answers());
    }

    private @Nullable Throwable fenced() {
        synchronized (monitor) {
            return fenced;
        }
    }

    /** Starts transactions afresh if nobody knows how the last one ended; false if the runner is to end. */
    private boolean mendTransactions() throws InterruptedException {
        OutboxCommitter own = committer;
        return own == null || supervisor.restartTransactions(() -> own.isBroken() && fenced() == null, own::restart);
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

    private void requireLimits(BrokerLimits limits) throws MqttConnectException {
        for (SinkRoute route : parts.routes()) {
            String problem = limits.version().hasProperties() ? null : SinkOnMqtt311.problem(route);
            if (problem != null) {
                throw refused(route, problem);
            }
            if (route.qos.level() > limits.maximumQos()) {
                throw refused(
                        route,
                        "qos: the MQTT broker supports QoS 0 to " + limits.maximumQos() + " only; lower the QoS");
            }
            if (route.mayRetain() && !limits.has(Feature.RETAIN)) {
                throw refused(route, "retain: the MQTT broker keeps no retained messages; leave it out");
            }
            if (route.exactlyOnce && shared && limits.receiveMaximum() == 1) {
                throw refused(
                        route,
                        "qos: the MQTT broker takes one message at a time (receive maximum 1), and other routes publish on"
                                + " the same connection; give this route a clientId of its own");
            }
            boolean endsSession = route.exactlyOnce && limits.sessionExpirySeconds() == 0;
            if (route.standing.weakness(endsSession ? NO_SESSION : null)) {
                log.warn("Route '{}' is not exactly once on this MQTT broker: {}", route.name(), NO_SESSION);
                events.tellSurely(listener -> listener.onGuaranteeLowered(
                        new GuaranteeLowered(route.name(), Guarantee.AT_LEAST_ONCE, NO_SESSION)));
            }
            route.standing.speaks(limits.version());
        }
        String assigned = limits.assignedClientId();
        if (committer != null && assigned != null && !assigned.equals(clientId)) {
            throw new MqttConnectException(
                    MqttConnectException.Kind.REFUSED,
                    "mqtt.clientId: the MQTT broker calls us '" + UntrustedText.escape(assigned) + "' instead of '"
                            + UntrustedText.escape(clientId)
                            + "', so that the session could not be found again; allow the id"
                            + " there, choose another, or declare the routes effectivelyOnce()",
                    null);
        }
        if (limits.receiveMaximum() < options.sendMaximum()) {
            log.info(
                    "'{}': the MQTT broker takes {} messages at a time (receive maximum), fewer than mqtt.sendMaximum {}",
                    clientId,
                    limits.receiveMaximum(),
                    options.sendMaximum());
        }
        long granted = limits.sessionExpirySeconds();
        if (committer != null
                && granted > 0
                && granted < options.sessionExpiry().toSeconds()) {
            log.warn(
                    "'{}': the MQTT broker keeps the session for {} s only, not {} s as mqtt.sessionExpiry asks; a longer outage "
                            + "repeats the messages in flight",
                    clientId,
                    granted,
                    options.sessionExpiry().toSeconds());
        }
    }

    private boolean fits(SinkRoute route, BrokerLimits limits) {
        return !(route.exactlyOnce && shared && limits.receiveMaximum() == 1)
                && route.qos.level() <= limits.maximumQos()
                && (limits.version().hasProperties() || SinkOnMqtt311.problem(route) == null)
                && (!route.mayRetain() || limits.has(Feature.RETAIN));
    }

    private static MqttConnectException refused(SinkRoute route, String why) {
        return new MqttConnectException(
                MqttConnectException.Kind.REFUSED, "route '" + route.name() + "': " + why, null);
    }

    /** Waits until the connection or the runner ends; null in the latter case. */
    private @Nullable CloseReason watch(MqttConnection current) throws InterruptedException {
        StallWatches stalls = new StallWatches();
        try {
            return watch(current, stalls);
        } finally {
            stalls.end();
        }
    }

    private @Nullable CloseReason watch(MqttConnection current, StallWatches stalls) throws InterruptedException {
        long finishedBefore = done();
        long refusedBefore = pauses.pace().refusals();
        long progressAt = System.nanoTime();
        long tooLong = current.limits().keepAlive(options.keepAlive()).toNanos() * 2;
        long givenUp = givenUp();
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
            long now = System.nanoTime();
            stalls.look(now);
            givenUp = reportGivenUp(givenUp);
            watchDeadLetters(now);
            goOnAfterPause(now);
            long finishedNow = done();
            long refusedNow = pauses.pace().refusals();
            if (finishedNow != finishedBefore || refusedNow != refusedBefore || !awaitsBroker()) {
                finishedBefore = finishedNow;
                refusedBefore = refusedNow;
                progressAt = now;
            }
            if (now - progressAt > tooLong) {
                return CloseReason.of(
                        "the MQTT broker has acknowledged nothing for twice the keep-alive although messages wait for it",
                        null);
            }
            if (now - current.lastReadNanos() > tooLong) {
                return CloseReason.of("the connection was not read for twice the keep-alive", null);
            }
        }
        current.disconnect(NORMAL_DISCONNECTION);
        return null;
    }

    /** Lets messages leave again that the broker had no room for. */
    private void goOnAfterPause(long now) {
        String told = pauses.tell(now);
        if (told != null) {
            supervisor.lastError(told);
        }
        if (pauses.end()) {
            session.resume();
            if (outbox != null) {
                outbox.resume();
            }
            flush();
        }
    }

    /** A dead letter topic can be deleted as well; its records come back to their route, which looks it up. */
    private void watchDeadLetters(long now) {
        for (Lane lane : lanes) {
            RecordSender sink = lane.deadLetters();
            if (sink != null) {
                sink.watch(now, lost -> log.warn("'{}': {}", clientId, lost.getMessage()));
            }
        }
    }

    private long givenUp() {
        return outbox == null ? 0 : outbox.givenUp();
    }

    private long reportGivenUp(long before) {
        long now = givenUp();
        if (now > before) {
            log.warn(
                    "'{}': {} messages that were on their way when the bridge died held every place at the MQTT broker while more"
                            + " records than may wait came before theirs; their packet ids are given up, so they can be repeated",
                    clientId,
                    now - before);
        }
        return now;
    }

    /** What can wait for too long while the connection is up: messages for the MQTT broker, offsets for Kafka. */
    private final class StallWatches {
        private final StallWatch messages = watch(Degradations.messages(clientId));
        private final List<StallWatch> offsets = lanes.stream()
                .map(lane -> watch(Degradations.offsets(lane.route().name())))
                .toList();

        private StallWatch watch(String what) {
            return new StallWatch(what, parts.stallThreshold(), parts.degradations(), log);
        }

        void look(long now) {
            long age = oldestAge(now);
            int waiting = unfinished();
            String trouble = pauses.trouble();
            boolean tell = messages.look(
                    now,
                    age,
                    () -> "the oldest of " + waiting + " published messages has waited for "
                            + TimeUnit.NANOSECONDS.toSeconds(age) + " s: "
                            + (trouble == null ? "the MQTT broker does not acknowledge it" : trouble));
            if (tell) {
                events.tell(listener -> listener.onStalled(new Stalled(clientId, Duration.ofNanos(age), waiting)));
            }
            for (int i = 0; i < offsets.size(); i++) {
                SinkRoute route = lanes.get(i).route();
                long uncommitted = lanes.get(i).feed().uncommittedAge(now);
                offsets.get(i)
                        .look(
                                now,
                                uncommitted,
                                () -> "Kafka has committed nothing for the group '" + route.group() + "' for "
                                        + TimeUnit.NANOSECONDS.toSeconds(uncommitted)
                                        + " s, so that a crash would publish again what has been published since");
            }
        }

        void end() {
            messages.end();
            offsets.forEach(StallWatch::end);
        }
    }

    private void stopAll(Throwable cause) {
        supervisor.lastError(SafeText.of(cause));
        for (Lane lane : lanes) {
            stopRoute(lane, null, cause);
        }
        supervisor.failStart(new BridgeStartException(SafeText.of(cause), cause));
    }

    private void stopRoute(Lane lane, @Nullable String origin, Throwable cause) {
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
        parts.degradations().begin(Degradations.route(route.name()), why(SafeText.of(cause), origin, route));
        log.error(
                "Route '{}' has stopped{}: {}",
                route.name(),
                origin == null ? "" : " at " + origin,
                why(SafeText.withFrames(cause), origin, route));
        events.tellSurely(listener -> listener.onRouteStopped(new RouteStopped(route.name(), origin, cause)));
        lane.feed().endSoon(parts.drainTimeout());
        if (lanes.stream().allMatch(one -> one.route().stopped())) {
            allStopped = true;
        }
        parts.stateChanged().run();
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
        public void connected(BrokerLimits limits, PacketOutput output) {
            boolean kept = limits.sessionPresent() && !newSessionUnused;
            sessionPresent = kept;
            if (!parts.routes().stream().allMatch(route -> fits(route, limits))) {
                // The supervisor finds out too, and says why. That session knows nothing, also when it is resumed.
                newSessionUnused = !kept;
                return;
            }
            newSessionUnused = false;
            answersBefore = answers();
            brokenByBroker = true;
            int inFlight = unfinished();
            if (supervisor.connects() > 0 && !kept && !options.cleanStart()) {
                log.warn(
                        "'{}': the MQTT broker has lost the session; {} messages are published anew",
                        clientId,
                        inFlight);
                events.tellSurely(listener -> listener.onSessionLost(new SessionLost(clientId, inFlight)));
            }
            maximumPacketSize = limits.maximumPacketSize();
            PacketWriter next = new PacketWriter(
                    "bridge-" + clientId + "-write",
                    session,
                    output,
                    parts.clock(),
                    cause -> dropConnection(Starvation.reason("writing messages failed", cause)));
            writer = next;
            int forOutbox = shared ? (limits.receiveMaximum() + 1) / 2 : limits.receiveMaximum();
            session.connected(kept, shared ? limits.receiveMaximum() - forOutbox : limits.receiveMaximum(), next);
            if (outbox != null) {
                outbox.connected(kept, forOutbox, next);
            }
            next.start();
            up = true;
        }

        @Override
        public void publish(PublishFrame frame) {
            throw new ProtocolViolation(
                    PROTOCOL_ERROR,
                    "a message" + StopText.onTopic(frame) + " came for '" + UntrustedText.escape(clientId)
                            + "', which subscribes to nothing: another client subscribed in its session; use clientId(..)"
                            + " on the route");
        }

        @Override
        public void release(int packetId) {
            // Of a message that was never taken: nobody waits for the answer.
            log.debug("A release of {} came for '{}', which takes no messages", packetId, clientId);
        }

        @Override
        public void puback(int packetId, int reasonCode) {
            if (outbox != null && Outbox.owns(packetId)) {
                outbox.puback(packetId);
            } else {
                session.puback(packetId, reasonCode);
            }
        }

        @Override
        public void pubrec(int packetId, int reasonCode) {
            if (outbox != null && Outbox.owns(packetId)) {
                parts.failpoints().pass(Failpoint.TAKEN_OVER);
                outbox.pubrec(packetId, reasonCode);
                flush();
            } else {
                session.pubrec(packetId, reasonCode);
            }
        }

        @Override
        public void pubcomp(int packetId) {
            if (outbox != null && Outbox.owns(packetId)) {
                parts.failpoints().pass(Failpoint.COMPLETED);
                outbox.pubcomp(packetId);
                flush();
            } else {
                session.pubcomp(packetId);
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
        brokenByBroker = false;
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
                fenced = new DeliveryException(ConnectionSupervisor.hopeless(cause), cause);
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

        private Optional<Lane> lane(SinkRoute route) {
            return lanes.stream().filter(lane -> lane.route() == route).findFirst();
        }
    }
}
