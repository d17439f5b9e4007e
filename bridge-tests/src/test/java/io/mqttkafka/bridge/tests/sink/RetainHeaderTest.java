package io.mqttkafka.bridge.tests.sink;

import static io.mqttkafka.bridge.tests.engine.Engine.QUIET;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.ToMqtt;
import io.mqttkafka.bridge.event.RouteStopped;
import io.mqttkafka.bridge.testkit.packet.MqttProperties;
import io.mqttkafka.bridge.testkit.packet.MqttProperty;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import io.mqttkafka.bridge.testkit.packet.ScriptedConnection;
import io.mqttkafka.bridge.tests.engine.Engine;
import io.mqttkafka.bridge.tests.engine.SourceLog;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A header of the record says whether its message is retained. */
class RetainHeaderTest {
    private static final int NO_MATCHING_SUBSCRIBERS = 0x10;

    private final Engine engine = new Engine();
    private final SourceLog log = engine.kafka.log;

    @BeforeEach
    void createTopic() {
        log.createTopic("states");
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private Engine route(UnaryOperator<ToMqtt<byte[]>> more) {
        return engine.route(more.apply(Route.fromKafka("states")
                        .group("g")
                        .toMqtt("devices/{key}")
                        .name("r")
                        .retainHeader("keep"))
                .build());
    }

    private static boolean nextIsRetained(ScriptedConnection connection) {
        PublishPacket packet = connection.expectPublish();
        connection.puback(packet.packetId());
        return packet.retain();
    }

    @Test
    void header_decides_elseTheRoute() {
        ScriptedConnection connection = route(r -> r.retain(true)).publishing();
        log.append("states", "7", "a", "keep", "false");
        log.append("states", "7", "b", "keep", "true");
        log.append("states", "7", "c");
        log.append("states", "7", "d", "keep", "true", "keep", "false");

        assertThat(nextIsRetained(connection)).isFalse();
        assertThat(nextIsRetained(connection)).isTrue();
        assertThat(nextIsRetained(connection)).isTrue();
        assertThat(nextIsRetained(connection)).isFalse();
    }

    @Test
    void header_isNoUserProperty() {
        ScriptedConnection connection = route(UnaryOperator.identity()).publishing();
        log.append("states", "7", "a", "keep", "true", "colour", "red");

        PublishPacket packet = connection.expectPublish();

        assertThat(packet.retain()).isTrue();
        assertThat(packet.properties().userProperties()).containsExactly(Map.entry("colour", "red"));
    }

    @Test
    void header_neitherTrueNorFalse_isAFailureOfTheRecord() {
        route(UnaryOperator.identity()).publishing();
        log.append("states", "7", "a", "keep", "yes");

        assertThat(engine.event(RouteStopped.class).cause())
                .hasMessage("retainHeader: the header 'keep' is neither 'true' nor 'false'; mend who writes it");
    }

    @Test
    void nobodySubscribes_whatIsRetainedIsDelivered_theRestWaits() {
        ScriptedConnection connection = route(UnaryOperator.identity()).publishing();
        log.append("states", "7", "kept", "keep", "true");
        connection.puback(connection.expectPublish().packetId(), NO_MATCHING_SUBSCRIBERS);
        await().until(() -> log.committed("states") == 1);

        log.append("states", "7", "lost");
        connection.puback(connection.expectPublish().packetId(), NO_MATCHING_SUBSCRIBERS);

        await().until(() -> engine.bridge().health().route("r").total().unheard() == 1);
        assertThat(log.committed("states")).isEqualTo(1);
    }

    @Test
    void tombstone_clears_whateverTheHeaderSays() {
        ScriptedConnection connection = route(ToMqtt::clearOnTombstone).publishing();
        log.append("states", "7", null, "keep", "false");

        PublishPacket packet = connection.expectPublish();

        assertThat(packet.retain()).isTrue();
        assertThat(packet.payload()).isEmpty();
        connection.expectNothing(QUIET);
    }

    @Test
    void brokerWithoutRetained_startFails() {
        route(UnaryOperator.identity()).start();
        ScriptedConnection connection = engine.broker.accept();
        connection.expectConnect();

        connection.connack(false, 0, MqttProperties.NONE.with(MqttProperty.RETAIN_AVAILABLE, 0));

        assertThat(engine.startFailure())
                .hasMessage("route 'r': retain: the MQTT broker keeps no retained messages; leave it out");
    }
}
