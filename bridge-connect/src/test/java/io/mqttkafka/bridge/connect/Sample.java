package io.mqttkafka.bridge.connect;

import io.mqttkafka.bridge.testkit.broker.EmbeddedConnect;
import io.mqttkafka.bridge.testkit.broker.EmbeddedKafka;
import io.mqttkafka.bridge.testkit.broker.EmbeddedMqttBroker;
import io.mqttkafka.bridge.testkit.broker.MqttBroker;
import io.mqttkafka.bridge.testkit.packet.MqttTestClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Starts Kafka, an MQTT broker and a distributed worker with the plugin from its archive, registers by REST the connectors that
 * the archive brings along, sends messages both ways, and compares the counts. Ends with 0 only if they agree.
 */
public final class Sample {
    private static final int MESSAGES = 500;
    private static final int COMMANDS = 100;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String READY = "ready";
    private static final String COMMAND_TOPIC = "device-commands";

    private Sample() {}

    /** Runs it; the argument is the folder of the unpacked archive. */
    public static void main(String[] args) throws Exception {
        System.out.println("Starting Kafka, an MQTT broker and a distributed worker in this process ...");
        boolean agreed;
        try (EmbeddedKafka kafka = EmbeddedKafka.builder()
                        .property("broker.session.timeout.ms", "18000")
                        .start();
                EmbeddedMqttBroker mqtt =
                        EmbeddedMqttBroker.builder().receiveMaximum(100).start()) {
            agreed = run(Path.of(args[0]), kafka, mqtt);
        }
        System.exit(agreed ? 0 : 1);
    }

    /**
     * Runs it between two brokers.
     *
     * @param archive the folder of the unpacked archive
     * @return whether all counts agree
     */
    static boolean run(Path archive, EmbeddedKafka kafka, MqttBroker mqtt) throws IOException {
        kafka.createTopic(COMMAND_TOPIC, 1);
        try (EmbeddedConnect connect =
                EmbeddedConnect.builder(kafka).plugin(archive).exactlyOnce().start()) {
            System.out.println("  worker " + connect.worker(0).url());
            register(connect, archive, "mqtt-source", mqtt);
            register(connect, archive, "mqtt-source-exactly-once", mqtt);
            register(connect, archive, "mqtt-sink", mqtt);
            return exchange(kafka, mqtt);
        }
    }

    /** Registers a configuration of the archive as it is, but for the address of the broker. */
    private static void register(EmbeddedConnect connect, Path archive, String name, MqttBroker mqtt)
            throws IOException {
        Path file;
        try (Stream<Path> all = Files.walk(archive)) {
            file = all.filter(one -> one.endsWith(Path.of("etc", name + ".json")))
                    .findFirst()
                    .orElseThrow();
        }
        connect.register(Files.readString(file).replace("tcp://localhost:1883", mqtt.serverUri()));
        connect.awaitRunning(name, 1);
        System.out.println("  " + name + " is running");
    }

    private static boolean exchange(EmbeddedKafka kafka, MqttBroker mqtt) {
        try (MqttTestClient device = MqttTestClient.connect(mqtt.serverUri(), "sample-device", true)) {
            device.subscribe("devices/+/commands", 1);
            awaitSubscribed(device, kafka, "sensors/ready", "telemetry");
            awaitSubscribed(device, kafka, "orders/ready", "orders");
            System.out.println("Sending ...");
            send(kafka);
            IntStream.range(0, MESSAGES).forEach(i -> device.publish("sensors/" + i % 7, Integer.toString(i), 1));
            IntStream.range(0, MESSAGES).forEach(i -> device.publish("orders/oslo", Integer.toString(i), 2));

            List<String> commands = new ArrayList<>();
            while (commands.size() < COMMANDS) {
                commands.add(new String(device.nextPacket(PATIENCE).payload(), StandardCharsets.UTF_8));
            }
            boolean agreed = compare("sensors/# to telemetry, QoS 1", MESSAGES, read(kafka, "telemetry"));
            agreed &= compare("orders/# to orders, QoS 2 exactly once", MESSAGES, read(kafka, "orders"));
            agreed &= compare("device-commands to devices/{key}/commands, QoS 1", COMMANDS, commands);
            System.out.println(agreed ? "Every count agrees." : "These counts differ.");
            return agreed;
        }
    }

    /** A connector is running before it has subscribed, and what is published before that nobody keeps. */
    private static void awaitSubscribed(MqttTestClient device, EmbeddedKafka kafka, String mqttTopic, String topic) {
        long until = System.nanoTime() + PATIENCE.toNanos();
        while (kafka.readAll(topic).isEmpty() && System.nanoTime() < until) {
            device.publish(mqttTopic, READY, 1);
        }
    }

    private static void send(EmbeddedKafka kafka) {
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", kafka.bootstrapServers()),
                new StringSerializer(),
                new StringSerializer())) {
            IntStream.range(0, COMMANDS)
                    .forEach(i -> producer.send(new ProducerRecord<>(COMMAND_TOPIC, "pump", Integer.toString(i))));
        }
    }

    /** Reads a topic until all is there, or time is over. */
    private static List<String> read(EmbeddedKafka kafka, String topic) {
        long until = System.nanoTime() + PATIENCE.toNanos();
        List<String> values;
        do {
            values = kafka.readAll(topic).stream()
                    .map(record -> new String(record.value(), StandardCharsets.UTF_8))
                    .filter(value -> !value.equals(READY))
                    .toList();
        } while (values.size() < MESSAGES && System.nanoTime() < until);
        return values;
    }

    private static boolean compare(String way, int sent, List<String> arrived) {
        long distinct = arrived.stream().distinct().count();
        boolean inOrder = arrived.equals(
                IntStream.range(0, sent).mapToObj(Integer::toString).toList());
        System.out.printf(
                "  %-50s %5d sent %5d arrived %5d different, %s%n",
                way, sent, arrived.size(), distinct, inOrder ? "in order" : "NOT as sent");
        return inOrder;
    }
}
