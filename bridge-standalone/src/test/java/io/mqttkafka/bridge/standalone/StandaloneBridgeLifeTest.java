package io.mqttkafka.bridge.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka;
import io.mqttkafka.bridge.testkit.fake.kafka.KafkaOperation;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** What the command says while it runs, and of what ends it, between brokers within this JVM. */
class StandaloneBridgeLifeTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String RUNNING = "running; SIGTERM";

    private final FakeMqttBroker mqtt = FakeMqttBroker.start();
    private final FakeKafka kafka = FakeKafka.start();

    @AfterEach
    void close() {
        mqtt.close();
        kafka.close();
    }

    /** A command that runs on a thread of its own. */
    private final class Program {
        private final StringWriter out = new StringWriter();
        private final StringWriter err = new StringWriter();
        private final StandaloneBridge command = new StandaloneBridge(name -> null);
        private final CompletableFuture<Integer> exit;

        Program(String filter, String... added) {
            List<String> args = new ArrayList<>(List.of("--mqtt", mqtt.serverUri(), "--client-id", "edge-1"));
            args.addAll(List.of("--kafka", kafka.bootstrapServers(), "--from-mqtt", filter, "--to-kafka", "t"));
            args.addAll(List.of(added));
            CommandLine line =
                    command.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
            exit = CompletableFuture.supplyAsync(() -> line.execute(args.toArray(String[]::new)));
        }

        Program says(String text) {
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(out.toString()).contains(text));
            return this;
        }

        int exitCode() throws Exception {
            return exit.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        }

        void stop() throws Exception {
            command.requestStop();
            assertThat(exitCode()).as(err.toString()).isZero();
        }
    }

    /** It named options that the command does not have, and blamed the new route. */
    @Test
    void filterChanged_namesTheOptionsOfTheCommandAndBlamesNoRoute() throws Exception {
        new Program("old/#").says(RUNNING).stop();
        mqtt.publish("old/1", "x", 1);

        Program changed = new Program("new/#");

        assertThat(changed.exitCode()).isEqualTo(4);
        assertThat(changed.err.toString())
                .startsWith("mqtt-kafka-bridge: stopped: --unrouted: a message on 'old/1' matches no route")
                .contains("name its filter in --unsubscribe, or set --unrouted acknowledge")
                .doesNotContain("new/#", "mqtt.");
        new Program("new/#", "--unsubscribe", "old/#").says(RUNNING).stop();
        new Program("new/#").says(RUNNING).stop();
    }

    @Test
    void unroutedAcknowledged_goesOn() throws Exception {
        new Program("old/#").says(RUNNING).stop();
        var publication = mqtt.publish("old/1", "x", 1);

        Program changed = new Program("new/#", "--unrouted", "acknowledge").says(RUNNING);

        mqtt.awaitAcknowledged(publication);
        changed.stop();
    }

    @Test
    void routeStopsAtAMessage_namesTheDeadLetterOption() throws Exception {
        kafka.faults().on(KafkaOperation.SEND).topic("t").tooLarge();
        Program program = new Program("a/#").says(RUNNING);

        mqtt.publish("a/1", "x", 1);

        assertThat(program.exitCode()).isEqualTo(4);
        assertThat(program.err.toString())
                .startsWith("mqtt-kafka-bridge: route 'a/# -> t' has stopped: ")
                .contains("--dead-letter puts such a message aside");
    }

    @Test
    void brokerAwayAtStart_inBackground_saysWhatItWaitsForAndGoesOn() throws Exception {
        mqtt.stop();
        Program program = new Program("a/#", "--start-in-background", "--start-timeout", "1s")
                .says("goes on starting in the background")
                .says("waits for MQTT edge-1: --mqtt: no connection to the MQTT broker");
        mqtt.restart();

        program.says(" running");
        mqtt.awaitAcknowledged(mqtt.publish("a/1", "x", 1));
        program.stop();
    }

    @Test
    void stoppedWhileItStartsInTheBackground_ends() throws Exception {
        kafka.stop();
        Program program = new Program("a/#", "--start-in-background", "--start-timeout", "0.1s")
                .says("goes on starting in the background");

        program.stop();

        assertThat(kafka.clients()).isZero();
    }

    @Test
    void brokerGoesAndComes_isSaid() throws Exception {
        Program program = new Program("a/#").says(RUNNING);
        mqtt.stop();
        program.says("degraded: MQTT edge-1: ");
        mqtt.restart();

        program.says("recovered after ").says(" running");
        program.stop();
    }
}
