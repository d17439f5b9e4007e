package io.mqttkafka.bridge.testkit.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Real clients, written by others, against the scripted broker: what they accept cannot be far from the specification.
 */
class ScriptedMqttBrokerIT {

    private ScriptedMqttBroker broker;
    private ExecutorService background;

    @BeforeEach
    void start() {
        broker = ScriptedMqttBroker.start(Duration.ofSeconds(60));
        background = Executors.newSingleThreadExecutor();
    }

    @AfterEach
    void stop() {
        broker.close();
        background.shutdownNow();
    }

    @Test
    void paho_subscribesAndReceives_acknowledges() throws Exception {
        CompletableFuture<MqttTestClient> connecting = CompletableFuture.supplyAsync(
                () -> MqttTestClient.connect(broker.serverUri(), "paho", false), background);
        ScriptedConnection connection = broker.accept();
        ConnectPacket connect = connection.handshake(true);

        try (MqttTestClient client = connecting.get(60, TimeUnit.SECONDS)) {
            assertThat(connect.clientId()).isEqualTo("paho");
            assertThat(connect.sessionExpiry()).isEqualTo(3_600);
            assertThat(client.sessionPresent()).isTrue();

            CompletableFuture<Void> subscribing =
                    CompletableFuture.runAsync(() -> client.subscribe("a/#", 2), background);
            connection.grant(connection.expectSubscribe());
            subscribing.get(60, TimeUnit.SECONDS);

            connection.publish(
                    PublishPacket.to("a/1")
                            .qos(1)
                            .packetId(1)
                            .payload("one")
                            .userProperty("k", "v")
                            .build(),
                    PublishPacket.to("a/2")
                            .qos(2)
                            .packetId(2)
                            .payload("two")
                            .contentType("x")
                            .build());
            assertThat(client.next()).isEqualTo("a/1 one");
            assertThat(client.next()).isEqualTo("a/2 two");
            List<MqttPacketType> acks = List.of(
                    connection.expectPacket().type(), connection.expectPacket().type());
            assertThat(acks).containsExactlyInAnyOrder(MqttPacketType.PUBACK, MqttPacketType.PUBREC);
            connection.pubrel(2);
            connection.expectPubcomp(2);
        }
    }

    @Test
    void mosquittoPub_qos2_completesAndDisconnects() throws Exception {
        Path log = Files.createTempFile("mosquitto_pub", ".out");
        Process process =
                mosquittoPub(log, "-q", "2", "-t", "t/x", "-m", "hi", "-D", "PUBLISH", "user-property", "k", "v");
        try {
            ScriptedConnection connection = broker.accept();
            connection.handshake(false);
            PublishPacket publish = connection.expectPublish();
            connection.pubrec(publish.packetId());
            connection.expectPubrel(publish.packetId());
            connection.pubcomp(publish.packetId());
            connection.expectDisconnect(0);
            connection.expectClosed();

            assertThat(publish.topic()).isEqualTo("t/x");
            assertThat(publish.payloadText()).isEqualTo("hi");
            assertThat(publish.qos()).isEqualTo(2);
            assertThat(publish.properties().userProperties()).containsExactly(Map.entry("k", "v"));
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isZero();
        } finally {
            process.destroyForcibly();
            Files.delete(log);
        }
    }

    @Test
    void mosquittoPub_refusedMessage_reportsTheReason() throws Exception {
        Path log = Files.createTempFile("mosquitto_pub", ".out");
        Process process = mosquittoPub(log, "-q", "1", "-t", "t/x", "-m", "hi");
        try {
            ScriptedConnection connection = broker.accept();
            connection.handshake(false);
            connection.puback(connection.expectPublish().packetId(), 0x97);

            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(log).content().contains("Quota exceeded");
        } finally {
            process.destroyForcibly();
            Files.delete(log);
        }
    }

    private Process mosquittoPub(Path output, String... arguments) {
        List<String> command = new ArrayList<>(
                List.of("mosquitto_pub", "-V", "5", "-h", broker.host(), "-p", Integer.toString(broker.port())));
        command.addAll(List.of(arguments));
        try {
            return new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
        } catch (IOException e) {
            assumeTrue(false, "mosquitto_pub is not installed");
            throw new AssertionError(e);
        }
    }
}
