package io.mqttkafka.bridge.tests.connection;

import static io.mqttkafka.bridge.tests.engine.Engine.qos1;
import static io.mqttkafka.bridge.tests.engine.Engine.qos2;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mqttkafka.bridge.Guarantee;
import io.mqttkafka.bridge.NoSubscribers;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.config.MqttVersion;
import io.mqttkafka.bridge.config.StatusOptions;
import io.mqttkafka.bridge.error.BridgeConfigException;
import io.mqttkafka.bridge.event.RouteStopped;
import io.mqttkafka.bridge.testkit.packet.ConnectPacket;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import io.mqttkafka.bridge.testkit.packet.ScriptedConnection;
import io.mqttkafka.bridge.testkit.packet.SubscribePacket;
import io.mqttkafka.bridge.tests.engine.Engine;
import java.time.Duration;
import java.util.HexFormat;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a bridge says by MQTT 3.1.1, what it refuses, and what it finds out by itself. */
class Mqtt311Test {
    private static final HexFormat HEX = HexFormat.ofDelimiter(" ");

    private final Engine engine = new Engine().mqtt(m -> m.version(MqttVersion.V3_1_1));

    @AfterEach
    void close() {
        engine.close();
    }

    // What is said.

    @Test
    void qos1And2_areAcknowledgedInTheOldForm() {
        engine.route("a/+", QoS.EXACTLY_ONCE, "t").start();
        ScriptedConnection connection = engine.broker.accept();
        ConnectPacket connect = connection.expectConnect();
        connection.connack(false, 0);
        SubscribePacket subscribe = connection.expectSubscribe();
        connection.grant(subscribe);
        engine.awaitStarted();

        connection.publish(qos1(1, "a/b", "x"), qos2(2, "a/b", "y"));
        engine.kafka.next("x").confirm();
        engine.kafka.next("y").confirm();
        connection.expectPuback(1);
        connection.expectPubrec(2);
        connection.pubrel(2);
        connection.expectPubcomp(2);
        // Of an id that nobody knows there is no more to say than of another.
        connection.pubrel(77);
        connection.expectPubcomp(77);

        assertThat(connect.version()).isEqualTo(4);
        assertThat(connect.cleanStart()).isFalse();
        assertThat(subscribe.filters()).containsExactly("a/+");
    }

    /** The first session of a process is new: in MQTT 3.1.1 it takes a connection of its own to throw an old one away. */
    @Test
    void routeFromKafka_beginsWithASessionThatIsNewAndLasts() {
        engine.route(commands(QoS.EXACTLY_ONCE, true)).start();
        ScriptedConnection first = engine.broker.accept();
        assertThat(first.expectConnect().cleanStart()).isTrue();
        first.connack(false, 0);
        first.expectDisconnect(0);
        first.close();
        ScriptedConnection second = engine.broker.accept();
        assertThat(second.expectConnect().cleanStart()).isFalse();
        second.connack(false, 0);
        engine.awaitStarted();

        engine.kafka.log.append("commands", "k", "on");
        PublishPacket published = second.expectPublish();
        second.pubrec(published.packetId());
        second.expectPubrel(published.packetId());
        second.pubcomp(published.packetId());

        assertThat(published.topic()).isEqualTo("devices/k");
        assertThat(published.payloadText()).isEqualTo("on");
        assertThat(published.properties().isEmpty()).isTrue();
    }

    @Test
    void sessionThatWasToBeNew_isThere_isRefused() {
        engine.route(commands(QoS.EXACTLY_ONCE, true)).start();
        engine.broker.accept().handshake(false);
        engine.broker.accept().handshake(true);

        // It would take new messages for repetitions.
        ScriptedConnection next = engine.broker.accept();
        assertThat(next.expectConnect().cleanStart()).isTrue();
    }

    // What is refused, and what is said of it.

    private void refused(String... parts) {
        assertThatExceptionOfType(BridgeConfigException.class)
                .isThrownBy(engine::start)
                .satisfies(e -> assertThat(e.getMessage()).contains(parts));
    }

    private static Route commands(QoS qos, boolean effectively) {
        var route = Route.fromKafka("commands")
                .group("g")
                .toMqtt("devices/{key}")
                .qos(qos)
                .name("out");
        return (effectively ? route.effectivelyOnce() : route).build();
    }

    @Test
    void sharedSubscription_isRefused() {
        engine.route("$share/g/a/#", QoS.AT_LEAST_ONCE, "t");
        refused("route 't': fromMqtt: '$share/g/a/#' is shared", "leave $share out", "mqtt.version");
    }

    @Test
    void mirrorOfRetainedMessages_isRefused() {
        engine.route("a/{x}", QoS.AT_LEAST_ONCE, "t", route -> route.key("{x}").clearedAsTombstone());
        refused("route 't': clearedAsTombstone: ", "mqtt.version");
    }

    @ParameterizedTest
    @CsvSource({"key", "header"})
    void templateOfAUserProperty_isRefused(String where) {
        engine.route(
                "a/+",
                QoS.AT_LEAST_ONCE,
                "t",
                route -> where.equals("key") ? route.key("{header:id}") : route.header("h", "{header:id}"));
        refused("route 't': ", "{header:..}", "MQTT 3.1.1 has none");
    }

    @Test
    void overlap_isRefusedUnlessOneFilterCoversTheOther() {
        engine.route("a/+/c", QoS.AT_LEAST_ONCE, "one").route("a/b/+", QoS.AT_LEAST_ONCE, "other");
        refused(
                "route 'other': fromMqtt: 'a/b/+': overlaps with 'a/+/c' of route 'one'",
                "of which one covers the other");
    }

    @Test
    void metadataProperties_areRefused() {
        engine.route(Route.fromKafka("commands")
                .group("g")
                .toMqtt("devices/{key}")
                .metadataProperties()
                .name("out")
                .build());
        refused("route 'out': metadataProperties: ", "mqtt.version");
    }

    @Test
    void failureOfMessagesThatNobodyHears_isRefused() {
        engine.route(Route.fromKafka("commands")
                .group("g")
                .toMqtt("devices/{key}")
                .noSubscribers(NoSubscribers.fail())
                .name("out")
                .build());
        refused("route 'out': noSubscribers: fail()", "mqtt.version");
    }

    @Test
    void passwordWithoutUserName_isRefused() {
        engine.mqtt(m -> m.version(MqttVersion.V3_1_1).password(() -> "secret")).route("a", QoS.AT_LEAST_ONCE, "t");
        refused("mqtt.credentials: ", "user name, which can be empty");
    }

    @ParameterizedTest
    @CsvSource({"V3_1_1", "AUTO"})
    void feedback_isRefused_thereAreNoMarkers(MqttVersion version) {
        engine.mqtt(m -> m.version(version))
                .loops(loops -> loops.allowFeedback())
                .route("devices/+", QoS.AT_LEAST_ONCE, "t")
                .route(commands(QoS.AT_LEAST_ONCE, false));
        refused("loops.allowFeedback: ", "no user properties", "mqtt.version");
    }

    @Test
    void bothWaysWithAFunctionThatNamesTopics_isRefused() {
        engine.route("a/+", QoS.AT_LEAST_ONCE, "t")
                .route(Route.fromKafka("commands")
                        .group("g")
                        .toMqtt(consumed -> "devices/all")
                        .name("out")
                        .build());
        refused("route 'out': toMqtt: ", "loops.guarded(false)");
    }

    @Test
    void guarantees_sayWhatTheVersionTakesAway_beforeTheFirstMessage() {
        engine.exactlyOnce("a/+", "t").route(commands(QoS.AT_LEAST_ONCE, false)).start();

        assertThat(engine.bridge().guarantees())
                .satisfiesExactly(
                        source -> {
                            assertThat(source.guarantee()).isEqualTo(Guarantee.EXACTLY_ONCE);
                            assertThat(source.reason())
                                    .contains("by MQTT 3.1.1: retained messages come again", "sessionExpiry");
                        },
                        sink -> {
                            assertThat(sink.guarantee()).isEqualTo(Guarantee.AT_LEAST_ONCE);
                            assertThat(sink.reason()).contains("by MQTT 3.1.1: headers of records", "stay behind");
                        });
    }

    // What a broker answers.

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "20 02 00 02|mqtt.clientId: |return code 2",
                "20 02 00 04|mqtt.credentials: |return code 4",
                "20 02 00 05|mqtt.credentials: |return code 5",
                "20 02 00 01|mqtt.version: |set V5 or AUTO",
            })
    void refusal_namesOptionAndMend(String connack, String option, String more) {
        engine.route("a", QoS.AT_LEAST_ONCE, "t").start();
        ScriptedConnection connection = engine.broker.accept();
        connection.expectConnect();
        connection.sendRaw(HEX.parseHex(connack));

        assertThat(engine.startFailure()).hasMessageStartingWith(option).hasMessageContaining(more);
    }

    @Test
    void subscriptionRefused_namesTheFilter() {
        engine.route("a", QoS.AT_LEAST_ONCE, "t").start();
        ScriptedConnection connection = engine.broker.accept();
        connection.handshake(false);
        connection.suback(connection.expectSubscribe().packetId(), 0x80);

        assertThat(engine.startFailure())
                .hasMessageContaining("fromMqtt: 'a': the MQTT broker refused the subscription");
    }

    /** Three closes soon after CONNACK: another client uses the id, and the broker has no word for it. */
    @Test
    void closedAgainAndAgain_isTakenForATakeover() {
        engine.route("a", QoS.AT_LEAST_ONCE, "t");
        ScriptedConnection connection = engine.connected();
        for (int i = 0; i < 2; i++) {
            connection.close();
            connection = engine.established(true);
        }
        connection.close();

        assertThat(engine.event(RouteStopped.class).cause())
                .hasMessageContaining("mqtt.clientId: another client")
                .hasMessageContaining("give each client an id of its own");
    }

    /** A network that breaks is no takeover. */
    @Test
    void cutAgainAndAgain_isConnectedAgain() {
        engine.route("a", QoS.AT_LEAST_ONCE, "t");
        ScriptedConnection connection = engine.connected();
        for (int i = 0; i < 5; i++) {
            connection = engine.reconnected(connection, true);
        }
        connection.publish(qos1(1, "a", "x"));
        engine.kafka.next("x").confirm();
        connection.expectPuback(1);
        engine.expectNoEvent(RouteStopped.class);
    }

    @Test
    void statusByMqtt311_isToldWithItsWill() {
        engine.status(StatusOptions.builder()
                        .topic("bridges/b")
                        .willDelay(Duration.ZERO)
                        .build())
                .route("a", QoS.AT_LEAST_ONCE, "t")
                .start();
        engine.established(false);
        ScriptedConnection status = engine.broker.accept();
        ConnectPacket connect = status.expectConnect();
        status.connack(false, 0);
        PublishPacket said = status.expectPublish();
        status.puback(said.packetId());
        engine.awaitStarted();

        assertThat(connect.will()).hasValueSatisfying(will -> {
            assertThat(will.topic()).isEqualTo("bridges/b");
            assertThat(will.payload()).asString().isEqualTo("offline");
        });
        assertThat(said.payloadText()).isEqualTo("online");
        assertThat(said.retain()).isTrue();
    }

    // Both versions.

    private void auto(Consumer<ScriptedConnection> refusal) {
        engine.mqtt(m -> m.version(MqttVersion.AUTO))
                .route("a", QoS.AT_LEAST_ONCE, "t")
                .start();
        assertThat(engine.bridge().guarantees().get(0).reason())
                .contains("if the MQTT broker speaks MQTT 3.1.1 only: retained");
        ScriptedConnection first = engine.broker.accept();
        assertThat(first.expectConnect().version()).isEqualTo(5);
        refusal.accept(first);
        ScriptedConnection second = old();
        engine.awaitStarted();
        assertThat(engine.bridge().guarantees().get(0).reason()).contains("by MQTT 3.1.1: retained");
        // Remembered.
        second.cut();
        old();
    }

    private ScriptedConnection old() {
        ScriptedConnection connection = engine.broker.accept();
        assertThat(connection.expectConnect().version()).isEqualTo(4);
        connection.connack(false, 0);
        connection.grant(connection.expectSubscribe());
        return connection;
    }

    @ParameterizedTest
    @CsvSource({"20 02 00 01", "20 03 00 84 00", "20 03 00 01 00"})
    void auto_refused_goesOnWithMqtt311(String connack) {
        auto(connection -> connection.sendRaw(HEX.parseHex(connack)));
    }

    @Test
    void auto_hungUpOn_goesOnWithMqtt311() {
        auto(ScriptedConnection::close);
    }

    /** One that has spoken MQTT 5 hangs up for another reason. */
    @Test
    void auto_mqtt5Spoken_staysWithIt() {
        engine.mqtt(m -> m.version(MqttVersion.AUTO)).route("a", QoS.AT_LEAST_ONCE, "t");
        ScriptedConnection connection = engine.connected();
        assertThat(engine.bridge().guarantees().get(0).reason()).doesNotContain("3.1.1");
        connection.cut();
        ScriptedConnection second = engine.broker.accept();
        second.expectConnect();
        second.close();
        ScriptedConnection third = engine.broker.accept();

        assertThat(third.expectConnect().version()).isEqualTo(5);
    }

    @Test
    void auto_whatNeedsMqtt5_isRefusedWhereThereIsNone() {
        engine.mqtt(m -> m.version(MqttVersion.AUTO))
                .route("$share/g/a", QoS.AT_LEAST_ONCE, "t")
                .start();
        ScriptedConnection first = engine.broker.accept();
        first.expectConnect();
        first.sendRaw(HEX.parseHex("20 02 00 01"));
        engine.broker.accept().handshake(false);

        assertThat(engine.startFailure()).hasMessageContaining("route 't': fromMqtt: '$share/g/a' is shared");
    }
}
