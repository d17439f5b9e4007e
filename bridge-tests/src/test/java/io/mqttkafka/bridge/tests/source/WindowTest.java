package io.mqttkafka.bridge.tests.source;

import static io.mqttkafka.bridge.tests.engine.Engine.qos0;
import static io.mqttkafka.bridge.tests.engine.Engine.qos1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.BridgeHealth.RouteCounts;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.config.Qos0Overflow;
import io.mqttkafka.bridge.event.Disconnected;
import io.mqttkafka.bridge.event.Shed;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import io.mqttkafka.bridge.testkit.packet.ScriptedConnection;
import io.mqttkafka.bridge.tests.engine.Engine;
import io.mqttkafka.bridge.tests.engine.ScriptedKafka.Sent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What takes room of the window, what gives it back, and what happens to QoS 0 when there is none. */
class WindowTest {

    private static final int WINDOW = 4096;
    private static final int FITTING = 3;
    private static final int TOO_MANY = 20;
    private static final String PAYLOAD = "x".repeat(400);

    private final Engine engine = new Engine();

    @AfterEach
    void close() {
        engine.close();
    }

    @Test
    void properties_takeRoomAsPayloadsDo() {
        ScriptedConnection connection = connected(Qos0Overflow.SHED, Duration.ofSeconds(30));

        connection.publish(IntStream.range(0, TOO_MANY)
                .mapToObj(i -> PublishPacket.to("a/b")
                        .userProperty("name", "v".repeat(200))
                        .correlationData(new byte[200])
                        .build())
                .toArray(PublishPacket[]::new));

        await().until(() -> counts().received() == TOO_MANY);
        await().until(() -> counts().shed() == TOO_MANY - FITTING);
        confirm(FITTING);
        assertThat(inFlight()).isZero();
    }

    @Test
    void messageOfSeveralRoutes_givesBackWhatItTook() {
        engine.route("a/b", QoS.AT_LEAST_ONCE, "u")
                .route("a/b", QoS.AT_LEAST_ONCE, "v", route -> route.onFailure(policy -> policy.skip()))
                .route("a/b", QoS.AT_LEAST_ONCE, "w", route -> route.onFailure(policy -> policy.deadLetter("dead")));
        ScriptedConnection connection = engine.connected();
        connection.publish(PublishPacket.to("a/b")
                .qos(1)
                .packetId(1)
                .payload("x")
                .userProperty("name", "v".repeat(200))
                .build());

        Sent delivered = engine.kafka.next("x");
        Sent skipped = engine.kafka.next("x");
        Sent deadLettered = engine.kafka.next("x");
        assertThat(inFlight()).isGreaterThan(600);
        delivered.confirm();
        skipped.fail(new RecordTooLargeException("too large"));
        deadLettered.fail(new RecordTooLargeException("too large"));
        engine.kafka.next("x").confirm();

        connection.expectPuback(1);
        assertThat(inFlight()).isZero();
    }

    @Test
    void shed_noRoom_givesUpAtOnceAndTells() {
        ScriptedConnection connection = connected(Qos0Overflow.SHED, Duration.ofSeconds(30));

        connection.publish(many(FITTING + TOO_MANY));
        connection.publish(qos1(1, "a/b", "behind"));

        List<Sent> taken = next(FITTING);
        Sent behind = engine.kafka.next("behind");
        await().until(() -> counts().shed() == TOO_MANY);
        Shed told = engine.event(Shed.class);
        assertThat(told.route()).isEqualTo("t");
        assertThat(told.cause()).contains("no room");
        taken.forEach(Sent::confirm);
        behind.confirm();
        connection.expectPuback(1);
        await().until(() -> counts().delivered() == FITTING);
    }

    @Test
    void pause_roomComes_losesNothing() {
        ScriptedConnection connection = connected(Qos0Overflow.PAUSE, Duration.ofSeconds(60));

        connection.publish(many(FITTING + TOO_MANY));

        confirm(FITTING + TOO_MANY);
        assertThat(counts().shed()).isZero();
    }

    /** A quarter of the keep-alive for each message would be longer than a connection may rest. */
    @Test
    void pause_kafkaHangs_waitsOnceThenShedsUntilThereIsRoom() {
        ScriptedConnection connection = connected(Qos0Overflow.PAUSE, Duration.ofSeconds(6));

        connection.publish(many(FITTING + TOO_MANY));
        connection.publish(qos1(1, "a/b", "behind"));

        List<Sent> taken = next(FITTING);
        engine.kafka.next("behind").confirm();
        connection.expectPuback(1);
        await().until(() -> counts().shed() == TOO_MANY);
        assertThat(engine.event(Shed.class).cause()).contains("no room");
        engine.expectNoEvent(Disconnected.class);
        taken.forEach(Sent::confirm);

        // It waits again: the last of these is taken only when the test makes room.
        connection.publish(many(FITTING + 1));
        confirm(FITTING + 1);
        await().until(() -> counts().shed() == TOO_MANY);
    }

    private ScriptedConnection connected(Qos0Overflow overflow, Duration keepAlive) {
        return engine.route("a/#", QoS.AT_LEAST_ONCE, "t")
                .mqtt(options -> options.maximumPacketSize(1024)
                        .maxInFlightBytes(WINDOW)
                        .qos0Overflow(overflow)
                        .keepAlive(keepAlive))
                .connected();
    }

    private static PublishPacket[] many(int count) {
        return IntStream.range(0, count).mapToObj(i -> qos0("a/b", PAYLOAD)).toArray(PublishPacket[]::new);
    }

    private List<Sent> next(int count) {
        List<Sent> records = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            records.add(engine.kafka.next());
        }
        return records;
    }

    private void confirm(int count) {
        for (int i = 0; i < count; i++) {
            engine.kafka.next().confirm();
        }
    }

    private RouteCounts counts() {
        return engine.bridge().health().route("t").qos0();
    }

    private long inFlight() {
        return engine.bridge().health().connections().get(0).inFlightBytes();
    }
}
