package io.mqttkafka.bridge.tests.source;

import io.mqttkafka.bridge.FromMqtt;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.StartMode;
import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.config.LoopOptions;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.core.DefaultBridge;
import io.mqttkafka.bridge.core.kafka.KafkaClients;
import io.mqttkafka.bridge.core.kafka.StateTopic;
import io.mqttkafka.bridge.core.mqtt.socket.SocketTransport;
import io.mqttkafka.bridge.spi.BridgeConfig;
import io.mqttkafka.bridge.spi.BridgeConfig.Life;
import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka;
import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafkaFinder;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * A bridge with all its defaults in a process of its own, whose Kafka confirms every record and keeps none; or with a real
 * Kafka, exactly once.
 */
final class SmallHeapMain {
    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration A_WHILE = Duration.ofSeconds(10);

    private SmallHeapMain() {}

    /** Runs until its input ends; the arguments are the address of the MQTT broker and, if it is a real one, Kafka's. */
    public static void main(String[] args) throws IOException {
        MqttOptions mqtt =
                MqttOptions.builder().serverUri(args[0]).clientId("small").build();
        boolean real = args.length > 1;
        try (FakeKafka fake = FakeKafka.start()) {
            KafkaOptions kafka = KafkaOptions.builder()
                    .bootstrapServers(real ? args[1] : fake.bootstrapServers())
                    .build();
            FromMqtt<byte[]> hostile = Route.fromMqtt("hostile/{a}/{b}/#").qos(QoS.EXACTLY_ONCE);
            List<Route> routes = List.of(
                    (real ? hostile : hostile.effectivelyOnce())
                            .toKafka("hostile")
                            .onFailure(f -> f.skip())
                            .name("hostile")
                            .build(),
                    Route.fromMqtt("honest")
                            .qos(QoS.AT_LEAST_ONCE)
                            .toKafka("honest")
                            .name("honest")
                            .build());
            DefaultBridge bridge = new DefaultBridge(
                    new BridgeConfig(
                            mqtt,
                            kafka,
                            routes,
                            List.of(),
                            new Life(START_TIMEOUT, StartMode.UNTIL_TIMEOUT, A_WHILE, A_WHILE),
                            LoopOptions.defaults(),
                            null),
                    new SocketTransport(),
                    real ? KafkaClients.REAL : new Forgetful(new FakeKafkaFinder().find(kafka)));
            bridge.start();
            while (System.in.read() >= 0) {
                // Whoever started it is still there.
            }
            System.exit(0);
        }
    }

    private record Forgetful(KafkaClients others) implements KafkaClients {
        @Override
        public Producer<byte[], byte[]> producer(Map<String, Object> properties) {
            return new ForgetfulProducer();
        }

        @Override
        public Consumer<byte[], byte[]> consumer(Map<String, Object> properties) {
            return others.consumer(properties);
        }

        @Override
        public Admin admin(Map<String, Object> properties) {
            return others.admin(properties);
        }

        @Override
        public StateTopic stateTopic(KafkaOptions options, String clientId) {
            return others.stateTopic(options, clientId);
        }
    }

    private static final class ForgetfulProducer extends MockProducer<byte[], byte[]> {
        ForgetfulProducer() {
            super(Cluster.empty(), false, null, new ByteArraySerializer(), new ByteArraySerializer());
        }

        @Override
        public synchronized Future<RecordMetadata> send(ProducerRecord<byte[], byte[]> record, Callback callback) {
            RecordMetadata metadata = new RecordMetadata(new TopicPartition(record.topic(), 0), 0, 0, 0L, 0, 0);
            callback.onCompletion(metadata, null);
            return CompletableFuture.completedFuture(metadata);
        }

        @Override
        public List<PartitionInfo> partitionsFor(String topic) {
            Node node = new Node(1, "kafka", 9092);
            return List.of(new PartitionInfo(topic, 0, node, new Node[] {node}, new Node[] {node}));
        }
    }
}
