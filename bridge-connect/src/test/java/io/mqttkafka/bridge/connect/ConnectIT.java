package io.mqttkafka.bridge.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.testkit.broker.ConnectStatus;
import io.mqttkafka.bridge.testkit.broker.ConnectWorker;
import io.mqttkafka.bridge.testkit.broker.EmbeddedConnect;
import io.mqttkafka.bridge.testkit.broker.EmbeddedKafka;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import io.mqttkafka.bridge.testkit.packet.MqttTestClient;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The connectors from their archive, in distributed workers, with a real Kafka. */
class ConnectIT {
    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final String SOURCE = MqttKafkaSourceConnector.class.getName();
    private static final String SINK = MqttKafkaSinkConnector.class.getName();
    private static final int BURST = 200;

    /** Each of the two workers dies in its turn. */
    private static final int KILLS = Integer.getInteger("bridge.kills", 2);

    private static final int ALL = KILLS * BURST;

    private static EmbeddedKafka kafka;
    private static FakeMqttBroker mqtt;
    private static EmbeddedConnect connect;

    @BeforeAll
    static void start() {
        // Workers are many processes: a broker that is late for a second must not count as gone.
        kafka = EmbeddedKafka.builder()
                .property("broker.session.timeout.ms", "18000")
                .start();
        mqtt = FakeMqttBroker.start();
        connect = EmbeddedConnect.builder(kafka)
                .plugin(PluginArchive.zip())
                .exactlyOnce()
                .inProcesses()
                .workers(2)
                .property("consumer.session.timeout.ms", "6000")
                .property("consumer.heartbeat.interval.ms", "1000")
                .start();
    }

    @AfterAll
    static void close() {
        connect.close();
        mqtt.close();
        kafka.close();
    }

    private static Map<String, String> config(String connectorClass, String... more) {
        Map<String, String> all =
                new HashMap<>(Map.of("connector.class", connectorClass, "mqtt.server.uri", mqtt.serverUri()));
        for (int i = 0; i < more.length; i += 2) {
            all.put(more[i], more[i + 1]);
        }
        return all;
    }

    private static List<String> values(String topic) {
        return kafka.readAll(topic).stream()
                .map(record -> new String(record.value(), StandardCharsets.UTF_8))
                .toList();
    }

    private static void publish(String topic, int from, int to, int qos) {
        IntStream.range(from, to).forEach(i -> mqtt.publish(topic, Integer.toString(i), qos));
    }

    private static List<String> numbers(int to) {
        return IntStream.range(0, to).mapToObj(Integer::toString).toList();
    }

    @Test
    void archive_hasWhatAWorkerHasNot_andNothingElse() throws IOException {
        List<String> files = PluginArchive.files();

        assertThat(files).contains("manifest.json", "etc/mqtt-source.json", "etc/mqtt-sink.json", "doc/LICENSE");
        assertThat(files)
                .anyMatch(file -> file.startsWith("lib/bridge-connect-"))
                .anyMatch(file -> file.startsWith("lib/bridge-core-"))
                .noneMatch(file -> file.contains("kafka-clients"))
                .noneMatch(file -> file.contains("connect-api"))
                .noneMatch(file -> file.contains("slf4j"));
    }

    /** The configuration of the seed, with another class and the address of the broker of this test. */
    @Test
    void seedsConfiguration_runsWithItsClassExchanged() throws IOException {
        String seed;
        try (InputStream file = Objects.requireNonNull(getClass().getResourceAsStream("/seed-connect.json"))) {
            seed = new String(file.readAllBytes(), StandardCharsets.UTF_8);
        }
        String own = seed.replace("io.confluent.connect.mqtt.MqttSourceConnector", SOURCE)
                .replace("tcp://mqtt-broker:1883", mqtt.serverUri());
        assertThat(own).isNotEqualTo(seed);

        assertThat(connect.request("POST", "/connectors", own).status()).isEqualTo(201);
        mqtt.awaitSubscribed("mqtt-source-connector-0", "sensor-data");
        mqtt.publish("sensor-data", "21.5", 1);

        until(() -> values("iot-sensor-data").equals(List.of("21.5")));
        ConsumerRecord<byte[], byte[]> record = kafka.readAll("iot-sensor-data").get(0);
        assertThat(new String(record.key(), StandardCharsets.UTF_8)).isEqualTo("sensor-data");
        assertThat(new String(record.headers().lastHeader("mqtt.qos").value(), StandardCharsets.UTF_8))
                .isEqualTo("1");
        mqtt.awaitAllAcknowledged("mqtt-source-connector-0", PATIENCE);
    }

    /** Each worker dies once, so each connector loses its task at least once. */
    @Test
    void workersAreKilled_qos2IsOnceAndInOrder_qos1LosesNothing_bothWays() {
        kafka.createTopic("commands", 1);
        kafka.createTopic("valves", 1);
        connect.configure(
                "orders",
                config(
                        SOURCE,
                        "mqtt.topics",
                        "orders/#",
                        "kafka.topic",
                        "orders",
                        "mqtt.qos",
                        "2",
                        "exactly.once.support",
                        "required"));
        connect.configure(
                "events", config(SOURCE, "mqtt.topics", "events/#", "kafka.topic", "events", "mqtt.qos", "1"));
        connect.configure(
                "sink",
                config(
                        SINK,
                        "topics",
                        "commands",
                        "mqtt.topic.template",
                        "devices/{key}/commands",
                        "value.converter",
                        "org.apache.kafka.connect.storage.StringConverter"));
        connect.configure(
                "valves",
                config(
                        SINK,
                        "topics",
                        "valves",
                        "mqtt.topic.template",
                        "valves/{key}",
                        "mqtt.qos",
                        "2",
                        "kafka.bootstrap.servers",
                        kafka.bootstrapServers()));
        for (String connector : List.of("orders", "events", "sink", "valves")) {
            connect.awaitRunning(connector, 1);
        }
        until(() -> !mqtt.subscriptions("orders-0").isEmpty()
                && !mqtt.subscriptions("events-0").isEmpty());
        try (MqttTestClient device = MqttTestClient.connect(mqtt.serverUri(), "device", true);
                MqttTestClient valve = MqttTestClient.connect(mqtt.serverUri(), "valve", true)) {
            device.subscribe("devices/#", 1);
            valve.subscribe("valves/#", 2);
            List<String> heard = new ArrayList<>();
            List<String> turned = new ArrayList<>();
            for (int i = 0; i < KILLS; i++) {
                ConnectWorker worker = connect.worker(i % 2);
                traffic(i * BURST, i * BURST + BURST / 2);
                heard.add(payload(device));
                turned.add(payload(valve));
                worker.kill();
                traffic(i * BURST + BURST / 2, (i + 1) * BURST);
                worker.restart();
            }
            while (!heard.contains(Integer.toString(ALL - 1))) {
                heard.add(payload(device));
            }
            while (turned.size() < ALL) {
                turned.add(payload(valve));
            }
            assertThat(firstCopies(heard)).isEqualTo(numbers(ALL));
            assertThat(turned).isEqualTo(numbers(ALL));
            until(() -> connect.request("GET", "/connectors/valves/offsets", null)
                    .body()
                    .contains("\"kafka_offset\":" + ALL));
            assertThat(valve.hasNothing()).isTrue();
        }

        until(() -> {
            restartIfRefused("orders");
            return new HashSet<>(values("orders")).size() == ALL;
        });
        until(() -> {
            restartIfRefused("events");
            return new HashSet<>(values("events")).size() == ALL;
        });
        mqtt.awaitAllAcknowledged("orders-0", PATIENCE);
        mqtt.awaitAllAcknowledged("events-0", PATIENCE);
        assertThat(values("orders")).isEqualTo(numbers(ALL));
        assertThat(firstCopies(values("events"))).isEqualTo(numbers(ALL));
        assertThat(mqtt.violations()).isEmpty();
    }

    /**
     * Where workers support exactly once, each source task asks their leader to shut out its predecessor, and Kafka Connect fails the
     * task when the leader has just died.
     */
    private static void restartIfRefused(String connector) {
        ConnectStatus status = connect.status(connector);
        if (status != null
                && status.tasks().stream().anyMatch(task -> task.trace().contains("forward REST request"))) {
            connect.request("POST", "/connectors/" + connector + "/restart?includeTasks=true&onlyFailed=true", null);
        }
    }

    private static void traffic(int from, int to) {
        publish("orders/1", from, to, 2);
        publish("events/1", from, to, 1);
        produce("commands", from, to);
        produce("valves", from, to);
    }

    /** Not too often: to look is work for Kafka. */
    private static void until(Callable<Boolean> condition) {
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(500)).until(condition);
    }

    private static List<String> firstCopies(List<String> values) {
        return new ArrayList<>(new LinkedHashSet<>(values));
    }

    private static String payload(MqttTestClient device) {
        return new String(device.nextPacket(PATIENCE).payload(), StandardCharsets.UTF_8);
    }

    private static void produce(String topic, int from, int to) {
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", kafka.bootstrapServers()),
                new StringSerializer(),
                new StringSerializer())) {
            IntStream.range(from, to)
                    .forEach(i -> producer.send(new ProducerRecord<>(topic, "d1", Integer.toString(i))));
        }
    }

    @Test
    void exactlyOnceRequired_whereItDoesNotHold_isRefusedUpFront() {
        assertThatThrownBy(() -> connect.configure(
                        "no", config(SOURCE, "mqtt.topics", "x", "mqtt.qos", "1", "exactly.once.support", "required")))
                .hasMessageContaining("exactly-once");
    }

    @Test
    void configuration_allThatIsWrong_isAnsweredAtOnce_withoutSecrets() {
        String answer = connect.request(
                        "PUT",
                        "/connector-plugins/MqttKafkaSourceConnector/config/validate",
                        "{\"connector.class\":\"" + SOURCE
                                + "\",\"name\":\"v\",\"mqtt.qos\":\"7\",\"mqtt.password\":\"s3cret-word\"}")
                .body();

        assertThat(answer).contains("\"error_count\":3").doesNotContain("s3cret-word");
    }

    @Test
    void pauseStopResume_andOffsetsForgotten() {
        connect.configure(
                "paused",
                config(
                        SOURCE,
                        "mqtt.topics",
                        "paused",
                        "kafka.topic",
                        "paused",
                        "mqtt.qos",
                        "2",
                        "exactly.once.support",
                        "required"));
        connect.awaitRunning("paused", 1);
        until(() -> !mqtt.subscriptions("paused-0").isEmpty());
        mqtt.publish("paused", "0", 2);
        until(() -> values("paused").equals(numbers(1)));

        connect.request("PUT", "/connectors/paused/stop", "");
        until(() -> !mqtt.connectedClients().contains("paused-0"));
        mqtt.publish("paused", "1", 2);
        assertThat(connect.request("GET", "/connectors/paused/offsets", null).body())
                .contains("\"client\":\"paused-0\"");
        until(() ->
                connect.request("DELETE", "/connectors/paused/offsets", null).status() == 200);
        connect.request("PUT", "/connectors/paused/resume", "");

        until(() -> values("paused").equals(numbers(2)));
        mqtt.awaitAllAcknowledged("paused-0", PATIENCE);
    }
}
