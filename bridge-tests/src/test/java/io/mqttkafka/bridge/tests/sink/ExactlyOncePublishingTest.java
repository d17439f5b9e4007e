package io.mqttkafka.bridge.tests.sink;

import static io.mqttkafka.bridge.tests.engine.Engine.QUIET;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.Guarantee;
import io.mqttkafka.bridge.NoSubscribers;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.ToMqtt;
import io.mqttkafka.bridge.core.failpoint.Failpoint;
import io.mqttkafka.bridge.event.RouteStopped;
import io.mqttkafka.bridge.failure.Backoff;
import io.mqttkafka.bridge.testkit.packet.ConnectPacket;
import io.mqttkafka.bridge.testkit.packet.MqttProperties;
import io.mqttkafka.bridge.testkit.packet.MqttProperty;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import io.mqttkafka.bridge.testkit.packet.ScriptedConnection;
import io.mqttkafka.bridge.tests.engine.Engine;
import io.mqttkafka.bridge.tests.engine.ScriptedTransactions;
import io.mqttkafka.bridge.tests.engine.ScriptedTransactions.Commit;
import io.mqttkafka.bridge.tests.engine.SourceLog;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Exactly once from Kafka to MQTT, packet by packet. A crash is another bridge over the same two brokers.
 *
 * <table>
 * <caption>The crash table of the outbox</caption>
 * <tr><th>Row</th><th>Crash</th><th>Test</th></tr>
 * <tr><td>1</td><td>before the assignment is committed</td><td>{@link #crash_beforeAssignment_isPublishedAsNew}</td></tr>
 * <tr><td>2</td><td>after that, before PUBLISH</td><td>{@link #crash_assigned_isPublishedUnderTheSameId}</td></tr>
 * <tr><td>3</td><td>after PUBLISH</td><td>{@link #crash_published_isPublishedAgainWithDup}</td></tr>
 * <tr><td>4</td><td>after PUBREC</td><td>{@link #crash_receivedNotCommitted_isPublishedAgainWithDup}</td></tr>
 * <tr><td>5</td><td>after that is committed, before PUBREL</td><td>{@link #crash_releaseCommitted_isReleasedOnly}</td></tr>
 * <tr><td>6</td><td>after PUBREL</td><td>{@link #crash_released_isReleasedAgainAndDone}</td></tr>
 * <tr><td>7</td><td>after PUBCOMP</td><td>{@link #crash_completed_idIsFreeAndRecordIsNotSentAgain}</td></tr>
 * <tr><td>8</td><td>done, but one before it is not</td><td>{@link #crash_doneAbovePrefix_isNotSentAgain}</td></tr>
 * <tr><td>9</td><td>after a refusal</td><td>{@link #pubrec_refused_isTriedAgainUnderAnotherId}</td></tr>
 * <tr><td>10</td><td>thrown away</td><td>{@link #crash_unheard_idIsReleasedAndRecordPublishedAgain}</td></tr>
 * <tr><td>11</td><td>the record does not come again</td><td>{@link #crash_recordFilteredNow_idIsReleased},
 *   {@link #crash_recordDoneByAnotherMember_idIsReleased}</td></tr>
 * <tr><td>12</td><td>session lost</td><td>{@link #crash_sessionLost_isPublishedAnew},
 *   {@link #sessionLost_released_isAssignedInKafkaBeforeItIsPublishedAnew}</td></tr>
 * <tr><td>13</td><td>transaction under way</td><td>{@link #outcomeUnknown_committed_isPublished},
 *   {@link #outcomeUnknown_notCommitted_isCommittedAgain}</td></tr>
 * <tr><td>-</td><td>two bridges</td><td>{@link #fenced_stopsAndNamesTheClientId},
 *   {@link #outcomeUnknown_anotherHasTheIdentity_stopsWithoutConnecting}</td></tr>
 * </table>
 */
class ExactlyOncePublishingTest {
    private static final int PACKET_ID_NOT_FOUND = 0x92;
    private static final int NO_MATCHING_SUBSCRIBERS = 0x10;
    private static final int NOT_AUTHORIZED = 0x87;
    private static final int QUOTA_EXCEEDED = 0x97;

    /** What the keys of the entries in the state topic start with. */
    private static final String IDENTITY = "mqtt-bridge-layer-b-out\0to-mqtt";

    private static final TopicPartition COMMANDS = new TopicPartition("commands", 0);

    private final Engine engine = new Engine();
    private final SourceLog log = engine.kafka.log;
    private final ScriptedTransactions kafka = engine.kafka.transactions;
    private volatile boolean filtering;

    @AfterEach
    void close() {
        engine.close();
    }

    private ScriptedConnection publishing() {
        return publishing(UnaryOperator.identity());
    }

    private ScriptedConnection publishing(UnaryOperator<ToMqtt<byte[]>> more) {
        engine.route(more.apply(Route.fromKafka("commands")
                        .group("g")
                        .filter(value -> !filtering)
                        .toMqtt("devices/{key}/cmd")
                        .name("r")
                        .qos(QoS.EXACTLY_ONCE))
                .build());
        return engine.publishing();
    }

    private void append(int count) {
        for (int i = 0; i < count; i++) {
            log.append("commands", "7", "x" + i);
        }
    }

    /** Appends a record and plays everything up to its PUBLISH. */
    private int published(ScriptedConnection connection) {
        append(1);
        kafka.next().commit();
        PublishPacket packet = connection.expectPublish();
        assertThat(packet.dup()).isFalse();
        return packet.packetId();
    }

    private int released(ScriptedConnection connection) {
        int id = published(connection);
        connection.pubrec(id);
        kafka.next().commit();
        connection.expectPubrel(id);
        return id;
    }

    /** All of them are remembered in one entry of the state, which Kafka takes up to 1 MiB of. */
    @Test
    void twoRoutes_oneNeverCompletedEach_readNoFurtherThanOneWould() {
        log.createTopic("others");
        for (String topic : new String[] {"commands", "others"}) {
            log.append(topic, "7", "stuck");
            for (int i = 0; i < 17_000; i++) {
                log.append(topic, "7", "x");
            }
            engine.route(Route.fromKafka(topic)
                    .group("g")
                    .filter(value -> value.length > 1)
                    .toMqtt("devices/{key}/cmd")
                    .name(topic)
                    .qos(QoS.EXACTLY_ONCE)
                    .build());
        }
        engine.publishing();

        await().until(() -> received("commands") >= 16_384 && received("others") >= 16_384);
        await().during(QUIET).until(() -> received("commands") == 16_384 && received("others") == 16_384);
    }

    private long received(String route) {
        return engine.bridge().health().route(route).total().received();
    }

    /** Lets the process die, and plays the next one up to its CONNACK. */
    private ScriptedConnection crashed(boolean sessionPresent) {
        engine.restart();
        return connected(sessionPresent);
    }

    private ScriptedConnection connected(boolean sessionPresent) {
        ScriptedConnection connection = engine.broker.accept();
        ConnectPacket connect = connection.expectConnect();
        assertThat(connect.cleanStart()).isFalse();
        connection.connack(sessionPresent, 0);
        engine.awaitStarted();
        return connection;
    }

    private void expectAgain(ScriptedConnection connection, int id, boolean duplicate) {
        PublishPacket again = connection.expectPublish();
        assertThat(again.packetId()).isEqualTo(id);
        assertThat(again.payloadText()).isEqualTo("x0");
        assertThat(again.dup()).isEqualTo(duplicate);
    }

    /** Plays the rest of a message that has been published. */
    private void complete(ScriptedConnection connection, int id, long offset) {
        connection.pubrec(id);
        kafka.next().commit();
        connection.expectPubrel(id);
        connection.pubcomp(id);
        awaitCommitted(offset);
    }

    private void awaitCommitted(long offset) {
        await("the offset " + offset).atMost(Engine.PATIENCE).until(() -> log.committed("commands") == offset);
    }

    @Test
    void publish_waitsForTheAssignment_releaseForTheCommit_offsetForPubcomp() {
        ScriptedConnection connection = publishing();
        append(1);
        Commit assignment = kafka.next();
        connection.expectNothing(QUIET);
        assignment.commit();
        int id = connection.expectPublish().packetId();
        connection.pubrec(id);
        Commit received = kafka.next();
        connection.expectNothing(QUIET);
        received.commit();
        connection.expectPubrel(id);
        connection.expectNothing(QUIET);
        assertThat(log.committed("commands")).isEqualTo(-1);
        connection.pubcomp(id);

        awaitCommitted(1);
    }

    @Test
    void publish_several_shareATransaction() {
        ScriptedConnection connection = publishing();
        append(1);
        Commit first = kafka.next();
        append(20);
        connection.expectNothing(QUIET);
        first.commit();
        connection.expectPublish();

        kafka.next().commit();
        for (int i = 0; i < 20; i++) {
            assertThat(connection.expectPublish().payloadText()).isEqualTo("x" + i);
        }
    }

    @Test
    void firstConnection_ofAClientThatKafkaDoesNotKnow_beginsANewSession() {
        engine.route(Route.fromKafka("commands")
                .group("g")
                .toMqtt("a")
                .qos(QoS.EXACTLY_ONCE)
                .build());
        engine.start();
        ScriptedConnection connection = engine.broker.accept();

        assertThat(connection.expectConnect().cleanStart()).isTrue();
        connection.connack(false, 0);
        engine.awaitStarted();
    }

    @Test
    void crash_beforeAssignment_isPublishedAsNew() {
        ScriptedConnection first = publishing();
        append(1);
        kafka.next();
        first.expectNothing(QUIET);

        engine.restart();
        ScriptedConnection second = engine.broker.accept();
        second.handshake(false);
        kafka.next().commit();
        PublishPacket packet = second.expectPublish();
        assertThat(packet.dup()).isFalse();
        complete(second, packet.packetId(), 1);
    }

    @Test
    void crash_assigned_isPublishedUnderTheSameId() {
        Halting halting = new Halting(Failpoint.ASSIGNED);
        engine.failpoints(halting::pass);
        ScriptedConnection first = publishing();
        append(1);
        kafka.next().commit();
        halting.crash(first);

        ScriptedConnection second = connected(true);
        PublishPacket packet = second.expectPublish();
        assertThat(packet.dup()).isTrue();
        complete(second, packet.packetId(), 1);
    }

    @Test
    void crash_published_isPublishedAgainWithDup() {
        int id = published(publishing());

        ScriptedConnection second = crashed(true);
        expectAgain(second, id, true);
        complete(second, id, 1);
    }

    @Test
    void crash_receivedNotCommitted_isPublishedAgainWithDup() {
        ScriptedConnection first = publishing();
        int id = published(first);
        first.pubrec(id);
        kafka.next();
        first.expectNothing(QUIET);

        ScriptedConnection second = crashed(true);
        expectAgain(second, id, true);
        complete(second, id, 1);
    }

    @Test
    void crash_releaseCommitted_isReleasedOnly() {
        Halting halting = new Halting(Failpoint.RELEASE_COMMITTED);
        engine.failpoints(halting::pass);
        ScriptedConnection first = publishing();
        int id = published(first);
        first.pubrec(id);
        kafka.next().commit();
        halting.crash(first);

        ScriptedConnection second = connected(true);
        second.expectPubrel(id);
        second.expectNothing(QUIET);
        assertThat(log.committed("commands")).isEqualTo(-1);
        second.pubcomp(id);
        awaitCommitted(1);
    }

    @Test
    void crash_released_isReleasedAgainAndDone() {
        int id = released(publishing());

        ScriptedConnection second = crashed(true);
        second.expectPubrel(id);
        second.pubcomp(id, PACKET_ID_NOT_FOUND);
        awaitCommitted(1);
        second.expectNothing(QUIET);
    }

    @Test
    void crash_completed_idIsFreeAndRecordIsNotSentAgain() {
        ScriptedConnection first = publishing();
        int id = released(first);
        first.pubcomp(id);
        awaitCommitted(1);

        ScriptedConnection second = crashed(true);
        // Kafka has not heard of the end, which nobody had to wait for.
        second.expectPubrel(id);
        second.pubcomp(id, PACKET_ID_NOT_FOUND);
        int next = published(second);
        complete(second, next, 2);
    }

    @Test
    void crash_doneAbovePrefix_isNotSentAgain() {
        int[] unfinished = unfinishedAroundOneThatIsDone();

        ScriptedConnection second = crashed(true);
        expectAgain(second, unfinished[0], true);
        PublishPacket last = second.expectPublish();
        assertThat(last.packetId()).isEqualTo(unfinished[1]);
        assertThat(last.payloadText()).isEqualTo("x2");
        second.expectNothing(QUIET);
    }

    /** What the broker had handed on it has handed on, whatever it forgets. */
    @Test
    void crash_sessionLost_doneAbovePrefix_isNotSentAgain() {
        unfinishedAroundOneThatIsDone();

        ScriptedConnection second = crashed(false);
        kafka.commitByItself();
        expectAnew(second, "x0");
        expectAnew(second, "x2");
        second.expectNothing(QUIET);
    }

    /** Expects a message that the broker cannot have, and returns its packet id. */
    private int expectAnew(ScriptedConnection connection, String payload) {
        PublishPacket packet = connection.expectPublish();
        assertThat(packet.payloadText()).isEqualTo(payload);
        assertThat(packet.dup()).isFalse();
        return packet.packetId();
    }

    /** Publishes three records of which the second is done, and returns the packet ids of the others. */
    private int[] unfinishedAroundOneThatIsDone() {
        ScriptedConnection first = publishing();
        append(1);
        Commit one = kafka.next();
        log.append("commands", "7", "x1");
        one.commit();
        int waiting = first.expectPublish().packetId();
        kafka.next().commit();
        int done = first.expectPublish().packetId();
        first.pubrec(done);
        kafka.next().commit();
        first.expectPubrel(done);
        first.pubcomp(done);
        // The next assignment takes the mark along.
        await().until(() -> engine.bridge().health().route("r").total().delivered() == 1);
        log.append("commands", "7", "x2");
        kafka.next().commit();
        return new int[] {waiting, first.expectPublish().packetId()};
    }

    @Test
    void crash_refusedNotCommitted_isPublishedAgainWithDup() {
        ScriptedConnection first = publishing(route ->
                route.onFailure(f -> f.retry(3, Backoff.exponential(Duration.ofMillis(1), Duration.ofMillis(2)))));
        int id = published(first);
        first.pubrec(id, NOT_AUTHORIZED);
        kafka.next();
        first.expectNothing(QUIET);

        ScriptedConnection second = crashed(true);
        expectAgain(second, id, true);
        complete(second, id, 1);
    }

    @Test
    void pubrec_refused_isTriedAgainUnderAnotherId() {
        ScriptedConnection connection = publishing(route ->
                route.onFailure(f -> f.retry(3, Backoff.exponential(Duration.ofMillis(1), Duration.ofMillis(2)))));
        int id = published(connection);
        connection.pubrec(id, NOT_AUTHORIZED);
        kafka.next().commit();

        PublishPacket again = connection.expectPublish();
        assertThat(again.packetId()).isNotEqualTo(id);
        assertThat(again.dup()).isFalse();
        complete(connection, again.packetId(), 1);

        // What was refused is not in Kafka any more.
        ScriptedConnection second = crashed(true);
        second.expectPubrel(again.packetId());
        second.expectNothing(QUIET);
    }

    /** It asks for patience: the message keeps its id and its place, and is no failure of the route, which stops at failures. */
    @Test
    void pubrec_quotaExceeded_isSentAgainUnderTheSameId_beforeWhatComesAfter() {
        ScriptedConnection connection = publishing();
        append(2);
        kafka.commitByItself();
        int first = connection.expectPublish().packetId();
        int second = connection.expectPublish().packetId();
        connection.pubrec(first, QUOTA_EXCEEDED);
        connection.pubrec(second, QUOTA_EXCEEDED);

        expectAgain(connection, first, false);
        connection.expectNothing(QUIET);
        connection.pubrec(first);
        connection.expectPubrel(first);
        connection.pubcomp(first);
        assertThat(connection.expectPublish().packetId()).isEqualTo(second);
        assertThat(engine.bridge().health().route("r").total().retries()).isZero();
    }

    /** Whether the broker has it is not known, so it cannot be given up. */
    @Test
    void connectionEnds_atTheSameMessageAgainAndAgain_stopsAndSaysWhy() {
        ScriptedConnection connection = publishing();
        append(1);
        kafka.commitByItself();
        for (int i = 0; i < 5; i++) {
            connection.expectPublish();
            if (i < 4) {
                connection = engine.publishingAgain(connection, true);
            }
        }
        connection.cut();

        assertThat(engine.event(RouteStopped.class).cause())
                .hasMessageContaining("5 connections in a row have ended before the MQTT broker answered to a message");
        assertThat(log.committed("commands")).isEqualTo(-1);
    }

    /** What waits for Kafka is no fault of the broker's, however often the connection ends meanwhile. */
    @Test
    void connectionEnds_whileKafkaIsAway_isTriedAgain() {
        ScriptedConnection connection = publishing();
        int id = published(connection);
        connection.pubrec(id);
        Commit received = kafka.next();
        for (int i = 0; i < 6; i++) {
            connection = engine.publishingAgain(connection, true);
        }
        received.commit();
        connection.expectPubrel(id);
        connection.pubcomp(id);
        awaitCommitted(1);
    }

    /** What was assigned and had no place would take one of those that the broker has given away. */
    @Test
    void assignment_beyondTheReceiveMaximum_waitsForAPlace() {
        engine.route(Route.fromKafka("commands")
                .group("g")
                .toMqtt("devices/{key}/cmd")
                .name("r")
                .qos(QoS.EXACTLY_ONCE)
                .build());
        engine.start();
        ScriptedConnection connection = engine.broker.accept();
        connection.expectConnect();
        connection.connack(false, 0, MqttProperties.NONE.with(MqttProperty.RECEIVE_MAXIMUM, 2));
        engine.awaitStarted();
        append(5);
        kafka.commitByItself();
        int first = connection.expectPublish().packetId();
        connection.expectPublish();
        connection.expectNothing(QUIET);

        engine.restart();
        ScriptedConnection second = engine.broker.accept();
        second.expectConnect();
        second.connack(true, 0, MqttProperties.NONE.with(MqttProperty.RECEIVE_MAXIMUM, 2));
        engine.awaitStarted();
        expectAgain(second, first, true);
        assertThat(second.expectPublish().dup()).isTrue();
        second.expectNothing(QUIET);
        second.pubrec(first);
        second.expectPubrel(first);
        second.pubcomp(first);
        // The next one has never left, and nothing in Kafka says that it may have.
        assertThat(expectAnew(second, "x2")).isNotEqualTo(first);
    }

    /** Plays a message that nobody has subscribed to, up to the PUBREL that frees its id. */
    private int thrownAway() {
        ScriptedConnection connection = publishing(route -> route.noSubscribers(
                NoSubscribers.await(Backoff.exponential(Duration.ofMinutes(1), Duration.ofMinutes(1)))));
        int id = published(connection);
        connection.pubrec(id, NO_MATCHING_SUBSCRIBERS);
        kafka.next().commit();
        connection.expectPubrel(id);
        return id;
    }

    @Test
    void crash_unheard_idIsReleasedAndRecordPublishedAgain() {
        int id = thrownAway();

        ScriptedConnection second = crashed(true);
        second.expectPubrel(id);
        kafka.next().commit();
        PublishPacket again = second.expectPublish();
        assertThat(again.packetId()).isNotEqualTo(id);
        assertThat(again.dup()).isFalse();
        second.pubcomp(id);
        complete(second, again.packetId(), 1);
    }

    /** There is nothing to release, and the record comes again. */
    @Test
    void crash_unheard_sessionLost_idIsFree() {
        thrownAway();

        ScriptedConnection second = crashed(false);
        kafka.next().commit();
        PublishPacket again = second.expectPublish();
        assertThat(again.dup()).isFalse();
        complete(second, again.packetId(), 1);
        second.expectNothing(QUIET);
    }

    @Test
    void crash_recordFilteredNow_idIsReleased() {
        int id = published(publishing());
        filtering = true;

        ScriptedConnection second = crashed(true);
        kafka.next().commit();
        second.expectPubrel(id);
        second.pubcomp(id);
        awaitCommitted(1);
        second.expectNothing(QUIET);
    }

    @Test
    void crash_recordDoneByAnotherMember_idIsReleased() {
        int id = published(publishing());
        log.commit(COMMANDS, 1);

        ScriptedConnection second = crashed(true);
        kafka.next().commit();
        second.expectPubrel(id);
        second.pubcomp(id);
        second.expectNothing(QUIET);
    }

    /** It holds the only place that the broker has, so it must not wait for a record that has none. */
    @Test
    void crash_published_comesBeforeRecordsOfOtherPartitions() {
        ScriptedConnection first = publishing();
        log.append(new TopicPartition("commands", 1), SourceLog.bytes("7"), SourceLog.bytes("x0"), SourceLog.headers());
        kafka.next().commit();
        int id = first.expectPublish().packetId();
        append(1);
        kafka.next();
        first.expectNothing(QUIET);

        engine.restart();
        ScriptedConnection second = engine.broker.accept();
        second.expectConnect();
        second.connack(true, 0, MqttProperties.NONE.with(MqttProperty.RECEIVE_MAXIMUM, 1));
        engine.awaitStarted();
        expectAgain(second, id, true);
        // Nor is there a place for another one's packet id.
        second.expectNothing(QUIET);
        second.pubrec(id);
        kafka.next().commit();
        second.expectPubrel(id);
        second.expectNothing(QUIET);
        second.pubcomp(id);
        assertThat(second.expectPublish().dup()).isFalse();
    }

    @Test
    void crash_sessionLost_isPublishedAnew() {
        published(publishing());

        ScriptedConnection second = crashed(false);
        Commit assignment = kafka.next();
        second.expectNothing(QUIET);
        assignment.commit();
        complete(second, expectAnew(second, "x0"), 1);
    }

    @Test
    void sessionLost_released_isAssignedInKafkaBeforeItIsPublishedAnew() {
        ScriptedConnection first = publishing();
        int id = released(first);

        ScriptedConnection second = engine.publishingAgain(first, false);
        Commit assignment = kafka.next();
        second.expectNothing(QUIET);
        assignment.commit();
        expectAgain(second, id, false);
        complete(second, id, 1);
    }

    /** The answer that told of the new session came with limits that do not fit the route. */
    @Test
    void sessionLost_onARefusedConnection_isNotForgotten() {
        ScriptedConnection first = publishing();
        int id = released(first);
        first.cut();
        ScriptedConnection misfit = engine.broker.accept();
        misfit.expectConnect();
        misfit.connack(false, 0, MqttProperties.NONE.with(MqttProperty.MAXIMUM_QOS, 1));

        ScriptedConnection second = connected(true);
        kafka.next().commit();
        expectAgain(second, id, false);
        complete(second, id, 1);
    }

    /** Nobody can tell the new session from the old: what was released counts as done, what was only sent is sent again. */
    @Test
    void crash_sessionLost_answerThatSaidSoIsLost_releasedIsDone() {
        ScriptedConnection first = publishing();
        int released = released(first);
        log.append("commands", "7", "x1");
        kafka.next().commit();
        int sent = first.expectPublish().packetId();
        engine.restart();
        ScriptedConnection unanswered = engine.broker.accept();
        unanswered.expectConnect();
        unanswered.cut();

        ScriptedConnection second = connected(true);
        second.expectPubrel(released);
        second.pubcomp(released, PACKET_ID_NOT_FOUND);
        PublishPacket again = second.expectPublish();
        assertThat(again.packetId()).isEqualTo(sent);
        assertThat(again.payloadText()).isEqualTo("x1");
        complete(second, sent, 2);
    }

    @Test
    void reconnect_sessionKept_sendsAgainWithDup() {
        ScriptedConnection first = publishing();
        int id = published(first);

        ScriptedConnection second = engine.publishingAgain(first, true);
        expectAgain(second, id, true);
        complete(second, id, 1);
    }

    @Test
    void outcomeUnknown_committed_isPublished() {
        ScriptedConnection first = publishing();
        append(1);
        kafka.next().commitAndFail(new KafkaException("nobody knows"));

        ScriptedConnection second = connected(true);
        PublishPacket packet = second.expectPublish();
        assertThat(packet.dup()).isFalse();
        complete(second, packet.packetId(), 1);
        first.close();
    }

    @Test
    void outcomeUnknown_notCommitted_isCommittedAgain() {
        ScriptedConnection first = publishing();
        append(1);
        kafka.next().fail(new KafkaException("nobody knows"));

        // Kafka still knows nothing of this client, but the process does.
        ScriptedConnection second = connected(true);
        Commit again = kafka.next();
        second.expectNothing(QUIET);
        again.commit();
        PublishPacket packet = second.expectPublish();
        complete(second, packet.packetId(), 1);
        first.close();
    }

    @Test
    void fenced_stopsAndNamesTheClientId() {
        publishing();
        append(1);
        kafka.next().fail(new ProducerFencedException("There is a newer producer"));

        assertThat(engine.event(RouteStopped.class).cause())
                .hasMessageContaining("kafka.transactions.idPrefix")
                .hasMessageContaining("layer-b-out");
        engine.broker.expectNoConnection(QUIET);
    }

    @Test
    void outcomeUnknown_anotherHasTheIdentity_stopsWithoutConnecting() {
        publishing();
        append(1);
        Commit frozen = kafka.next();
        kafka.claim(IDENTITY);
        frozen.fail(new KafkaException("nobody knows"));

        assertThat(engine.event(RouteStopped.class).cause())
                .hasMessageContaining("kafka.transactions.idPrefix")
                .hasMessageContaining("layer-b-out");
        engine.broker.expectNoConnection(QUIET);
    }

    /** It would publish again, from what it knew before, what the other one has completed. */
    @Test
    void connectionLost_anotherHasTheIdentity_stopsWithoutConnecting() {
        ScriptedConnection first = publishing();
        append(1);
        kafka.next().commit();
        first.expectPublish();
        kafka.claim(IDENTITY);
        first.close();

        assertThat(engine.event(RouteStopped.class).cause()).hasMessageContaining("kafka.transactions.idPrefix");
        engine.broker.expectNoConnection(QUIET);
    }

    @Test
    void qos1_onTheSameConnection_doesNotWait() {
        log.createTopic("events");
        engine.route(Route.fromKafka("events")
                .group("h")
                .toMqtt("events")
                .name("e")
                .qos(QoS.AT_LEAST_ONCE)
                .build());
        ScriptedConnection connection = publishing();
        append(1);
        Commit hanging = kafka.next();
        log.append("events", "k", "e0");

        PublishPacket event = connection.expectPublish();
        assertThat(event.qos()).isEqualTo(1);
        connection.puback(event.packetId());
        await().until(() -> log.kafka.committed("h", "events", 0) == 1);
        hanging.commit();
        complete(connection, connection.expectPublish().packetId(), 1);
    }

    @Test
    void receiveMaximum_boundsBothKindsTogether() {
        log.createTopic("events");
        engine.route(Route.fromKafka("commands")
                .group("g")
                .toMqtt("devices/{key}/cmd")
                .name("r")
                .qos(QoS.EXACTLY_ONCE)
                .build());
        engine.route(
                Route.fromKafka("events").group("h").toMqtt("events").name("e").build());
        ScriptedConnection connection = engine.publishing(MqttProperties.NONE.with(MqttProperty.RECEIVE_MAXIMUM, 2));
        append(2);
        kafka.next().commit();
        int exact = connection.expectPublish().packetId();
        log.append("events", "k", "e0");
        log.append("events", "k", "e1");
        int event = connection.expectPublish().packetId();

        connection.expectNothing(QUIET);
        connection.puback(event);
        assertThat(connection.expectPublish().qos()).isEqualTo(1);
        assertThat(exact).isGreaterThan(event);
    }

    @Test
    void guarantees_sayWhichAndWhy() {
        publishing();

        assertThat(engine.bridge().guarantees()).singleElement().satisfies(one -> {
            assertThat(one.guarantee()).isEqualTo(Guarantee.EXACTLY_ONCE);
            assertThat(one.reason()).contains("before PUBLISH", "before PUBREL", "after PUBCOMP");
        });
    }

    @Test
    void guarantees_brokerWithoutSessions_areTheWeakerOnes() {
        engine.route(Route.fromKafka("commands")
                .group("g")
                .toMqtt("a")
                .qos(QoS.EXACTLY_ONCE)
                .build());
        engine.publishing(MqttProperties.NONE.with(MqttProperty.SESSION_EXPIRY_INTERVAL, 0));

        assertThat(engine.bridge().guarantees()).singleElement().satisfies(one -> {
            assertThat(one.guarantee()).isEqualTo(Guarantee.AT_LEAST_ONCE);
            assertThat(one.reason()).contains("session expiry 0");
        });
    }

    /** Holds a thread at a place until the process is as good as dead, so that what would come next does not. */
    private final class Halting {
        private final Failpoint point;
        private final CountDownLatch reached = new CountDownLatch(1);
        private final CountDownLatch dead = new CountDownLatch(1);

        Halting(Failpoint point) {
            this.point = point;
        }

        void pass(Failpoint passed) {
            if (passed == point && dead.getCount() > 0) {
                reached.countDown();
                await(dead);
            }
        }

        /** Waits until the place is reached and ends the process there; starts the next one. */
        void crash(ScriptedConnection connection) {
            await(reached);
            CompletableFuture<Void> closing =
                    CompletableFuture.runAsync(() -> engine.bridge().close(Duration.ZERO));
            connection.expectDisconnect(0);
            dead.countDown();
            closing.join();
            engine.start();
        }

        private void await(CountDownLatch latch) {
            try {
                if (!latch.await(Engine.PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                    throw new AssertionError("Waited in vain at " + point);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError("Interrupted at " + point, e);
            }
        }
    }
}
