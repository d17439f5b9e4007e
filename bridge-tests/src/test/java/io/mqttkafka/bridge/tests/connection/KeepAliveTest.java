package io.mqttkafka.bridge.tests.connection;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import io.mqttkafka.bridge.testkit.packet.ScriptedConnection;
import io.mqttkafka.bridge.tests.engine.Engine;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** When a connection counts as dead. */
class KeepAliveTest {

    private static final Duration KEEP_ALIVE = Duration.ofSeconds(3);

    private final Engine engine =
            new Engine().route("a/#", QoS.AT_MOST_ONCE, "t").mqtt(options -> options.keepAlive(KEEP_ALIVE));

    @AfterEach
    void close() {
        engine.close();
    }

    /** mosquitto queues PINGRESP behind the whole backlog; to give up there loses what it has sent of QoS 0. */
    @Test
    void pingresp_behindABacklogThatTakesLonger_isWaitedFor() {
        ScriptedConnection connection = engine.connected();
        connection.answerPings(false);

        long end = System.nanoTime() + KEEP_ALIVE.toNanos() * 5 / 2;
        while (end - System.nanoTime() > 0) {
            connection.publish(PublishPacket.to("a/b").payload("queued").build());
            engine.kafka.next("queued").confirm();
        }

        assertThat(engine.bridge().health().connections().get(0).connected()).isTrue();
        assertThat(engine.bridge().health().connections().get(0).connects()).isOne();
    }

    @Test
    void pingresp_missingOnASilentConnection_endsIt() {
        ScriptedConnection connection = engine.connected();
        connection.answerPings(false);

        connection.expectPingreq();
        connection.expectClosed();

        engine.established(true);
    }
}
