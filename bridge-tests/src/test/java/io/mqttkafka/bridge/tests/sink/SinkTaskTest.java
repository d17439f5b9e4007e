package io.mqttkafka.bridge.tests.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.config.LoopOptions;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.core.connection.Surroundings;
import io.mqttkafka.bridge.core.events.BridgeEvents;
import io.mqttkafka.bridge.core.events.Degradations;
import io.mqttkafka.bridge.core.failpoint.Failpoints;
import io.mqttkafka.bridge.core.mqtt.socket.SocketTransport;
import io.mqttkafka.bridge.core.route.LoopGuard;
import io.mqttkafka.bridge.core.route.OwnTopics;
import io.mqttkafka.bridge.core.sink.SinkRoute;
import io.mqttkafka.bridge.core.sink.SinkRunner;
import io.mqttkafka.bridge.core.time.BridgeClock;
import io.mqttkafka.bridge.spi.KafkaToMqttRoute;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import io.mqttkafka.bridge.testkit.packet.ScriptedConnection;
import io.mqttkafka.bridge.testkit.packet.ScriptedMqttBroker;
import io.mqttkafka.bridge.tests.engine.Engine;
import io.mqttkafka.bridge.tests.engine.ScriptedSinkTask;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A sink that has no consumer: a worker of Kafka Connect gives it the records, and commits what it says. */
class SinkTaskTest {
    private static final TopicPartition PARTITION = new TopicPartition("commands", 0);
    private static final int WINDOW = 3;

    private final ScriptedMqttBroker broker = ScriptedMqttBroker.start(Engine.PATIENCE);
    private final BridgeEvents events = new BridgeEvents(List.of());
    private final AtomicReference<ScriptedSinkTask> made = new AtomicReference<>();
    private final SinkRunner runner = runner();
    private final ScriptedSinkTask task = made.get();
    private ScriptedConnection connection;

    @AfterEach
    void close() {
        runner.close(Duration.ZERO);
        events.close();
        broker.close();
    }

    private SinkRunner runner() {
        MqttOptions mqtt = MqttOptions.builder()
                .serverUri(broker.serverUri())
                .maximumPacketSize(1_000_000)
                .maxInFlightBytes(8_000_000)
                .sendMaximum(WINDOW)
                .build();
        KafkaToMqttRoute route = (KafkaToMqttRoute) Route.fromKafka("commands")
                .group("g")
                .toMqtt("devices/all")
                .qos(QoS.AT_LEAST_ONCE)
                .name("r")
                .build();
        SinkRoute compiled = SinkRoute.compile(
                route,
                "g",
                LoopGuard.of(LoopOptions.builder().build(), false, "c"),
                new OwnTopics("state", null),
                BridgeClock.SYSTEM,
                null);
        Surroundings around = new Surroundings(
                new SocketTransport(),
                Failpoints.NONE,
                events,
                new Degradations(events, BridgeClock.SYSTEM, () -> {}),
                BridgeClock.SYSTEM,
                Duration.ofSeconds(1),
                Duration.ofSeconds(30),
                () -> {});
        return new SinkRunner(new SinkRunner.Parts(
                "c",
                mqtt,
                List.of(compiled),
                (reading, handler) -> {
                    ScriptedSinkTask task = new ScriptedSinkTask(reading, handler);
                    made.set(task);
                    return task;
                },
                () -> {
                    throw new AssertionError("the route has no dead letters");
                },
                null,
                KafkaOptions.builder().bootstrapServers("kafka:9092").build().transactions(),
                around));
    }

    private void start() throws Exception {
        CompletableFuture<Void> starting =
                CompletableFuture.runAsync(() -> runner.start(System.nanoTime() + Engine.PATIENCE.toNanos()));
        connection = broker.accept();
        connection.handshake(false);
        starting.get(Engine.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        task.open(List.of(PARTITION));
    }

    /** The worker's thread, which comes by again and again, without records too. */
    private void awaitCommittable(long offset) {
        await().atMost(Engine.PATIENCE).until(() -> task.preCommit().equals(Map.of(PARTITION, offset)));
    }

    @Test
    void acknowledgedInAnyOrder_onlyWhatIsContiguousMayBeCommitted() throws Exception {
        start();
        task.put(PARTITION, 5, 6);
        PublishPacket first = connection.expectPublish();
        PublishPacket second = connection.expectPublish();

        connection.puback(second.packetId());
        connection.expectNothing(Engine.QUIET);
        assertThat(task.preCommit()).isEmpty();

        connection.puback(first.packetId());
        awaitCommittable(7);
    }

    @Test
    void windowFull_pausesTheWorkerAndGoesOnInOrder() throws Exception {
        start();
        task.put(PARTITION, 0, 1, 2, 3);
        int[] ids = new int[WINDOW];
        for (int i = 0; i < WINDOW; i++) {
            ids[i] = connection.expectPublish().packetId();
        }
        connection.expectNothing(Engine.QUIET);
        assertThat(task.paused()).isTrue();

        for (int id : ids) {
            connection.puback(id);
        }
        await().atMost(Engine.PATIENCE).until(() -> {
            task.put(PARTITION);
            return !task.paused();
        });
        connection.puback(connection.expectPublish().packetId());
        awaitCommittable(4);
    }

    @Test
    void partitionTakenAway_lateAnswer_isNotCommitted() throws Exception {
        start();
        task.put(PARTITION, 0);
        PublishPacket late = connection.expectPublish();
        assertThat(task.inFlight(PARTITION)).isTrue();

        task.close(List.of(PARTITION));
        task.open(List.of(PARTITION));
        connection.puback(late.packetId());
        connection.expectNothing(Engine.QUIET);
        assertThat(task.preCommit()).isEmpty();

        task.put(PARTITION, 0);
        connection.puback(connection.expectPublish().packetId());
        awaitCommittable(1);
    }

    @Test
    void connectionLost_messageIsSentAgain_andCommittedOnce() throws Exception {
        start();
        task.put(PARTITION, 0);
        connection.expectPublish();
        connection.cut();
        connection = broker.accept();
        connection.handshake(true);

        PublishPacket again = connection.expectPublish();
        assertThat(again.dup()).isTrue();
        connection.puback(again.packetId());
        awaitCommittable(1);
    }
}
