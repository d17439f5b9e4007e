package io.mqttkafka.bridge.tests.source;

import static io.mqttkafka.bridge.tests.engine.Engine.qos1;
import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.testkit.packet.ScriptedConnection;
import io.mqttkafka.bridge.testkit.packet.ScriptedMqttBroker;
import io.mqttkafka.bridge.tests.engine.Engine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A bridge with 64 MB of heap: what some messages make live leaves room for the others. */
class SmallHeapTest {
    private static final int MESSAGES = 1_500;
    private static final int TOPIC_BYTES = 60_000;
    private static final int MEGABYTE = 1_000_000;

    private final ScriptedMqttBroker broker = ScriptedMqttBroker.start(Engine.PATIENCE);
    private final Path log = Path.of("target", "small-heap.log").toAbsolutePath();
    private Process process;
    private ScriptedConnection connection;

    @BeforeEach
    void start() throws IOException {
        process = bridge(log, broker.serverUri());
        connection = broker.accept();
        connection.handshake(false);
        connection.grant(connection.expectSubscribe());
    }

    /** Starts a bridge in a process of its own. */
    static Process bridge(Path log, String... args) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                SmallHeapMain.class.getName()));
        command.addAll(List.of(args));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        return builder.start();
    }

    @AfterEach
    void end() {
        process.destroyForcibly();
        broker.close();
    }

    /** The broker never releases one of them: their packet ids have to be remembered, their topics not. */
    @Test
    void largeTopicsUnreleasedAndLargePayloads_leaveRoomForOthers() throws IOException {
        for (int id = 1; id <= MESSAGES; id++) {
            connection.publish(Engine.qos2(id, "hostile/" + id + "/x/" + "t".repeat(TOPIC_BYTES), "x"));
            if (id % 100 == 0) {
                honest(id / 100);
            }
        }
        String payload = "p".repeat(MEGABYTE);
        for (int id = MESSAGES + 1; id <= MESSAGES + 15; id++) {
            connection.publish(Engine.qos2(id, "hostile/a/b", payload));
        }
        honest(100);

        assertThat(Files.readString(log)).doesNotContain("OutOfMemoryError");
        assertThat(process.isAlive()).isTrue();
    }

    /** A few bytes each on the wire, more than a hundred on the heap. */
    @Test
    void messagesOfEmptyUserProperties_costThatMessageOnly() throws IOException {
        byte[] topic = "honest".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        int properties = 1_000_000;
        byte[] packet = new byte[1 + 4 + 2 + topic.length + 4 + properties];
        int length = packet.length - 5;
        packet[0] = 0x30;
        variable(packet, 1, length);
        packet[6] = (byte) topic.length;
        System.arraycopy(topic, 0, packet, 7, topic.length);
        variable(packet, 7 + topic.length, properties);
        for (int at = packet.length - properties; at < packet.length; at += 5) {
            packet[at] = 0x26;
        }
        for (int i = 1; i <= 8; i++) {
            connection.sendRaw(packet);
            honest(i);
        }

        assertThat(Files.readString(log)).doesNotContain("OutOfMemoryError");
    }

    /** Is acknowledged, behind whatever the bridge still says of the others. */
    private void honest(int id) {
        int packetId = 60_000 + id;
        connection.publish(qos1(packetId, "honest", "x"));
        while (true) {
            var packet = connection.expectPacket();
            if (packet.packetId() == packetId) {
                return;
            }
            assertThat(packet.type().name()).isEqualTo("PUBREC");
        }
    }

    /** In four bytes, which is legal for numbers beyond 2,097,151 only; so the caller has such a one or nobody minds. */
    private static void variable(byte[] target, int at, int number) {
        int left = number;
        for (int i = 0; i < 4; i++) {
            target[at + i] = (byte) (left & 127 | (i < 3 ? 128 : 0));
            left >>= 7;
        }
    }
}
