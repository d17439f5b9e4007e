package io.mqttkafka.bridge.core;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.BridgeHealth;
import io.mqttkafka.bridge.BridgeHealth.RouteHealth;
import io.mqttkafka.bridge.BridgeState;
import io.mqttkafka.bridge.LastError;
import io.mqttkafka.bridge.RouteGuarantee;
import io.mqttkafka.bridge.StartMode;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.core.connection.Runner;
import io.mqttkafka.bridge.core.connection.StatusRunner;
import io.mqttkafka.bridge.core.connection.Surroundings;
import io.mqttkafka.bridge.core.events.BridgeEvents;
import io.mqttkafka.bridge.core.events.Degradations;
import io.mqttkafka.bridge.core.failpoint.Failpoints;
import io.mqttkafka.bridge.core.kafka.KafkaClients;
import io.mqttkafka.bridge.core.mqtt.MqttTransport;
import io.mqttkafka.bridge.core.mqtt.socket.SocketTransport;
import io.mqttkafka.bridge.core.route.CompiledRoute;
import io.mqttkafka.bridge.core.sink.SinkRoute;
import io.mqttkafka.bridge.core.sink.SinkRunner;
import io.mqttkafka.bridge.core.source.KafkaSide;
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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
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

    private final BridgePlan plan;

    /** With the limits that are derived. */
    private final MqttOptions mqtt;

    private final BridgeEvents events;
    private final List<CompiledRoute> routes;
    private final List<Runner> runners = new ArrayList<>();

    private final Degradations degradations;
    private final KafkaAccess kafka;
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
     * Makes a bridge that reaches Kafka in a way of its own.
     *
     * @param config what it consists of
     * @param kafka how it reaches Kafka
     * @throws BridgeConfigException if something is illegal or does not fit
     */
    public DefaultBridge(BridgeConfig config, KafkaAccess.Factory kafka) {
        this(config, new SocketTransport(), kafka, BridgeClock.SYSTEM, Failpoints.NONE);
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
        this(
                config,
                transport,
                (KafkaAccess.Factory) made -> new OwnKafkaClients(kafka, config.kafka(), made),
                clock,
                failpoints);
    }

    private DefaultBridge(
            BridgeConfig config,
            MqttTransport transport,
            KafkaAccess.Factory kafka,
            BridgeClock clock,
            Failpoints failpoints) {
        this.config = config;
        this.clock = clock;
        events = new BridgeEvents(config.listeners());
        degradations = new Degradations(events, clock, this::stateChanged);
        retired = new RetiredRunners(config.drainTimeout(), this::runnerRetired);
        plan = BridgePlan.of(config, clock);
        routes = plan.routes();
        mqtt = plan.mqtt();
        this.kafka = kafka.make(new KafkaAccess.ForBridge(plan.clientId(), mqtt, clock, failpoints, degradations));
        Surroundings around = new Surroundings(
                transport,
                failpoints,
                events,
                degradations,
                clock,
                config.drainTimeout(),
                config.stallThreshold(),
                this::stateChanged);
        plan.sources().forEach((clientId, served) -> runners.add(source(clientId, served, around)));
        plan.sinks().forEach((clientId, served) -> runners.add(sink(clientId, served, around)));
        String statusId = plan.statusClientId();
        status = statusId == null
                ? null
                : new StatusRunner(statusId, Objects.requireNonNull(config.status()), mqtt, around);
    }

    private Runner source(String clientId, List<SourceRoute> served, Surroundings around) {
        KafkaSide side = new KafkaSide(
                kafka.sender(clientId),
                served.stream().anyMatch(SourceRoute::exactlyOnce) ? kafka.received(clientId) : null,
                config.kafka().transactions(),
                kafka.waits());
        return new SourceRunner(new SourceRunner.Parts(clientId, mqtt, served, side, plan.topicCacheBytes(), around));
    }

    private Runner sink(String clientId, List<SinkRoute> served, Surroundings around) {
        return new SinkRunner(new SinkRunner.Parts(
                clientId,
                mqtt,
                served,
                kafka.feeds(),
                () -> kafka.sender(clientId),
                served.stream().anyMatch(SinkRoute::exactlyOnce) ? kafka.outbox(clientId) : null,
                config.kafka().transactions(),
                around));
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
            plan.limits().forEach((clientId, line) -> log.info("'{}' {}", clientId, line));
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
                kafka.start();
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
                kafka.start();
            }
            changeTo(running());
        }
        degradations.tell();
        if (complete) {
            kafka.answered();
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
            kafka.answered();
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
        kafka.close();
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
        kafka.close();
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
                .kafka(kafka.health())
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
        return plan.guarantees();
    }
}
