package io.mqttkafka.bridge.tests.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.config.TransactionOptions;
import io.mqttkafka.bridge.testkit.broker.EmbeddedKafka;
import io.mqttkafka.bridge.testkit.net.FaultProxy;
import io.mqttkafka.bridge.testkit.net.FaultProxy.Direction;
import io.mqttkafka.bridge.testkit.packet.MqttPacket;
import io.mqttkafka.bridge.testkit.packet.MqttPacketTap;
import io.mqttkafka.bridge.testkit.packet.MqttPacketType;
import io.mqttkafka.bridge.tests.faults.Ledger.Message;
import io.mqttkafka.bridge.tests.faults.Tally.Verdict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TransactionalIdNotFoundException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No PUBACK or PUBREC leaves the bridge before a consumer can read the record: seen by a proxy, without any crash. */
class EarlyAckIT {

    private static final int MESSAGES = 4_000;
    private static final int TOPICS = 2;
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    @RegisterExtension
    static final Brokers<EmbeddedKafka> BROKERS = new Brokers<>(EmbeddedKafka::start);

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void acknowledgement_leavesTheBridge_afterItsRecordIsReadable(int qos) {
        Ledger ledger = new Ledger("early-qos" + qos, TOPICS);
        try (Tally tally = Tally.start(BROKERS.kafka(), ledger);
                Detector detector = new Detector(ledger);
                FaultProxy proxy = FaultProxy.to(BROKERS.mqtt()).tap(new MqttPacketTap(detector::see));
                Bridge bridge = Setup.of(proxy.serverUri(), BROKERS.kafka().bootstrapServers(), ledger.run(), qos)
                        .build()
                        .start();
                Publisher publisher = Publisher.start(BROKERS.mqtt(), ledger, qos, 100, 2_000, MESSAGES)) {
            publisher.finish();
            Verdict verdict = tally.settle(PATIENCE);
            await().atMost(PATIENCE).until(() -> detector.acknowledgements.get() >= MESSAGES);

            System.out.printf(
                    "EarlyAckIT qos %d: acknowledgements %d, early %d, %s%n",
                    qos, detector.acknowledgements.get(), detector.early.get(), verdict);
            Totals.addAcknowledgements(qos, detector.acknowledgements.get(), detector.early.get());
            Totals.add(qos, 0, 0, verdict, List.of());
            assertThat(detector.early.get()).isZero();
            assertThat(verdict).isEqualTo(new Verdict(MESSAGES, MESSAGES, 0, 0, 0, 0, 0));
        }
    }

    @Test
    void acknowledgement_ofClientThatWritesNothing_isFound() throws Exception {
        Ledger ledger = new Ledger("early-mutant", TOPICS);
        MqttAsyncClient client;
        try (Tally tally = Tally.start(BROKERS.kafka(), ledger);
                Detector detector = new Detector(ledger);
                FaultProxy proxy = FaultProxy.to(BROKERS.mqtt()).tap(new MqttPacketTap(detector::see))) {
            client = new MqttAsyncClient(proxy.serverUri(), "early-mutant", new MemoryPersistence());
            try {
                client.connect().waitForCompletion(PATIENCE.toMillis());
                client.subscribe(ledger.mqttTopic(0), 2).waitForCompletion(PATIENCE.toMillis());
                client.subscribe(ledger.mqttTopic(1), 2).waitForCompletion(PATIENCE.toMillis());
                try (Publisher publisher = Publisher.start(BROKERS.mqtt(), ledger, 2, 100, 1_000, 20)) {
                    publisher.finish();
                    await().atMost(PATIENCE).untilAsserted(() -> assertThat(detector.early.get())
                            .isEqualTo(20));
                }
            } finally {
                client.disconnectForcibly(0, 1_000, true);
                client.close();
            }
            assertThat(tally.isComplete()).isFalse();
        }
    }

    /** What consumers with isolation.level=read_committed cannot read counts as not written. */
    @Test
    void detector_ofRecordInOpenTransaction_findsItUnreadable() throws Exception {
        Ledger ledger = new Ledger("early-open", TOPICS);
        Message message = ledger.next(0);
        try (Tally tally = Tally.start(BROKERS.kafka(), ledger);
                Detector detector = new Detector(ledger);
                Producer<byte[], byte[]> producer = transactionalProducer()) {
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>(ledger.kafkaTopic(0), ledger.payload(message, 100)))
                    .get();

            assertThat(detector.isReadable(message)).isFalse();

            producer.commitTransaction();
            await().atMost(PATIENCE).until(() -> detector.isReadable(message));
        }
    }

    private static Producer<byte[], byte[]> transactionalProducer() {
        return new KafkaProducer<>(
                Map.of("bootstrap.servers", BROKERS.kafka().bootstrapServers(), "transactional.id", "early-open"),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    private static final class Detector implements AutoCloseable {

        private record Received(int connection, int packetId) {}

        final AtomicInteger acknowledgements = new AtomicInteger();
        final AtomicInteger early = new AtomicInteger();
        private final Ledger ledger;
        private final Map<Received, Message> received = new ConcurrentHashMap<>();
        private final Set<Message> readable = new HashSet<>();
        private final KafkaConsumer<byte[], byte[]> consumer =
                Tally.consumer(BROKERS.kafka().bootstrapServers());
        private final Admin admin =
                Admin.create(Map.of("bootstrap.servers", BROKERS.kafka().bootstrapServers()));
        private final List<TopicPartition> partitions = new ArrayList<>();

        Detector(Ledger ledger) {
            this.ledger = ledger;
            for (int topic = 0; topic < ledger.topics(); topic++) {
                partitions.add(new TopicPartition(ledger.kafkaTopic(topic), 0));
                partitions.add(new TopicPartition(ledger.kafkaTopic(topic), 1));
            }
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
        }

        void see(int connection, Direction direction, MqttPacket packet) {
            if (direction == Direction.SERVER_TO_CLIENT && packet.type() == MqttPacketType.PUBLISH) {
                received.put(
                        new Received(connection, packet.packetId()),
                        ledger.read(packet.publish().payload()).orElseThrow());
            } else if (direction == Direction.CLIENT_TO_SERVER
                    && (packet.type() == MqttPacketType.PUBACK || packet.type() == MqttPacketType.PUBREC)) {
                Message message = received.get(new Received(connection, packet.packetId()));
                acknowledgements.incrementAndGet();
                // Kafka answers a commit when that is decided; what makes the records readable follows a moment later.
                // The
                // next transaction begins after that, so that one look more tells.
                if (!isReadable(message) && !isCommitDecided() && !isReadable(message)) {
                    early.incrementAndGet();
                }
            }
        }

        /** Looks while the acknowledgement is held back, and no further than where the topics ended when it came. */
        private synchronized boolean isReadable(Message message) {
            if (!readable.contains(message)) {
                Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
                while (partitions.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
                    consumer.poll(Duration.ofMillis(100))
                            .forEach(record -> ledger.read(record.value()).ifPresent(readable::add));
                }
            }
            return readable.contains(message);
        }

        /** Says whether Kafka has decided to commit the bridge's newest transaction, and is writing so everywhere. */
        private boolean isCommitDecided() {
            String id = TransactionOptions.defaults().idPrefix() + "bridge-of-" + ledger.run();
            try {
                return admin.describeTransactions(List.of(id))
                                .description(id)
                                .get()
                                .state()
                        == TransactionState.PREPARE_COMMIT;
            } catch (ExecutionException e) {
                if (e.getCause() instanceof TransactionalIdNotFoundException) {
                    return false;
                }
                throw new IllegalStateException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }

        @Override
        public synchronized void close() {
            admin.close();
            consumer.close();
        }
    }
}
