package io.mqttkafka.bridge.tests.connection;

import static io.mqttkafka.bridge.tests.engine.Engine.QUIET;
import static io.mqttkafka.bridge.tests.engine.Engine.qos1;

import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.testkit.packet.ScriptedConnection;
import io.mqttkafka.bridge.testkit.packet.ScriptedMqttBroker;
import io.mqttkafka.bridge.tests.engine.Engine;
import io.mqttkafka.bridge.tests.engine.SourceLog;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Several server URIs, of which the first leads to a broker that is of no use. */
class TwoServersTest {
    /** Accepts with a property twice. */
    private static final String TWICE = "20 09 00 00 06 21 00 0A 21 00 0A";

    /** Accepts with a property that only PUBLISH may have. */
    private static final String OUT_OF_PLACE = "20 05 00 00 02 01 01";

    private final ScriptedMqttBroker second = ScriptedMqttBroker.start(Engine.PATIENCE);
    private final Engine engine = new Engine().mqtt(options -> options.serverUri(second.serverUri()));

    @AfterEach
    void close() {
        engine.close();
        second.close();
    }

    private static byte[] bytes(String hex) {
        String[] parts = hex.split(" ");
        byte[] bytes = new byte[parts.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) Integer.parseInt(parts[i], 16);
        }
        return bytes;
    }

    private ScriptedConnection secondAfter(String connack) {
        engine.start();
        ScriptedConnection first = engine.broker.accept();
        first.expectConnect();
        first.sendRaw(bytes(connack));
        ScriptedConnection connection = second.accept();
        connection.handshake(false);
        return connection;
    }

    @ParameterizedTest
    @ValueSource(strings = {TWICE, OUT_OF_PLACE})
    void fromMqtt_firstAcceptsInVain_secondServes(String connack) {
        engine.route("a/#", QoS.AT_LEAST_ONCE, "t");
        ScriptedConnection connection = secondAfter(connack);
        connection.grant(connection.expectSubscribe());
        engine.awaitStarted();

        connection.expectNothing(QUIET);
        connection.publish(qos1(1, "a/b", "x"));
        engine.kafka.next("x").confirm();
        connection.expectPuback(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {TWICE, OUT_OF_PLACE})
    void fromKafka_firstAcceptsInVain_secondServes(String connack) {
        engine.route(Route.fromKafka("commands")
                .group(SourceLog.GROUP)
                .toMqtt("devices/{key}")
                .qos(QoS.AT_LEAST_ONCE)
                .build());
        ScriptedConnection connection = secondAfter(connack);
        engine.awaitStarted();

        engine.kafka.log.append("commands", "7", "x");
        connection.puback(connection.expectPublish().packetId());
    }
}
