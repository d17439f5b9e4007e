package io.mqttkafka.bridge.standalone;

import io.mqttkafka.bridge.testkit.broker.EmbeddedKafka;
import io.mqttkafka.bridge.testkit.broker.EmbeddedMqttBroker;
import io.mqttkafka.bridge.testkit.packet.MqttTestClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Starts brokers, then the unpacked archive with its own {@code conf/bridge.yaml} between them, sends messages both ways, looks at the
 * page and stops it. Ends with 0 if all of that works; with {@code --keep-running} it waits before it stops.
 */
public final class Sample {
    private static final Pattern PORT = Pattern.compile("http://(\\S+)/ shows how it is");
    private static final int MESSAGES = 100;

    private Sample() {}

    /** Runs it; the arguments are the directory of the archive, then the options. */
    public static void main(String[] args) throws Exception {
        try (EmbeddedKafka kafka = EmbeddedKafka.start();
                EmbeddedMqttBroker mqtt = EmbeddedMqttBroker.start()) {
            kafka.createTopic("telemetry", 1);
            kafka.createTopic("telemetry.dead", 1);
            kafka.createTopic("device-commands", 1);
            System.exit(
                    run(Path.of(args[0]), mqtt.serverUri(), kafka, List.of(args).contains("--keep-running")));
        }
    }

    private static int run(Path archive, String mqtt, EmbeddedKafka kafka, boolean keepRunning) throws Exception {
        long start = System.nanoTime();
        ProcessBuilder builder = new ProcessBuilder(
                        archive.resolve("bin/mqtt-kafka-bridge").toString(),
                        "run",
                        archive.resolve("conf/bridge.yaml").toString(),
                        "--log-level",
                        "warn")
                .redirectErrorStream(true);
        builder.environment()
                .putAll(Map.of(
                        "MQTT_SERVER",
                        mqtt,
                        "KAFKA",
                        kafka.bootstrapServers(),
                        "HTTP_PORT",
                        keepRunning ? "8080" : "0",
                        "JAVA_HOME",
                        System.getProperty("java.home")));
        Process bridge = builder.start();
        try (BufferedReader output = bridge.inputReader()) {
            String port = null;
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                System.out.println(line);
                Matcher found = PORT.matcher(line);
                port = found.find() ? found.group(1) : port;
                if (line.contains(" running;")) {
                    System.out.println(
                            "started in " + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start) + " ms");
                    exchange(mqtt, kafka, String.valueOf(port));
                    if (keepRunning) {
                        System.out.println("It goes on: http://" + port + "/. Enter stops it.");
                        System.in.read();
                    }
                    // Not through the process, which would close its output too.
                    bridge.toHandle().destroy();
                }
            }
        } finally {
            bridge.destroy();
        }
        int exit = bridge.waitFor();
        System.out.println("exit code " + exit);
        return exit;
    }

    private static void exchange(String mqtt, EmbeddedKafka kafka, String port) throws Exception {
        try (MqttTestClient device = MqttTestClient.connect(mqtt, "sample-device", true)) {
            device.subscribe("devices/+/cmd", 1);
            for (int i = 0; i < MESSAGES; i++) {
                device.publish("sensors/oslo/" + i % 7 + "/temp", "21." + i, 1);
            }
            kafka.produce("device-commands", "pump", "start");
            System.out.println("command at the device: " + device.next(Duration.ofSeconds(30)));
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            int records = kafka.readAll("telemetry").size();
            while (records < MESSAGES && System.nanoTime() < deadline) {
                records = kafka.readAll("telemetry").size();
            }
            System.out.println(records + " of " + MESSAGES + " messages in Kafka");
            System.out.println("ready: " + get(port, "/health/ready").strip());
            if (records != MESSAGES) {
                throw new IllegalStateException("messages are missing");
            }
        }
    }

    private static String get(String port, String path) throws IOException, InterruptedException {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://" + port + path))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }
}
