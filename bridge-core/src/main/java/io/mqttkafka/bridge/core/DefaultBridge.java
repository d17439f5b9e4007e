package io.mqttkafka.bridge.core;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.BridgeHealth;
import io.mqttkafka.bridge.BridgeHealth.RouteHealth;
import io.mqttkafka.bridge.BridgeState;
import io.mqttkafka.bridge.Guarantee;
import io.mqttkafka.bridge.LastError;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.RouteGuarantee;
import io.mqttkafka.bridge.StartMode;
import io.mqttkafka.bridge.config.LoopOptions;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.config.MqttVersion;
import io.mqttkafka.bridge.config.StatusOptions;
import io.mqttkafka.bridge.core.connection.Runner;
import io.mqttkafka.bridge.core.connection.StatusRunner;
import io.mqttkafka.bridge.core.connection.Surroundings;
import io.mqttkafka.bridge.core.events.BridgeEvents;
import io.mqttkafka.bridge.core.events.Degradations;
import io.mqttkafka.bridge.core.failpoint.Failpoints;
import io.mqttkafka.bridge.core.kafka.KafkaClients;
import io.mqttkafka.bridge.core.kafka.KafkaWatch;
import io.mqttkafka.bridge.core.kafka.ProducerSender;
import io.mqttkafka.bridge.core.kafka.ProducerTransactions;
import io.mqttkafka.bridge.core.kafka.RecordReader;
import io.mqttkafka.bridge.core.kafka.TopicInspector;
import io.mqttkafka.bridge.core.kafka.TopicWaits;
import io.mqttkafka.bridge.core.mqtt.MqttTransport;
import io.mqttkafka.bridge.core.route.CompiledRoute;
import io.mqttkafka.bridge.core.route.LoopGuard;
import io.mqttkafka.bridge.core.route.OwnTopics;
import io.mqttkafka.bridge.core.routing.MqttText;
import io.mqttkafka.bridge.core.routing.TopicFilter;
import io.mqttkafka.bridge.core.routing.UntrustedText;
import io.mqttkafka.bridge.core.sink.SinkRoute;
import io.mqttkafka.bridge.core.sink.SinkRoutes;
import io.mqttkafka.bridge.core.sink.SinkRunner;
import io.mqttkafka.bridge.core.source.KafkaSide;
import io.mqttkafka.bridge.core.source.SourceOnMqtt311;
import io.mqttkafka.bridge.core.source.SourceRoute;
import io.mqttkafka.bridge.core.source.SourceRunner;
import io.mqttkafka.bridge.core.time.BridgeClock;
import io.mqttkafka.bridge.error.BridgeClosedException;
import io.mqttkafka.bridge.error.BridgeConfigException;
import io.mqttkafka.bridge.error.BridgeException;
import io.mqttkafka.bridge.error.BridgeFailedException;
import io.mqttkafka.bridge.error.BridgeStartException;
import io.mqttkafka.bridge.event.StateChanged;
import io.mqttkafka.bridge.spi.BridgeConfig;
import io.mqttkafka.bridge.spi.KafkaToMqttRoute;
import io.mqttkafka.bridge.spi.MqttToKafkaRoute;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The life of a bridge: one {@link Runner} for each MQTT client id that its routes use. */
public final class DefaultBridge implements Bridge {
    private static final Logger log = LoggerFactory.getLogger(DefaultBridge.class);

    /** Longer than anybody waits, and short enough to be added to a time. */
    private static final Duration UNBOUNDED = Duration.ofDays(36_500);

    private final BridgeConfig config;
    private final BridgeClock clock;

    /** With the limits that are derived. */
    private final MqttOptions mqtt;

    private final BridgeEvents events;
    private final List<CompiledRoute> routes = new ArrayList<>();
    private final List<Runner> runners = new ArrayList<>();

    /** The limits of each connection in words, by client id. */
    private final Map<String, String> limits = new LinkedHashMap<>();

    private final TopicInspector inspector;
    private final TopicWaits waits = new TopicWaits();
    private final Degradations degradations;
    private final KafkaWatch watch;
    private final RetiredRunners retired;

    /** Null if the bridge does not say how it is. */
    private final @Nullable StatusRunner status;

    private final Object lifecycle = new Object();
    private BridgeState state = BridgeState.NEW;

    /** What starts the runners; null before the start. */
    private @Nullable StartSequence starting;

    /** Whether something still comes up in the background. */
    private boolean incomplete;

    private boolean failed;

    /** Why a start in the background was given up; null if it was not. */
    private @Nullable Throwable refused;

    /** Whether nothing of the bridge is left. */
    private boolean over;

    /**
     * Makes a bridge.
     *
     * @param config what it consists of
     * @param transport makes MQTT connections
     * @param kafka makes Kafka clients
     * @throws BridgeConfigException if something is illegal or does not fit
     */
    public DefaultBridge(BridgeConfig config, MqttTransport transport, KafkaClients kafka) {
        this(config, transport, kafka, BridgeClock.SYSTEM, Failpoints.NONE);
    }

    /**
     * Makes a bridge that tells of the places it passes.
     *
     * @param config what it consists of
     * @param transport makes MQTT connections
     * @param kafka makes Kafka clients
     * @param clock says which time the bridge lives by
     * @param failpoints is told of the places passed
     * @throws BridgeConfigException if something is illegal or does not fit
     */
    public DefaultBridge(
            BridgeConfig config,
            MqttTransport transport,
            KafkaClients kafka,
            BridgeClock clock,
            Failpoints failpoints) {
        this.config = config;
        this.clock = clock;
        events = new BridgeEvents(config.listeners());
        degradations = new Degradations(events, clock, this::stateChanged);
        retired = new RetiredRunners(config.drainTimeout(), this::runnerRetired);
        String randomId = "bridge-" + UUID.randomUUID();
        String anyClientId =
                config.mqtt().clientId() == null ? randomId : config.mqtt().clientId();
        boolean bothWays = config.routes().stream().anyMatch(MqttToKafkaRoute.class::isInstance)
                && config.routes().stream().anyMatch(KafkaToMqttRoute.class::isInstance);
        LoopGuard guard = LoopGuard.of(config.loops(), bothWays, anyClientId);
        OwnTopics ownTopics = new OwnTopics(
                config.kafka().transactions().stateTopic(),
                config.status() == null ? null : config.status().topic());
        Map<String, List<SourceRoute>> byClientId = new LinkedHashMap<>();
        Map<String, List<SinkRoute>> sinksByClientId = new LinkedHashMap<>();
        Set<String> names = new HashSet<>();
        for (Route route : config.routes()) {
            if (!names.add(route.name())) {
                throw new BridgeConfigException("route: two routes are named '" + route.name()
                        + "'; give them names of their own with .name(..)");
            }
            if (route instanceof KafkaToMqttRoute sink) {
                String own = sink.source().clientId();
                SinkRoute compiled =
                        SinkRoute.compile(sink, SinkRoutes.group(config.mqtt(), sink), guard, ownTopics, clock);
                SinkRoutes.requireSession(config.mqtt(), sink, compiled);
                SinkRoutes.requireVersion(config.mqtt(), compiled);
                sinksByClientId
                        .computeIfAbsent(own == null ? anyClientId + "-out" : own, id -> new ArrayList<>())
                        .add(compiled);
                routes.add(compiled);
                continue;
            }
            MqttToKafkaRoute source = (MqttToKafkaRoute) route;
            SourceRoute compiled = SourceRoute.compile(source, guard, ownTopics, clock);
            requireSession(config.mqtt(), source);
            requireOwnSession(compiled);
            String own = source.source().clientId();
            byClientId
                    .computeIfAbsent(own == null ? anyClientId : own, id -> new ArrayList<>())
                    .add(compiled);
            routes.add(compiled);
        }
        requireMqttText("mqtt.credentials", config.mqtt().username());
        if (config.mqtt().version() == MqttVersion.V3_1_1
                && config.mqtt().password() != null
                && config.mqtt().username() == null) {
            throw new BridgeConfigException("mqtt.credentials: MQTT 3.1.1 takes a password with a user name only; set a"
                    + " user name, which can be empty");
        }
        requireMqttText("mqtt.clientId", config.mqtt().clientId());
        byClientId.keySet().forEach(clientId -> requireMqttText("route: clientId", clientId));
        sinksByClientId.keySet().forEach(clientId -> requireMqttText("route: clientId", clientId));
        requireNoLoops(config, bothWays, byClientId, sinksByClientId);
        MemoryBudget memory = MemoryBudget.of(byClientId.size() + sinksByClientId.size());
        mqtt = Limits.resolve(config.mqtt(), config.kafka(), memory);
        byClientId.keySet().forEach(id -> limits.put(id, Limits.ofSource(mqtt, config.kafka())));
        sinksByClientId.keySet().forEach(id -> limits.put(id, Limits.ofSink(mqtt)));
        inspector = new TopicInspector(kafka, config.kafka(), anyClientId + "-topics");
        watch = new KafkaWatch(kafka, config.kafka(), clock, anyClientId + "-kafka", degradations, waits);
        config.mqtt().unsubscribe().forEach(filter -> requireOutdated(filter, byClientId.values()));
        Surroundings around = new Surroundings(
                transport,
                failpoints,
                events,
                degradations,
                clock,
                config.drainTimeout(),
                config.stallThreshold(),
                this::stateChanged);
        byClientId.forEach((clientId, served) -> runners.add(new SourceRunner(new SourceRunner.Parts(
                clientId,
                mqtt,
                served,
                new KafkaSide(
                        new ProducerSender(kafka, config.kafka(), mqtt, clientId, inspector, waits),
                        served.stream().anyMatch(SourceRoute::exactlyOnce)
                                ? ProducerTransactions.ofReceived(
                                        kafka, config.kafka(), mqtt, clientId, failpoints, waits)
                                : null,
                        config.kafka().transactions(),
                        waits),
                memory.topicCacheBytes(),
                around))));
        SinkRoutes.requireApart(sinksByClientId, byClientId.keySet());
        sinksByClientId.forEach((clientId, served) -> runners.add(new SinkRunner(new SinkRunner.Parts(
                clientId,
                mqtt,
                served,
                (reading, handler) -> new RecordReader(kafka, config.kafka(), clock, reading, handler),
                () -> new ProducerSender(kafka, config.kafka(), mqtt, clientId, inspector, waits),
                served.stream().anyMatch(SinkRoute::exactlyOnce)
                        ? ProducerTransactions.ofOutbox(kafka, config.kafka(), mqtt, clientId, failpoints, waits)
                        : null,
                config.kafka().transactions(),
                around))));
        status = config.status() == null
                ? null
                : statusRunner(
                        config.status(), transport, anyClientId, byClientId.keySet(), sinksByClientId.keySet(), clock);
    }

    private StatusRunner statusRunner(
            StatusOptions options,
            MqttTransport transport,
            String bridgeId,
            Set<String> sourceIds,
            Set<String> sinkIds,
            BridgeClock clock) {
        String clientId = options.clientId() == null ? bridgeId + "-status" : options.clientId();
        if (sourceIds.contains(clientId) || sinkIds.contains(clientId)) {
            throw new BridgeConfigException("status.clientId: '" + UntrustedText.escape(clientId)
                    + "' is used by a route, and they would take each other's session over; choose another one");
        }
        requireMqttText("status.topic", options.topic());
        requireMqttText("status.clientId", clientId);
        return new StatusRunner(clientId, options, mqtt, transport, events, degradations, clock, this::stateChanged);
    }

    /** The marker that stops a message on its way back is a user property: where there are none, topics have to be apart. */
    private static void requireNoLoops(
            BridgeConfig config,
            boolean bothWays,
            Map<String, List<SourceRoute>> sources,
            Map<String, List<SinkRoute>> sinks) {
        LoopOptions loops = config.loops();
        boolean marked = config.mqtt().version() == MqttVersion.V5;
        String version = "is not there in MQTT 3.1.1 (mqtt.version "
                + config.mqtt().version() + "), which has no user properties for the marker; ";
        if (!marked && loops.allowFeedback()) {
            throw new BridgeConfigException("loops.allowFeedback: what stops a message on its way back " + version
                    + "keep the topics of both directions apart and leave it out, or set mqtt.version(V5)");
        }
        if (!marked && Boolean.TRUE.equals(loops.guarded())) {
            throw new BridgeConfigException("loops.guarded: what messages are marked with " + version
                    + "leave it out, or set mqtt.version(V5)");
        }
        if (bothWays && !loops.allowFeedback()) {
            FeedbackCheck.requireNone(all(sources), all(sinks));
        }
        if (bothWays && !marked && loops.guarded() == null) {
            FeedbackCheck.requireTemplates(all(sources), all(sinks));
        }
    }

    /** A broker may end the connection over it, again and again. */
    private static void requireMqttText(String option, @Nullable String text) {
        if (text != null && MqttText.bytes(text) == null) {
            throw new BridgeConfigException(
                    option + ": '" + UntrustedText.escape(text)
                            + "' is too long, or has characters that MQTT does not take, such as the end of a line; leave them out");
        }
    }

    private static <R> List<R> all(Map<String, List<R>> byClientId) {
        return byClientId.values().stream().flatMap(List::stream).toList();
    }

    /** To unsubscribe what is subscribed a moment later would lose what is published in between. */
    private static void requireOutdated(String unsubscribed, Collection<List<SourceRoute>> connections) {
        String filter;
        try {
            filter = TopicFilter.parse(unsubscribed).subscription();
        } catch (BridgeConfigException e) {
            throw new BridgeConfigException("mqtt.unsubscribe: " + e.getMessage(), e);
        }
        if (!connections.isEmpty()
                && connections.stream().allMatch(routes -> routes.stream()
                        .anyMatch(route -> route.filter().subscription().equals(filter)))) {
            throw new BridgeConfigException("mqtt.unsubscribe: '" + UntrustedText.escape(filter)
                    + "' is the filter of a route; leave one of them out");
        }
    }

    private static void requireOwnSession(SourceRoute route) {
        if (route.exactlyOnce() && route.filter().shareGroup() != null) {
            throw new BridgeConfigException("route '" + route.name() + "': fromMqtt: '"
                    + route.filter().subscription()
                    + "' is shared, so that another member of the group can get a message again; exactly once needs a"
                    + " subscription of its own, or declare the route effectivelyOnce()");
        }
    }

    /** What voids QoS 1 and 2 is refused rather than weakened in silence. */
    private static void requireSession(MqttOptions mqtt, MqttToKafkaRoute route) {
        if (route.source().qos() == QoS.AT_MOST_ONCE) {
            return;
        }
        String asks = " but route '" + route.name() + "' asks for QoS "
                + route.source().qos().level() + "; ";
        if (mqtt.clientId() == null && route.source().clientId() == null) {
            throw new BridgeConfigException(
                    "mqtt.clientId: is not set," + asks + "set one that stays the same over restarts, or use QoS 0");
        }
        if (mqtt.cleanStart()) {
            throw new BridgeConfigException(
                    "mqtt.cleanStart: throws away what the broker queued," + asks + "leave it out, or use QoS 0");
        }
        if (mqtt.sessionExpiry().isZero()) {
            throw new BridgeConfigException("mqtt.sessionExpiry: 0 ends the session with the connection," + asks
                    + "set it longer than the longest outage, or use QoS 0");
        }
    }

    private RouteGuarantee guarantee(SourceRoute route) {
        RouteGuarantee promised = promised(route);
        String weakness = route.standing().weakness();
        RouteGuarantee kept = weakness == null || route.qos() != QoS.EXACTLY_ONCE
                ? promised
                : new RouteGuarantee(route.name(), Guarantee.AT_LEAST_ONCE, "the MQTT broker " + weakness);
        String old = route.standing().remark(mqtt.version(), SourceOnMqtt311.REMARK);
        String doubt = route.standing().doubt();
        String more = (doubt == null ? "" : "; " + doubt) + old;
        return more.isEmpty() ? kept : new RouteGuarantee(kept.route(), kept.guarantee(), kept.reason() + more);
    }

    private static RouteGuarantee promised(SourceRoute route) {
        String order = route.filter().shareGroup() == null ? "" : "; order holds within this member of the share group";
        return switch (route.qos()) {
            case AT_MOST_ONCE ->
                new RouteGuarantee(
                        route.name(),
                        Guarantee.AT_MOST_ONCE,
                        "QoS 0 is not acknowledged; what is shed is counted" + order);
            case AT_LEAST_ONCE ->
                new RouteGuarantee(
                        route.name(),
                        Guarantee.AT_LEAST_ONCE,
                        "PUBACK follows Kafka's confirmation (acks=all); a crash repeats what was not acknowledged"
                                + order);
            case EXACTLY_ONCE -> route.exactlyOnce() ? exactlyOnce(route) : effectivelyOnce(route, order);
        };
    }

    private static RouteGuarantee exactlyOnce(SourceRoute route) {
        return new RouteGuarantee(
                route.name(),
                Guarantee.EXACTLY_ONCE,
                "one Kafka transaction holds the records and the packet ids; PUBREC follows its commit, PUBCOMP the commit of"
                        + " the removal; for consumers with isolation.level=read_committed");
    }

    private static RouteGuarantee effectivelyOnce(SourceRoute route, String order) {
        return new RouteGuarantee(
                route.name(),
                Guarantee.EFFECTIVELY_ONCE,
                "PUBREC follows Kafka's confirmation (acks=all); packet ids are remembered in this process, so that"
                        + " only its death can repeat the messages in flight"
                        + order);
    }

    @Override
    public Bridge start() {
        synchronized (lifecycle) {
            if (state == BridgeState.CLOSED || state == BridgeState.DRAINING) {
                throw new BridgeClosedException("the bridge has been closed; build another one");
            }
            if (state != BridgeState.NEW) {
                throw new IllegalStateException("start: the bridge has been started before");
            }
            changeTo(BridgeState.STARTING);
        }
        boolean started = false;
        try {
            PlaintextWarnings.warn(mqtt, config.kafka());
            guarantees().forEach(one -> log.info("Route '{}': {} ({})", one.route(), one.guarantee(), one.reason()));
            limits.forEach((clientId, line) -> log.info("'{}' {}", clientId, line));
            StartSequence sequence = beginSequence();
            boolean complete = sequence.await(config.startTimeout());
            if (!complete && config.startMode() == StartMode.UNTIL_TIMEOUT) {
                throw new BridgeStartException(overTime(sequence));
            }
            returnFrom(sequence, complete);
            started = true;
            return this;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BridgeStartException("the start was interrupted", e);
        } catch (RuntimeException e) {
            throw isClosing() && !(e instanceof BridgeClosedException) ? closedWhileStarting(e) : e;
        } finally {
            if (!started) {
                close(Duration.ZERO);
            }
        }
    }

    private StartSequence beginSequence() {
        long now = System.nanoTime();
        long deadline =
                now + (config.startMode() == StartMode.IN_BACKGROUND ? UNBOUNDED : config.startTimeout()).toNanos();
        synchronized (lifecycle) {
            requireStarting();
            StartSequence sequence = new StartSequence(all().toList(), deadline);
            starting = sequence;
            if (config.startMode() == StartMode.IN_BACKGROUND) {
                watch.start();
            }
            sequence.begin();
            return sequence;
        }
    }

    private void requireStarting() {
        if (state != BridgeState.STARTING) {
            throw closedWhileStarting(null);
        }
    }

    private static BridgeClosedException closedWhileStarting(@Nullable Throwable cause) {
        return new BridgeClosedException("the bridge was closed while it started", cause);
    }

    private boolean isClosing() {
        synchronized (lifecycle) {
            return state == BridgeState.DRAINING || state == BridgeState.CLOSED;
        }
    }

    /** A step says itself what it has waited for, unless it is in the middle of something that cannot be hurried. */
    private String overTime(StartSequence sequence) {
        LastError last = sequence.lastError();
        if (last != null) {
            return last.cause();
        }
        String timeout = "the start timeout of " + config.startTimeout().toMillis() + " ms was over";
        return sequence.isBeforeBroker()
                ? "kafka.bootstrapServers: Kafka at " + config.kafka().bootstrapServers()
                        + " had not answered everything that is asked at a start when " + timeout
                        + ", and the MQTT broker was not asked yet; check that its brokers run and answer soon, or set a longer"
                        + " startTimeout"
                : "mqtt.serverUri: the MQTT broker had not answered when " + timeout
                        + "; check that it runs, or set a longer startTimeout";
    }

    /** Everything has started, or what is missing comes up in the background. */
    private void returnFrom(StartSequence sequence, boolean complete) {
        synchronized (lifecycle) {
            requireStarting();
            incomplete = !complete;
            if (config.startMode() == StartMode.UNTIL_TIMEOUT) {
                // Before, the start itself says whether Kafka answers.
                watch.start();
            }
            changeTo(running());
        }
        degradations.tell();
        if (complete) {
            watch.answered();
            return;
        }
        log.warn(
                "The bridge goes on starting in the background, since {}",
                degradations.none()
                        ? overTime(sequence)
                        : degradations.list().stream()
                                .map(one -> one.what() + ": " + one.cause())
                                .collect(Collectors.joining("; ")));
        sequence.whenEnded(this::endedInBackground);
    }

    private void endedInBackground(@Nullable Throwable cause) {
        if (cause == null) {
            synchronized (lifecycle) {
                incomplete = false;
            }
            log.info("The bridge has started");
            watch.answered();
            stateChanged();
        } else if (!isClosing()) {
            String reason = cause instanceof BridgeException ? cause.getMessage() : cause.toString();
            log.error("The bridge cannot start, and gives up: {}", reason);
            synchronized (lifecycle) {
                refused = cause;
            }
            fail();
        }
    }

    @Override
    public void close() {
        close(config.drainTimeout());
    }

    @Override
    public void close(Duration drainTimeout) {
        if (drainTimeout.isNegative()) {
            throw new IllegalArgumentException("drainTimeout: " + drainTimeout + " must not be negative");
        }
        StartSequence sequence;
        synchronized (lifecycle) {
            if (state == BridgeState.CLOSED || state == BridgeState.DRAINING) {
                awaitCloser();
                return;
            }
            changeTo(BridgeState.DRAINING);
            sequence = starting;
        }
        degradations.hush();
        if (sequence != null) {
            sequence.cancel();
        }
        if (status != null) {
            status.say(StatusRunner.Word.DRAINING);
        }
        closeRunners(drainTimeout);
        if (status != null) {
            status.close(drainTimeout);
        }
        inspector.close();
        watch.close();
        synchronized (lifecycle) {
            changeTo(BridgeState.CLOSED);
        }
        events.close();
        synchronized (lifecycle) {
            over = true;
            lifecycle.notifyAll();
        }
    }

    /** A second closer returns no sooner than the first. */
    private void awaitCloser() {
        try {
            while (state != BridgeState.CLOSED || !over) {
                lifecycle.wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void awaitClosed() throws InterruptedException {
        synchronized (lifecycle) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            while (!over) {
                lifecycle.wait();
            }
        }
        requireNoFailure();
    }

    @Override
    public boolean awaitClosed(Duration timeout) throws InterruptedException {
        if (timeout.isNegative()) {
            throw new IllegalArgumentException("timeout: " + timeout + " must not be negative");
        }
        Duration bounded = timeout.compareTo(UNBOUNDED) < 0 ? timeout : UNBOUNDED;
        long deadline = System.nanoTime() + bounded.toNanos();
        synchronized (lifecycle) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            while (!over) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                TimeUnit.NANOSECONDS.timedWait(lifecycle, left);
            }
        }
        requireNoFailure();
        return true;
    }

    private void requireNoFailure() {
        Throwable cause;
        synchronized (lifecycle) {
            if (!failed) {
                return;
            }
            cause = refused;
        }
        if (cause != null) {
            throw new BridgeFailedException(
                    "the start that went on in the background was refused: "
                            + (cause instanceof BridgeException ? cause.getMessage() : cause.toString()),
                    cause);
        }
        String reasons = degradations.list().stream()
                .filter(one -> one.what().startsWith(Degradations.route("")))
                .map(one -> one.what() + ": " + one.cause())
                .findFirst()
                .orElse("see the log");
        throw new BridgeFailedException("every route has stopped; " + reasons, retired.firstFailure());
    }

    /** Connections drain at the same time, so that together they take no longer than one. */
    private void closeRunners(Duration drainTimeout) {
        List<Thread> closers = new ArrayList<>();
        for (Runner runner : runners) {
            Thread closer = new Thread(() -> runner.close(drainTimeout), "bridge-close");
            closer.setDaemon(true);
            closer.start();
            closers.add(closer);
        }
        boolean interrupted = false;
        for (Thread closer : closers) {
            try {
                closer.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Something has come or gone, or routes have stopped. */
    private void stateChanged() {
        synchronized (lifecycle) {
            if (state != BridgeState.RUNNING && state != BridgeState.DEGRADED) {
                return;
            }
            runners.stream().filter(Runner::finished).forEach(retired::retire);
            if (status != null && runners.stream().allMatch(Runner::finished)) {
                status.say(StatusRunner.Word.OFFLINE);
            }
            changeTo(running());
        }
    }

    private BridgeState running() {
        return degradations.none() && !incomplete ? BridgeState.RUNNING : BridgeState.DEGRADED;
    }

    private void runnerRetired() {
        if (retired.count() == runners.size()) {
            fail();
        }
    }

    /** Every route has stopped: lets go of the rest, so that nothing is left when the state says so. */
    private void fail() {
        synchronized (lifecycle) {
            if (failed) {
                return;
            }
            failed = true;
        }
        closeRunners(Duration.ZERO);
        if (status != null) {
            status.close(config.drainTimeout());
        }
        inspector.close();
        watch.close();
        synchronized (lifecycle) {
            if (state == BridgeState.RUNNING || state == BridgeState.DEGRADED) {
                changeTo(BridgeState.FAILED);
                over = true;
                lifecycle.notifyAll();
            }
        }
        events.rest();
    }

    /** What has a connection to the MQTT broker. */
    private Stream<Runner> all() {
        return Stream.concat(runners.stream(), Stream.ofNullable(status));
    }

    private void changeTo(BridgeState next) {
        BridgeState before = state;
        if (before != next) {
            state = next;
            log.debug("The bridge is {}", next);
            events.tellSurely(listener -> listener.onStateChanged(new StateChanged(before, next)));
        }
    }

    @Override
    public BridgeState state() {
        synchronized (lifecycle) {
            return state;
        }
    }

    @Override
    public BridgeHealth health() {
        BridgeState now = state();
        long nowNanos = clock.nanos();
        boolean taking = now == BridgeState.RUNNING || now == BridgeState.DEGRADED;
        return BridgeHealth.builder(now)
                .degradations(degradations.list())
                .kafka(watch.health())
                .connections(all().map(Runner::health).toList())
                .routes(routes.stream()
                        .map(route -> RouteHealth.builder(route.name())
                                .running(taking && !route.stopped())
                                .qos0(route.counts(0))
                                .qos1(route.counts(1))
                                .qos2(route.counts(2))
                                .deliveryTimes(route.timer().total())
                                .recentDeliveryTimes(route.timer().recent(nowNanos))
                                .lastError(route.lastError())
                                .build())
                        .toList())
                .build();
    }

    @Override
    public List<RouteGuarantee> guarantees() {
        return routes.stream().map(this::guarantee).toList();
    }

    private RouteGuarantee guarantee(CompiledRoute route) {
        return route instanceof SinkRoute sink
                ? SinkRoutes.guarantee(config.mqtt(), sink)
                : guarantee((SourceRoute) route);
    }
}
