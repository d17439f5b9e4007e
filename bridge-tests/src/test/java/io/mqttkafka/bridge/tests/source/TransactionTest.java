package io.mqttkafka.bridge.tests.source;

import static io.mqttkafka.bridge.tests.engine.Engine.QUIET;
import static io.mqttkafka.bridge.tests.engine.Engine.qos1;
import static io.mqttkafka.bridge.tests.engine.Engine.qos2;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.Guarantee;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.error.BridgeConfigException;
import io.mqttkafka.bridge.event.Disconnected;
import io.mqttkafka.bridge.event.RouteStopped;
import io.mqttkafka.bridge.testkit.packet.MqttPacket;
import io.mqttkafka.bridge.testkit.packet.MqttPacketType;
import io.mqttkafka.bridge.testkit.packet.MqttProperties;
import io.mqttkafka.bridge.testkit.packet.MqttProperty;
import io.mqttkafka.bridge.testkit.packet.ScriptedConnection;
import io.mqttkafka.bridge.tests.engine.Engine;
import io.mqttkafka.bridge.tests.engine.LogCapture;
import io.mqttkafka.bridge.tests.engine.ScriptedTransactions;
import io.mqttkafka.bridge.tests.engine.ScriptedTransactions.Commit;
import java.time.Duration;
import java.util.stream.Stream;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Exactly once from QoS 2 into Kafka, packet by packet. A crash is another bridge over the same two brokers.
 *
 * <table>
 * <caption>The table of failures</caption>
 * <tr><th>Row</th><th>Failure</th><th>Test</th></tr>
 * <tr><td>1</td><td>before the commit</td><td>{@link #crash_beforeCommit_isProducedOnce}</td></tr>
 * <tr><td>2</td><td>during the commit</td><td>{@link #crash_committedUnheard_getsPubrecOnly},
 *   {@link #outcomeUnknown_committed_getsPubrecOnly}, {@link #outcomeUnknown_notCommitted_isProducedOnce}</td></tr>
 * <tr><td>3, 4</td><td>PUBREC not sent or lost</td><td>{@link #pubrec_lost_isSentAgainWithoutRecord}</td></tr>
 * <tr><td>5, 6</td><td>PUBREL not handled, removal not committed</td>
 *   <td>{@link #crash_removalNotCommitted_isRemovedAndCompleted}</td></tr>
 * <tr><td>7</td><td>PUBCOMP lost</td><td>{@link #pubcomp_lost_unknownIdIsCompletedAtOnce}</td></tr>
 * <tr><td>8</td><td>after PUBCOMP</td><td>{@link #id_usedAgainAfterPubcomp_isProduced}</td></tr>
 * <tr><td>9</td><td>session lost</td><td>{@link #sessionLost_generationIsCommittedBeforeSubscribe}</td></tr>
 * <tr><td>10</td><td>crash before that is committed</td>
 *   <td>{@link #crash_beforeGeneration_firstSendOfUsedIdIsProduced}</td></tr>
 * <tr><td>11</td><td>two bridges</td><td>{@link #fenced_stopsAndNamesTheClientId},
 *   {@link #outcomeUnknown_anotherHasTheIdentity_stopsWithoutConnecting}</td></tr>
 * <tr><td>12</td><td>Kafka does not answer</td><td>{@link #commit_timesOut_noPubrecUntilItIsThere}</td></tr>
 * <tr><td>13</td><td>the broker restores an old snapshot</td>
 *   <td>{@link #publish_removedIdAgain_isProducedAgain}</td></tr>
 * <tr><td>14</td><td>state topic lost</td><td>{@link #crash_stateLost_isProducedAgain}</td></tr>
 * <tr><td>15</td><td>poison record</td><td>{@link #record_refused_goesToDeadLettersInTheSameTransaction}</td></tr>
 * </table>
 */
class TransactionTest {
    private static final String IDENTITY = "mqtt-bridge-layer-b";

    private final Engine engine = new Engine();
    private final ScriptedTransactions kafka = engine.kafka.transactions;

    @AfterEach
    void close() {
        engine.close();
    }

    @Test
    void crash_beforeCommit_isProducedOnce() {
        ScriptedConnection first = connected();
        first.publish(qos2(1, "a/b", "x"));
        kafka.next("t=x");
        first.expectNothing(QUIET);

        ScriptedConnection second = restarted(true);
        second.publish(qos2(1, "a/b", "x").duplicate());
        kafka.next("t=x").commit();
        second.expectPubrec(1);
    }

    @Test
    void crash_committedUnheard_getsPubrecOnly() {
        ScriptedConnection first = connected();
        first.publish(qos2(1, "a/b", "x"));
        kafka.next("t=x").commitAndFail(new TimeoutException("slow"));
        kafka.next("t=x");
        first.expectNothing(QUIET);

        engine.restart();
        expectResumedWithPubrecOnly(engine.broker.accept());
    }

    @Test
    void outcomeUnknown_committed_getsPubrecOnly() {
        ScriptedConnection first = connected();
        first.publish(qos2(1, "a/b", "x"));
        kafka.next("t=x").commitAndFail(new KafkaException("lost"));
        first.expectClosed();

        expectResumedWithPubrecOnly(engine.broker.accept());
    }

    @Test
    void outcomeUnknown_notCommitted_isProducedOnce() {
        ScriptedConnection first = connected();
        first.publish(qos2(1, "a/b", "x"));
        kafka.next("t=x").fail(new KafkaException("lost"));
        first.expectClosed();

        ScriptedConnection second = engine.established(true);
        second.publish(qos2(1, "a/b", "x").duplicate());
        kafka.next("t=x").commit();
        second.expectPubrec(1);
    }

    @Test
    void pubrec_lost_isSentAgainWithoutRecord() {
        ScriptedConnection first = connected();
        produce(first);

        expectPubrecOnly(engine.reconnected(first, true));
    }

    @Test
    void crash_removalNotCommitted_isRemovedAndCompleted() {
        ScriptedConnection first = connected();
        produce(first);
        first.pubrel(1);
        kafka.next();
        first.expectNothing(QUIET);

        ScriptedConnection second = resumed();
        second.pubrel(1);
        second.grant(second.expectSubscribe());
        Commit removal = kafka.next();
        second.expectNothing(QUIET);
        removal.commit();
        second.expectPubcomp(1);
    }

    @Test
    void pubcomp_lost_unknownIdIsCompletedAtOnce() {
        ScriptedConnection first = connected();
        produce(first);
        release(first);

        ScriptedConnection second = restarted(true);
        second.pubrel(1);
        second.expectPubcomp(1, 0x92);
        kafka.expectNothing(QUIET);
    }

    @Test
    void id_usedAgainAfterPubcomp_isProduced() {
        ScriptedConnection first = connected();
        produce(first);
        release(first);

        ScriptedConnection second = restarted(true);
        second.publish(qos2(1, "a/b", "x"));
        kafka.next("t=x").commit();
        second.expectPubrec(1);
    }

    @Test
    void sessionLost_generationIsCommittedBeforeSubscribe() {
        ScriptedConnection first = connected();
        produce(first);
        first.cut();
        ScriptedConnection second = engine.broker.accept();
        second.handshake(false);
        Commit generation = kafka.next();
        second.expectNothing(QUIET);
        generation.commit();
        second.grant(second.expectSubscribe());

        ScriptedConnection third = restarted(true);
        third.publish(qos2(1, "a/b", "x").duplicate());
        kafka.next("t=x").commit();
        third.expectPubrec(1);
    }

    @Test
    void crash_beforeGeneration_firstSendOfUsedIdIsProduced() {
        ScriptedConnection first = connected();
        produce(first);
        first.cut();
        engine.broker.accept().handshake(false);
        kafka.next();

        ScriptedConnection second = resumed();
        Commit removal = kafka.next();
        second.expectNothing(QUIET);
        removal.commit();
        second.grant(second.expectSubscribe());
        second.publish(qos2(1, "a/b", "x"));
        kafka.next("t=x").commit();
        second.expectPubrec(1);
    }

    static Stream<RuntimeException> fencings() {
        return Stream.of(new ProducerFencedException("fenced"), new InvalidProducerEpochException("old epoch"));
    }

    @ParameterizedTest
    @MethodSource("fencings")
    void fenced_stopsAndNamesTheClientId(RuntimeException fencing) {
        ScriptedConnection first = connected();
        first.publish(qos2(1, "a/b", "x"));
        kafka.next("t=x").fail(fencing);

        assertThat(engine.event(RouteStopped.class).cause())
                .hasMessageContaining("kafka.transactions.idPrefix")
                .hasMessageContaining("layer-b");
        first.expectDisconnect(0);
        engine.broker.expectNoConnection(QUIET);
    }

    /** What waits for a transaction that cannot come is not waited for. */
    @Test
    void fenced_withMessagesWaiting_stopsBeforeTheDrainTimeIsOver() {
        engine.drainTimeout(Engine.PATIENCE.multipliedBy(5));
        ScriptedConnection first = connected();
        first.publish(qos2(1, "a/b", "x"));
        Commit commit = kafka.next("t=x");
        first.publish(qos2(2, "a/b", "y"), qos2(3, "a/b", "z"));
        await().atMost(Engine.PATIENCE)
                .until(() -> engine.bridge().health().connections().get(0).unacknowledged() == 3);
        commit.fail(new ProducerFencedException("fenced"));

        assertThat(engine.event(RouteStopped.class).cause()).hasMessageContaining("kafka.transactions.idPrefix");
        first.expectDisconnect(0);
    }

    /** So a bridge that was frozen does not shut out the one that has taken its place meanwhile, nor take its session over. */
    @Test
    void outcomeUnknown_anotherHasTheIdentity_stopsWithoutConnecting() {
        ScriptedConnection first = connected();
        first.publish(qos2(1, "a/b", "x"));
        Commit frozen = kafka.next("t=x");
        kafka.claim(IDENTITY);
        frozen.fail(new KafkaException("nobody knows"));

        assertThat(engine.event(RouteStopped.class).cause())
                .hasMessageContaining("kafka.transactions.idPrefix")
                .hasMessageContaining("layer-b");
        engine.broker.expectNoConnection(QUIET);
    }

    /** It would take the session over from the other one, and answer from what it knew before. */
    @Test
    void connectionLost_anotherHasTheIdentity_stopsWithoutConnecting() {
        ScriptedConnection first = connected();
        produce(first);
        kafka.claim(IDENTITY);
        first.close();

        assertThat(engine.event(RouteStopped.class).cause()).hasMessageContaining("kafka.transactions.idPrefix");
        engine.broker.expectNoConnection(QUIET);
    }

    @Test
    void commit_timesOut_noPubrecUntilItIsThere() {
        ScriptedConnection first = connected();
        first.publish(qos2(1, "a/b", "x"));
        kafka.next("t=x").fail(new TimeoutException("slow"));
        Commit again = kafka.next("t=x");
        first.expectNothing(QUIET);
        again.commit();
        first.expectPubrec(1);
    }

    /** Nobody can tell this from a new message. */
    @Test
    void publish_removedIdAgain_isProducedAgain() {
        ScriptedConnection first = connected();
        produce(first);
        release(first);

        ScriptedConnection second = engine.reconnected(first, true);
        second.publish(qos2(1, "a/b", "x").duplicate());
        kafka.next("t=x").commit();
        second.expectPubrec(1);
    }

    @Test
    void crash_stateLost_isProducedAgain() {
        produce(connected());
        kafka.loseState();

        ScriptedConnection second = restarted(true);
        second.publish(qos2(1, "a/b", "x").duplicate());
        kafka.next("t=x").commit();
        second.expectPubrec(1);
    }

    @Test
    void record_refused_goesToDeadLettersInTheSameTransaction() {
        kafka.refuse("t", new RecordTooLargeException("too large"));
        ScriptedConnection first = connected(
                Route.fromMqtt("a/#")
                        .qos(QoS.EXACTLY_ONCE)
                        .toKafka("t")
                        .name("t")
                        .onFailure(policy -> policy.deadLetter("dead"))
                        .build(),
                exactly("a/#", "u"));
        first.publish(qos2(1, "a/b", "x"));

        Commit commit = kafka.next("dead=x", "u=x");
        first.expectNothing(QUIET);
        commit.commit();
        first.expectPubrec(1);
    }

    @Test
    void redelivery_otherPayload_isProduced() {
        produce(connected());

        ScriptedConnection second = resumed();
        second.publish(qos2(1, "a/b", "y").duplicate());
        kafka.nextAfterRemovals("t=y").commit();
        expectSubscribeAndPubrec(second);
    }

    /** It can be another message of the same content, as long as nothing says that it was sent before. */
    @Test
    void redelivery_withoutDup_isProducedAndWarnedOf() {
        try (LogCapture log = new LogCapture()) {
            ScriptedConnection first = connected();
            produce(first);

            ScriptedConnection second = engine.reconnected(first, true);
            second.publish(qos2(1, "a/b", "x"));
            kafka.nextAfterRemovals("t=x").commit();
            second.expectPubrec(1);
            await().until(() -> log.lines().stream().anyMatch(line -> line.contains("without DUP")));
        }
    }

    @Test
    void routes_several_areInOneTransaction() {
        ScriptedConnection first = connected(exactly("a/+", "one"), exactly("a/{level}", "other"));
        first.publish(qos2(1, "a/b", "x"));

        kafka.next("one=x", "other=x").commit();
        first.expectPubrec(1);
    }

    @Test
    void qos1_commitHangs_isAcknowledgedMeanwhile() {
        engine.route(exactly("a/#", "t"));
        ScriptedConnection first = connected(Route.fromMqtt("b/#")
                .qos(QoS.AT_LEAST_ONCE)
                .toKafka("u")
                .name("u")
                .build());
        first.publish(qos2(1, "a/b", "x"));
        Commit hanging = kafka.next("t=x");

        first.publish(qos1(2, "b/c", "y"), Engine.qos0("b/c", "z"));
        engine.kafka.next("y").confirm();
        engine.kafka.next("z").confirm();
        first.expectPuback(2);
        hanging.commit();
        first.expectPubrec(1);
    }

    @Test
    void sharedSubscription_isRefused() {
        engine.route(exactly("$share/g/a/#", "t"));

        assertThatThrownBy(engine::start)
                .isInstanceOf(BridgeConfigException.class)
                .hasMessageContaining("effectivelyOnce()");
    }

    @Test
    void guarantees_sayWhichAndWhy() {
        engine.route("b/#", QoS.EXACTLY_ONCE, "old");
        connected();

        assertThat(engine.bridge().guarantees())
                .anySatisfy(one -> {
                    assertThat(one.route()).isEqualTo("t");
                    assertThat(one.guarantee()).isEqualTo(Guarantee.EXACTLY_ONCE);
                    assertThat(one.reason()).contains("transaction", "read_committed");
                })
                .anySatisfy(one -> {
                    assertThat(one.route()).isEqualTo("old");
                    assertThat(one.guarantee()).isEqualTo(Guarantee.EFFECTIVELY_ONCE);
                    assertThat(one.reason()).contains("in this process");
                });
    }

    /** Only a restart gives the window back, so the restart must not wait for the window. */
    @Test
    void outcomeUnknown_whileWaitingForRoom_connectsAgain() {
        String large = "x".repeat(1_800);
        engine.mqtt(options -> options.keepAlive(Duration.ofSeconds(2))
                .maximumPacketSize(4_000)
                .maxInFlightBytes(4_000));
        ScriptedConnection first = connected();
        first.publish(qos2(1, "a/b", large));
        Commit hanging = kafka.next("t=" + large);
        first.publish(qos2(2, "a/b", large), qos2(3, "a/b", large));
        engine.event(Disconnected.class);
        engine.broker.expectNoConnection(QUIET);

        hanging.fail(new KafkaException("nobody knows"));

        ScriptedConnection second = engine.established(true);
        second.publish(qos2(1, "a/b", large).duplicate());
        kafka.next("t=" + large).commit();
        second.expectPubrec(1);
    }

    private ScriptedConnection connected() {
        return connected(exactly("a/#", "t"));
    }

    /** Starts with a new session, which Kafka has to know of first. */
    private ScriptedConnection connected(Route... routes) {
        Stream.of(routes).forEach(engine::route);
        engine.start();
        ScriptedConnection connection = engine.broker.accept();
        connection.expectConnect();
        // Without identifiers of subscriptions, which then must not overlap: routes of one filter share one.
        connection.connack(false, 0, MqttProperties.NONE.with(MqttProperty.SUBSCRIPTION_IDENTIFIER_AVAILABLE, 0));
        kafka.next().commit();
        connection.grant(connection.expectSubscribe());
        engine.awaitStarted();
        return connection;
    }

    private ScriptedConnection restarted(boolean sessionPresent) {
        engine.restart();
        ScriptedConnection connection = engine.established(sessionPresent);
        engine.awaitStarted();
        return connection;
    }

    /** Starts again with ids known to Kafka: what the broker sends again by now proves that the session is the one they are of. */
    private ScriptedConnection resumed() {
        engine.restart();
        ScriptedConnection connection = engine.broker.accept();
        connection.handshake(true);
        return connection;
    }

    private void produce(ScriptedConnection connection) {
        connection.publish(qos2(1, "a/b", "x"));
        kafka.next("t=x").commit();
        connection.expectPubrec(1);
    }

    private void release(ScriptedConnection connection) {
        connection.pubrel(1);
        kafka.next().commit();
        connection.expectPubcomp(1);
    }

    private void expectPubrecOnly(ScriptedConnection connection) {
        connection.publish(qos2(1, "a/b", "x").duplicate());
        connection.expectPubrec(1);
        kafka.expectNothing(QUIET);
    }

    private void expectResumedWithPubrecOnly(ScriptedConnection connection) {
        connection.handshake(true);
        connection.publish(qos2(1, "a/b", "x").duplicate());
        expectSubscribeAndPubrec(connection);
        kafka.expectNothing(QUIET);
    }

    /** In either order. */
    private static void expectSubscribeAndPubrec(ScriptedConnection connection) {
        MqttPacket one = connection.expectPacket();
        MqttPacket other = connection.expectPacket();
        boolean subscribed = one.type() == MqttPacketType.SUBSCRIBE;
        MqttPacket pubrec = subscribed ? other : one;
        assertThat(pubrec.type()).isEqualTo(MqttPacketType.PUBREC);
        assertThat(pubrec.packetId()).isEqualTo(1);
        assertThat(pubrec.reasonCode()).isZero();
        connection.grant((subscribed ? one : other).subscribe());
    }

    private static Route exactly(String filter, String topic) {
        return Route.fromMqtt(filter)
                .qos(QoS.EXACTLY_ONCE)
                .toKafka(topic)
                .name(topic)
                .build();
    }
}
