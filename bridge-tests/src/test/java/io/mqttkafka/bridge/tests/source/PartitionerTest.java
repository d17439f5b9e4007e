package io.mqttkafka.bridge.tests.source;

import static io.mqttkafka.bridge.tests.engine.Engine.qos1;
import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.Partitioner;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.ToKafka;
import io.mqttkafka.bridge.error.BridgeStartException;
import io.mqttkafka.bridge.event.RouteStopped;
import io.mqttkafka.bridge.testkit.packet.ScriptedConnection;
import io.mqttkafka.bridge.tests.engine.Engine;
import io.mqttkafka.bridge.tests.engine.ScriptedKafka.Sent;
import java.nio.charset.StandardCharsets;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which partition a record goes to, and what becomes of a choice that the topic does not have. */
class PartitionerTest {

    private static final int PARTITIONS = 4;

    private final Engine engine = new Engine();

    @BeforeEach
    void severalPartitions() {
        engine.kafka.partitions(PARTITIONS);
    }

    @AfterEach
    void close() {
        engine.close();
    }

    @Test
    void byKey_leavesItToKafka() {
        ScriptedConnection connection = connected("t", route -> route);

        connection.publish(qos1(1, "a/b", "x"));

        assertThat(engine.kafka.next("x").record.partition()).isNull();
    }

    @Test
    void single_everyRecordGoesThere() {
        ScriptedConnection connection = connected("t", route -> route.partitioner(Partitioner.single(3)));

        connection.publish(qos1(1, "a/b", "1"), qos1(2, "a/c", "2"));

        assertThat(engine.kafka.next("1").record.partition()).isEqualTo(3);
        assertThat(engine.kafka.next("2").record.partition()).isEqualTo(3);
    }

    @Test
    void custom_choosesWithTheTopicTheCountAndTheKey() {
        ScriptedConnection connection = connected(
                "t.{x}",
                route -> route.partitioner(request -> {
                    assertThat(request.kafkaTopic()).isEqualTo("t.b");
                    assertThat(request.partitionCount()).isEqualTo(PARTITIONS);
                    assertThat(request.key()).isEqualTo("a/b".getBytes(StandardCharsets.UTF_8));
                    return request.message().payload().length;
                }));

        connection.publish(qos1(1, "a/b", ""), qos1(2, "a/b", "xxx"));

        // The first record of a topic that a template makes goes alone.
        Sent first = engine.kafka.next("");
        assertThat(first.record.partition()).isZero();
        first.confirm();
        assertThat(engine.kafka.next("xxx").record.partition()).isEqualTo(3);
    }

    @Test
    void custom_topicIsLookedUpAgain_getsTheCountOfThen() {
        ScriptedConnection connection =
                connected("t", route -> route.partitioner(request -> request.partitionCount() - 1));
        connection.publish(qos1(1, "a/b", "x"));
        Sent before = engine.kafka.next("x");
        assertThat(before.record.partition()).isEqualTo(PARTITIONS - 1);

        engine.kafka.partitions(2);
        before.fail(new UnknownTopicOrPartitionException("created anew"));

        assertThat(engine.kafka.next("x").record.partition()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, PARTITIONS})
    void custom_outOfRange_goesToThePolicy(int chosen) {
        ScriptedConnection connection = connected(
                "t", route -> route.partitioner(request -> chosen).onFailure(policy -> policy.deadLetter("dead")));

        connection.publish(qos1(1, "a/b", "x"));

        Sent dead = engine.kafka.next("x");
        assertThat(dead.record.topic()).isEqualTo("dead");
        assertThat(dead.record.partition()).isNull();
        assertThat(dead.headers())
                .contains("bridge.dead-letter.message=partitioner: returned " + chosen
                        + ", but 't' has partitions 0 to 3; return one of these");
        dead.confirm();
        connection.expectPuback(1);
    }

    @Test
    void single_topicOfATemplateHasFewer_isAFailureOfTheMessage() {
        ScriptedConnection connection = connected("t.{x}", route -> route.partitioner(Partitioner.single(PARTITIONS)));

        connection.publish(qos1(1, "a/b", "x"));

        connection.expectDisconnect(0);
        assertThat(engine.event(RouteStopped.class).cause())
                .hasMessage("partitioner: single(4), but 't.b' has partitions 0 to 3; choose one of these");
    }

    @Test
    void single_constantTopicHasFewer_isRefusedAtStart() {
        engine.route("a/{x}", QoS.AT_LEAST_ONCE, "t", route -> route.partitioner(Partitioner.single(PARTITIONS)))
                .start();

        assertThat(engine.startFailure())
                .isInstanceOf(BridgeStartException.class)
                .hasMessage("route 't': partitioner: single(4), but 't' has partitions 0 to 3; choose one of these");
    }

    private ScriptedConnection connected(String topic, UnaryOperator<ToKafka<byte[]>> more) {
        return engine.route("a/{x}", QoS.AT_LEAST_ONCE, topic, more).connected();
    }
}
