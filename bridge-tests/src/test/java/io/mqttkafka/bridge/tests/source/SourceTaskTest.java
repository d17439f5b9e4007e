package io.mqttkafka.bridge.tests.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.config.LoopOptions;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.config.TransactionOptions;
import io.mqttkafka.bridge.core.connection.Surroundings;
import io.mqttkafka.bridge.core.events.BridgeEvents;
import io.mqttkafka.bridge.core.events.Degradations;
import io.mqttkafka.bridge.core.failpoint.Failpoints;
import io.mqttkafka.bridge.core.kafka.TopicWaits;
import io.mqttkafka.bridge.core.mqtt.socket.SocketTransport;
import io.mqttkafka.bridge.core.route.LoopGuard;
import io.mqttkafka.bridge.core.route.OwnTopics;
import io.mqttkafka.bridge.core.source.KafkaSide;
import io.mqttkafka.bridge.core.source.SourceRoute;
import io.mqttkafka.bridge.core.source.SourceRunner;
import io.mqttkafka.bridge.core.time.BridgeClock;
import io.mqttkafka.bridge.failure.Backoff;
import io.mqttkafka.bridge.spi.MqttToKafkaRoute;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import io.mqttkafka.bridge.tests.engine.Engine;
import io.mqttkafka.bridge.tests.engine.ScriptedSourceTask;
import io.mqttkafka.bridge.tests.engine.ScriptedSourceTask.Polled;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A source that has no producer: a worker of Kafka Connect takes the records, and tells which of them are written. */
class SourceTaskTest {
    private static final String CLIENT = "task-0";
    private static final int MESSAGES = 3;
    private static final int STEPS = 4;

    private enum Step {
        POLL,
        COMMIT,
        STOP
    }

    private final FakeMqttBroker broker = FakeMqttBroker.start();
    private final BridgeEvents events = new BridgeEvents(List.of());
    private final ScriptedSourceTask task = new ScriptedSourceTask();
    private SourceRunner runner;

    @AfterEach
    void close() {
        if (runner != null) {
            runner.close(Duration.ZERO);
        }
        events.close();
        broker.close();
    }

    private CompletableFuture<Void> start(QoS qos) {
        MqttOptions mqtt = MqttOptions.builder()
                .serverUri(broker.serverUri())
                .maximumPacketSize(1_000_000)
                .maxInFlightBytes(8_000_000)
                .reconnect(Backoff.fixed(Duration.ofMillis(1)))
                .build();
        MqttToKafkaRoute route = (MqttToKafkaRoute)
                Route.fromMqtt("t").qos(qos).toKafka("records").name("r").build();
        SourceRoute compiled = SourceRoute.compile(
                route,
                LoopGuard.of(LoopOptions.builder().build(), false, CLIENT),
                new OwnTopics("state", null),
                BridgeClock.SYSTEM,
                null);
        TransactionOptions transactions =
                KafkaOptions.builder().bootstrapServers("kafka:9092").build().transactions();
        runner = new SourceRunner(new SourceRunner.Parts(
                CLIENT,
                mqtt,
                List.of(compiled),
                new KafkaSide(
                        task.sender(),
                        qos == QoS.EXACTLY_ONCE ? task.transactions() : null,
                        transactions,
                        new TopicWaits()),
                1_000_000,
                new Surroundings(
                        new SocketTransport(),
                        Failpoints.NONE,
                        events,
                        new Degradations(events, BridgeClock.SYSTEM, () -> {}),
                        BridgeClock.SYSTEM,
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(30),
                        () -> {})));
        return CompletableFuture.runAsync(() -> runner.start(System.nanoTime() + Engine.PATIENCE.toNanos()));
    }

    private void publish(int qos) {
        for (int i = 0; i < MESSAGES; i++) {
            broker.publish("t", "m" + i, qos);
        }
    }

    private List<Polled> awaitPolled(int count) {
        List<Polled> all = new ArrayList<>();
        await().atMost(Engine.PATIENCE).until(() -> {
            all.addAll(task.poll());
            return all.size() >= count;
        });
        return all;
    }

    @Test
    void record_isAcknowledgedWhenTheWorkerHasWrittenIt_inOrder() throws Exception {
        start(QoS.AT_LEAST_ONCE).get(Engine.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        publish(1);
        List<Polled> polled = awaitPolled(MESSAGES);
        assertThat(polled).extracting(Polled::value).containsExactly("m0", "m1", "m2");

        task.commitRecord(polled.get(1));
        task.commitRecord(polled.get(2));
        assertThat(broker.acknowledged(CLIENT)).isZero();

        task.commitRecord(polled.get(0));
        broker.awaitAllAcknowledged(CLIENT);
        assertThat(broker.violations()).isEmpty();
    }

    @Test
    void record_thatTheWorkerLoses_comesAgainInOrder() throws Exception {
        start(QoS.AT_LEAST_ONCE).get(Engine.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        publish(1);
        List<Polled> polled = awaitPolled(MESSAGES);
        task.commitRecord(polled.get(0));

        task.lose(polled.get(1));

        List<String> again = new ArrayList<>();
        await().atMost(Engine.PATIENCE).until(() -> {
            task.poll().forEach(record -> {
                again.add(record.value());
                task.commitRecord(record);
            });
            return again.contains("m2");
        });
        broker.awaitAllAcknowledged(CLIENT);
        assertThat(again.subList(again.indexOf("m1"), again.size())).containsExactly("m1", "m2");
    }

    static Stream<List<Step>> orders() {
        return sequences(STEPS);
    }

    private static Stream<List<Step>> sequences(int length) {
        if (length == 0) {
            return Stream.of(List.of());
        }
        return sequences(length - 1).flatMap(head -> Stream.of(Step.values()).map(step -> {
            List<Step> longer = new ArrayList<>(head);
            longer.add(step);
            return longer;
        }));
    }

    /** Whenever the worker polls, commits or stops: what it has committed is there once and in order, and nothing else is acknowledged. */
    @ParameterizedTest
    @MethodSource("orders")
    void transaction_pollCommitStopInAnyOrder_isExactlyOnce(List<Step> steps) {
        CompletableFuture<Void> started = start(QoS.EXACTLY_ONCE);
        await().atMost(Engine.PATIENCE).until(() -> {
            work();
            return started.isDone();
        });
        started.join();
        publish(2);

        for (Step step : steps) {
            await().atMost(Engine.PATIENCE).until(() -> task.waits() || done());
            switch (step) {
                case POLL -> task.pollTransaction();
                case COMMIT -> task.commitTransaction();
                case STOP -> task.stopTransaction();
            }
            assertThat(broker.acknowledged(CLIENT))
                    .isLessThanOrEqualTo(task.written().size());
        }
        await().atMost(Engine.PATIENCE).until(() -> {
            work();
            return done();
        });

        assertThat(task.written()).containsExactly("m0", "m1", "m2");
        assertThat(broker.violations()).isEmpty();
    }

    private void work() {
        task.pollTransaction();
        task.commitTransaction();
    }

    private boolean done() {
        return broker.queued(CLIENT) == 0
                && broker.unacknowledged(CLIENT).isEmpty()
                && task.written().size() >= MESSAGES;
    }
}
