package io.mqttkafka.bridge.tests.sink;

import static io.mqttkafka.bridge.tests.engine.Engine.QUIET;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.BridgeHealth.RouteCounts;
import io.mqttkafka.bridge.NoSubscribers;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.ToMqtt;
import io.mqttkafka.bridge.event.Retry;
import io.mqttkafka.bridge.event.RouteStopped;
import io.mqttkafka.bridge.event.Unheard;
import io.mqttkafka.bridge.failure.Backoff;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import io.mqttkafka.bridge.testkit.packet.ScriptedConnection;
import io.mqttkafka.bridge.tests.engine.Engine;
import io.mqttkafka.bridge.tests.engine.ScriptedKafka.Sent;
import io.mqttkafka.bridge.tests.engine.SourceLog;
import java.time.Duration;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What becomes of records whose messages the MQTT broker throws away because nobody subscribes. */
class NoSubscribersTest {
    private static final int NO_MATCHING_SUBSCRIBERS = 0x10;
    private static final NoSubscribers SOON = NoSubscribers.await(Backoff.fixed(Duration.ofMillis(1)));

    private final Engine engine = new Engine();
    private final SourceLog log = engine.kafka.log;

    @AfterEach
    void close() {
        engine.close();
    }

    private ScriptedConnection publishing(UnaryOperator<ToMqtt<byte[]>> more) {
        return engine.route(more.apply(Route.fromKafka("commands")
                                .group("g")
                                .toMqtt("devices/{key}/cmd")
                                .name("r"))
                        .build())
                .publishing();
    }

    private RouteCounts counts() {
        return engine.bridge().health().route("r").total();
    }

    private void awaitCommitted(long offset) {
        await("the offset " + offset).until(() -> log.committed("commands") == offset);
    }

    private static void unheard(ScriptedConnection connection, PublishPacket packet) {
        connection.puback(packet.packetId(), NO_MATCHING_SUBSCRIBERS);
    }

    @Test
    void byDefault_nothingIsPouredAway() {
        ScriptedConnection connection = publishing(UnaryOperator.identity());
        log.append("commands", "7", "on");

        unheard(connection, connection.expectPublish());
        Retry retry = engine.event(Retry.class);
        PublishPacket again = connection.expectPublish();

        assertThat(retry.cause()).hasMessageContaining("no matching subscribers (0x10)");
        assertThat(retry.origin()).isEqualTo("commands-0@0");
        assertThat(again.payloadText()).isEqualTo("on");
        assertThat(again.dup()).isFalse();
        assertThat(log.committed("commands")).isEqualTo(-1);
        await().until(() -> counts().unheard() == 1);
        await().until(() -> counts().retries() == 1);
        assertThat(counts().delivered()).isZero();
    }

    @Test
    void await_subscriberComes_backlogFollowsInOrder() {
        ScriptedConnection connection = publishing(r -> r.noSubscribers(SOON));
        for (int i = 0; i < 3; i++) {
            log.append("commands", "7", "x" + i);
        }
        PublishPacket[] first = {connection.expectPublish(), connection.expectPublish(), connection.expectPublish()};
        unheard(connection, first[2]);
        unheard(connection, first[1]);
        unheard(connection, first[0]);
        await().until(() -> counts().unheard() == 3);

        // Whatever was looked for meanwhile: from some record on they come alone, the first of them first.
        PublishPacket probe = connection.expectPublish();
        while (!probe.payloadText().equals("x0")) {
            unheard(connection, probe);
            probe = connection.expectPublish();
        }
        unheard(connection, probe);
        probe = connection.expectPublish();
        assertThat(probe.payloadText()).isEqualTo("x0");
        connection.expectNothing(QUIET);
        connection.puback(probe.packetId());

        for (int i = 1; i < 3; i++) {
            PublishPacket packet = connection.expectPublish();
            assertThat(packet.payloadText()).isEqualTo("x" + i);
            connection.puback(packet.packetId());
        }
        awaitCommitted(3);
        await().until(() -> counts().delivered() == 3);
    }

    @Test
    void await_laterRecordsAreNotTaken() {
        ScriptedConnection connection =
                publishing(r -> r.noSubscribers(NoSubscribers.await(Backoff.fixed(Duration.ofDays(1)))));
        log.append("commands", "7", "x0");
        unheard(connection, connection.expectPublish());
        engine.event(Retry.class);

        log.append("commands", "8", "x1");

        connection.expectNothing(QUIET);
        assertThat(log.committed("commands")).isEqualTo(-1);
    }

    @Test
    void await_partitionLost_readsAgain() {
        ScriptedConnection connection = publishing(r -> r.noSubscribers(SOON));
        log.append("commands", "7", "x0");
        unheard(connection, connection.expectPublish());
        connection.expectPublish();

        log.evict();

        PublishPacket packet = connection.expectPublish();
        assertThat(packet.payloadText()).isEqualTo("x0");
        connection.puback(packet.packetId());
        awaitCommitted(1);
    }

    @Test
    void await_connectionCutWhileLooking_goesOn() {
        ScriptedConnection connection = publishing(r -> r.noSubscribers(SOON));
        log.append("commands", "7", "x0");
        unheard(connection, connection.expectPublish());
        connection.expectPublish();

        ScriptedConnection next = engine.publishingAgain(connection, true);
        PublishPacket packet = next.expectPublish();
        assertThat(packet.dup()).isTrue();
        next.puback(packet.packetId());

        awaitCommitted(1);
    }

    @Test
    void qos2_pubrecSaysSo_isPublishedAnewAfterPubcomp() {
        ScriptedConnection connection =
                publishing(r -> r.qos(QoS.EXACTLY_ONCE).effectivelyOnce().noSubscribers(SOON));
        log.append("commands", "7", "on");
        int id = connection.expectPublish().packetId();

        connection.pubrec(id, NO_MATCHING_SUBSCRIBERS);
        connection.expectPubrel(id);
        connection.expectNothing(QUIET);
        connection.pubcomp(id);

        PublishPacket again = connection.expectPublish();
        assertThat(again.payloadText()).isEqualTo("on");
        assertThat(again.dup()).isFalse();
        assertThat(log.committed("commands")).isEqualTo(-1);
    }

    @Test
    void accept_isDeliveredCountedAndTold() {
        ScriptedConnection connection = publishing(r -> r.noSubscribers(NoSubscribers.accept()));
        log.append("commands", "7", "on");

        unheard(connection, connection.expectPublish());

        awaitCommitted(1);
        assertThat(engine.event(Unheard.class)).isEqualTo(new Unheard("r", 1, "commands-0@0"));
        await().until(() -> counts().unheard() == 1);
        await().until(() -> counts().delivered() == 1);
        engine.expectNoEvent(Retry.class);
    }

    @Test
    void fail_triesAgainThenWritesADeadLetter() {
        ScriptedConnection connection = publishing(r -> r.noSubscribers(NoSubscribers.fail())
                .onFailure(f -> f.retry(1, Backoff.fixed(Duration.ofMillis(1))).deadLetter("dead")));
        log.append("commands", "7", "on");

        unheard(connection, connection.expectPublish());
        unheard(connection, connection.expectPublish());
        Sent dead = engine.kafka.next("on");
        assertThat(log.committed("commands")).isEqualTo(-1);
        dead.confirm();

        awaitCommitted(1);
        assertThat(dead.record.topic()).isEqualTo("dead");
        await().until(() -> counts().deadLettered() == 1);
    }

    @Test
    void fail_byDefault_stopsTheRoute() {
        ScriptedConnection connection = publishing(r -> r.noSubscribers(NoSubscribers.fail()));
        log.append("commands", "7", "on");

        unheard(connection, connection.expectPublish());

        assertThat(engine.event(RouteStopped.class).cause()).hasMessageContaining("noSubscribers");
        assertThat(log.committed("commands")).isEqualTo(-1);
    }

    @Test
    void retained_isKeptByTheBroker_soItIsDelivered() {
        ScriptedConnection connection = publishing(r -> r.retain(true));
        log.append("commands", "7", "on");

        unheard(connection, connection.expectPublish());

        awaitCommitted(1);
        assertThat(counts().unheard()).isZero();
    }
}
