package io.mqttkafka.bridge.tests.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.BridgeBuilder;
import io.mqttkafka.bridge.BridgeState;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.error.BridgeClosedException;
import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka;
import io.mqttkafka.bridge.testkit.fake.kafka.KafkaOperation;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A bridge that another thread closes while it starts: start() ends soon, and nothing of it is left. */
class CloseWhileStartingTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int STARTS = Integer.getInteger("bridge.closed.starts", 150);
    private static final long LONGEST_NANOS = TimeUnit.MILLISECONDS.toNanos(25);

    private final FakeMqttBroker mqtt = FakeMqttBroker.start();
    private final FakeKafka kafka = FakeKafka.builder().withoutAutoCreate().start();

    @BeforeEach
    void topics() {
        List.of("in", "once", "out", "dead", "__mqtt_bridge_state").forEach(topic -> kafka.createTopic(topic, 1));
    }

    @AfterEach
    void close() {
        mqtt.close();
        kafka.close();
    }

    private BridgeBuilder bridge() {
        return Bridge.builder()
                .mqtt(m -> m.serverUri(mqtt.serverUri()).clientId("edge-1"))
                .kafka(k -> k.bootstrapServers(kafka.bootstrapServers()))
                .startTimeout(PATIENCE);
    }

    /** One of each kind that opens clients of its own. */
    private BridgeBuilder bridgeOfAllKinds() {
        return bridge().status(status -> status.topic("status"))
                .route(Route.fromMqtt("a/#")
                        .qos(QoS.AT_LEAST_ONCE)
                        .toKafka("in")
                        .build())
                .route(Route.fromMqtt("b/#")
                        .qos(QoS.EXACTLY_ONCE)
                        .clientId("edge-2")
                        .toKafka("once")
                        .build())
                .route(Route.fromKafka("out")
                        .group("g")
                        .toMqtt("c/{key}")
                        .qos(QoS.EXACTLY_ONCE)
                        .onFailure(failure -> failure.deadLetter("dead"))
                        .build());
    }

    private static List<String> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("bridge-"))
                .toList();
    }

    private void assertNothingIsLeft() {
        await().atMost(PATIENCE).untilAsserted(() -> {
            assertThat(kafka.clients()).isZero();
            assertThat(mqtt.openConnections()).isEmpty();
            assertThat(threads()).isEmpty();
        });
    }

    @Test
    void atRandomMoments_leavesNothing() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        int closedMeanwhile = 0;
        for (int i = 0; i < STARTS; i++) {
            Bridge bridge = bridgeOfAllKinds().build();
            AtomicReference<Throwable> failure = new AtomicReference<>();
            CompletableFuture<Void> starting = CompletableFuture.runAsync(
                    () -> failure.set(catchThrowable(bridge::start)), task -> new Thread(task, "starter").start());
            LockSupport.parkNanos((long) (random.nextDouble() * LONGEST_NANOS));
            bridge.close(Duration.ofSeconds(1));
            assertThat(bridge.state()).isEqualTo(BridgeState.CLOSED);
            starting.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
            Throwable told = failure.get();
            if (told != null) {
                closedMeanwhile++;
                assertThat(told).as("seed %d", seed).isInstanceOf(BridgeClosedException.class);
            }
        }
        assertThat(closedMeanwhile).isPositive();
        assertNothingIsLeft();
    }

    /** It would ask again and again what a closed producer answers at once. */
    @Test
    void whileKafkaDoesNotAnswer_endsTheStart() throws InterruptedException {
        kafka.faults().on(KafkaOperation.LOOK_UP).topic("in").fail(new TimeoutException("no answer"));
        closedMeanwhile(bridge().route(Route.fromMqtt("a/#")
                        .qos(QoS.AT_LEAST_ONCE)
                        .toKafka("in")
                        .build())
                .build());
    }

    @Test
    void whileAConsumerIsOpened_endsTheStart() throws InterruptedException {
        kafka.faults().on(KafkaOperation.LOOK_UP).topic("out").hang();
        closedMeanwhile(bridge().route(
                        Route.fromKafka("out").group("g").toMqtt("c/{key}").build())
                .build());
    }

    @Test
    void whileKafkaIsAway_endsTheStart() throws InterruptedException {
        kafka.stop();
        closedMeanwhile(bridgeOfAllKinds().build());
    }

    @Test
    void whileAnIdentityIsTakenOver_endsTheStart() throws InterruptedException {
        kafka.faults().on(KafkaOperation.INIT_TRANSACTIONS).hang();
        closedMeanwhile(bridgeOfAllKinds().build());
    }

    @Test
    void whileTheMqttBrokerIsAway_endsTheStart() throws InterruptedException {
        mqtt.stop();
        closedMeanwhile(bridgeOfAllKinds().build());
    }

    /** The interrupt that ends a start is the bridge's own affair. */
    private void closedMeanwhile(Bridge bridge) throws InterruptedException {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        AtomicReference<Boolean> interrupted = new AtomicReference<>();
        Thread starter = new Thread(
                () -> {
                    failure.set(catchThrowable(bridge::start));
                    interrupted.set(Thread.currentThread().isInterrupted());
                },
                "starter");
        starter.start();
        await().atMost(PATIENCE).until(() -> isWaiting(starter) && bridge.state() == BridgeState.STARTING);

        bridge.close(Duration.ofSeconds(1));

        // Much sooner than the start timeout, which is as long.
        starter.join(PATIENCE.dividedBy(2).toMillis());
        assertThat(starter.isAlive()).isFalse();
        assertThat(failure.get()).isInstanceOf(BridgeClosedException.class);
        assertThat(interrupted.get()).isFalse();
        assertNothingIsLeft();
    }

    private static boolean isWaiting(Thread thread) {
        return thread.getState() == Thread.State.WAITING || thread.getState() == Thread.State.TIMED_WAITING;
    }

    /** Somebody else's interrupt is not: it ends the start, and the caller still finds it. */
    @Test
    void interruptedByItsCaller_endsTheStart_andStaysInterrupted() throws InterruptedException {
        kafka.stop();
        Bridge bridge = bridgeOfAllKinds().build();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        AtomicReference<Boolean> interrupted = new AtomicReference<>();
        Thread starter = new Thread(
                () -> {
                    failure.set(catchThrowable(bridge::start));
                    interrupted.set(Thread.currentThread().isInterrupted());
                },
                "starter");
        starter.start();
        await().atMost(PATIENCE).until(() -> isWaiting(starter));
        starter.interrupt();
        starter.join(PATIENCE.dividedBy(2).toMillis());

        assertThat(failure.get()).hasMessage("the start was interrupted");
        assertThat(interrupted.get()).isTrue();
        assertThat(bridge.state()).isEqualTo(BridgeState.CLOSED);
        assertNothingIsLeft();
    }
}
