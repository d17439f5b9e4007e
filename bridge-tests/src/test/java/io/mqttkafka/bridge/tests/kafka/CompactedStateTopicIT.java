package io.mqttkafka.bridge.tests.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.core.kafka.KafkaClients;
import io.mqttkafka.bridge.core.kafka.StateTopic;
import io.mqttkafka.bridge.error.BridgeStartException;
import io.mqttkafka.bridge.testkit.broker.EmbeddedKafka;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The topic that holds packet ids, in a real Kafka. */
class CompactedStateTopicIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration SHORT = Duration.ofSeconds(2);

    private static EmbeddedKafka kafka;

    @BeforeAll
    static void startKafka() {
        kafka = EmbeddedKafka.start();
    }

    @AfterAll
    static void stopKafka() {
        kafka.close();
    }

    @Test
    void prepare_missingTopic_isCreatedCompactedWithOnePartition() throws Exception {
        topic("created", "a").prepare(PATIENCE);

        try (Admin admin = admin()) {
            ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, "created");
            Config config = admin.describeConfigs(List.of(resource)).all().get().get(resource);
            assertThat(config.get("cleanup.policy").value()).isEqualTo("compact");
            assertThat(admin.describeTopics(List.of("created"))
                            .allTopicNames()
                            .get()
                            .get("created")
                            .partitions())
                    .hasSize(1);
        }
        topic("created", "b").prepare(PATIENCE);
    }

    @Test
    void prepare_topicThatForgets_isRefusedNamingOptionAndMend() throws Exception {
        try (Admin admin = admin()) {
            admin.createTopics(List.of(new NewTopic("forgets", Optional.of(1), Optional.of((short) 1))
                            .configs(Map.of("cleanup.policy", "delete"))))
                    .all()
                    .get();
        }

        assertThatThrownBy(() -> topic("forgets", "a").prepare(PATIENCE))
                .isInstanceOf(BridgeStartException.class)
                .hasMessageStartingWith("kafka.transactions.stateTopic: 'forgets'")
                .hasMessageContaining("cleanup.policy=delete")
                .hasMessageContaining("set it to 'compact'");
    }

    @Test
    void read_entriesOfSeveralClients_givesTheNewestOfEachSlotOfOne() throws Exception {
        topic("several", "a").prepare(PATIENCE);
        try (Producer<String, byte[]> producer = producer("several-tx")) {
            producer.beginTransaction();
            write(producer, "several", "a/1", "old");
            write(producer, "several", "a/1", "new");
            write(producer, "several", "a/2", "other");
            write(producer, "several", "a/b/1", "of another client");
            write(producer, "several", "ab/1", "of a third client");
            producer.commitTransaction();
            producer.beginTransaction();
            write(producer, "several", "a/1", "aborted").get();
            producer.abortTransaction();
        }

        assertThat(read("several", "a", PATIENCE)).containsExactlyInAnyOrder("new", "other");
        assertThat(read("several", "a/b", PATIENCE)).containsExactly("of another client");
        assertThat(read("several", "nobody", PATIENCE)).isEmpty();
    }

    @Test
    void read_openTransactionOfAnotherClient_holdsUpOnlyWhoHasEntriesBehindIt() throws Exception {
        topic("open", "a").prepare(PATIENCE);
        try (Producer<String, byte[]> mine = producer("open-a");
                Producer<String, byte[]> killed = producer("open-b")) {
            mine.beginTransaction();
            write(mine, "open", "a/1", "before");
            mine.commitTransaction();
            killed.beginTransaction();
            write(killed, "open", "b/1", "never committed").get();

            assertThat(read("open", "a", PATIENCE)).containsExactly("before");

            mine.beginTransaction();
            write(mine, "open", "a/2", "behind");
            mine.commitTransaction();

            assertThatThrownBy(() -> read("open", "a", SHORT))
                    .isInstanceOf(BridgeStartException.class)
                    .hasMessageStartingWith("kafka.transactions.stateTopic: 'open'")
                    .hasMessageContaining("began at offset 2 of partition 0 is open")
                    .hasMessageContaining("kafka-transactions.sh abort");
            killed.abortTransaction();
            assertThat(read("open", "a", PATIENCE)).containsExactlyInAnyOrder("before", "behind");
        }
    }

    @Test
    void claim_ofAnother_isKnownToThoseBefore() {
        StateTopic claims = topic("claims", "a");
        claims.prepare(PATIENCE);
        try (Producer<byte[], byte[]> first = bytesProducer("claims-a")) {
            long mine = claims.claim(first, "a", "first", () -> true);
            try (Producer<byte[], byte[]> other = bytesProducer("claims-b")) {
                claims.claim(other, "a/b", "of another client", () -> true);
            }
            assertThat(claims.isClaimedByAnother("a", "first", mine, PATIENCE)).isFalse();

            try (Producer<byte[], byte[]> second = bytesProducer("claims-a")) {
                assertThatThrownBy(() -> claims.claim(first, "a", "first", () -> true))
                        .isInstanceOf(KafkaException.class);
                long later = claims.claim(second, "a", "second", () -> true);
                assertThat(claims.isClaimedByAnother("a", "first", mine, PATIENCE))
                        .isTrue();
                assertThat(claims.isClaimedByAnother("a", "second", later, PATIENCE))
                        .isFalse();
            }
        }
        assertThat(claims.read("a", PATIENCE)).isEmpty();
        assertThat(claims.read("a/b", PATIENCE)).isEmpty();
    }

    /** Its answer got lost, say, or what followed failed. */
    @Test
    void claim_ofOurOwnThatNobodyRemembers_isNotAnothers() {
        StateTopic claims = topic("claims-again", "a");
        claims.prepare(PATIENCE);
        try (Producer<byte[], byte[]> first = bytesProducer("claims-again")) {
            long known = claims.claim(first, "a", "first", () -> true);
            claims.claim(first, "a", "first", () -> true);

            assertThat(claims.isClaimedByAnother("a", "first", known, PATIENCE)).isFalse();
        }
    }

    @Test
    void claim_inATransactionThatIsNeverCommitted_countsAllTheSame() {
        StateTopic claims = topic("claims-open", "a");
        claims.prepare(PATIENCE);
        try (Producer<byte[], byte[]> first = bytesProducer("claims-open");
                Producer<String, byte[]> second = producer("claims-open-2")) {
            long mine = claims.claim(first, "a", "first", () -> true);
            second.beginTransaction();
            write(second, "claims-open", "a\0claims/0", "second");
            second.flush();

            assertThat(claims.isClaimedByAnother("a", "first", mine, PATIENCE)).isTrue();
        }
    }

    @Test
    void read_partitionsAddedLater_keepsWhatTheOldOneHolds() throws Exception {
        topic("grown", "a").prepare(PATIENCE);
        try (Producer<String, byte[]> producer = producer("grown-tx");
                Admin admin = admin()) {
            producer.beginTransaction();
            write(producer, "grown", "a/1", "whole, in the old partition");
            producer.commitTransaction();
            admin.createPartitions(Map.of("grown", NewPartitions.increaseTo(2)))
                    .all()
                    .get();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>("grown", 1, "a/1", "later".getBytes(StandardCharsets.UTF_8)));
            producer.commitTransaction();
        }

        assertThat(read("grown", "a", PATIENCE)).containsExactlyInAnyOrder("whole, in the old partition", "later");
    }

    /** A consumer waits for its fetches when it is closed: half a minute, unless it is told, if Kafka hangs just then. */
    @Test
    void consumers_areToldToCloseWithinASecond() {
        List<Duration> closes = new ArrayList<>();
        StateTopic claims = new WatchedClients(closes::add).stateTopic(options("closing"), "a");
        claims.prepare(PATIENCE);
        try (Producer<byte[], byte[]> producer = bytesProducer("closing")) {
            long mine = claims.claim(producer, "a", "mine", () -> true);

            claims.read("a", PATIENCE);
            assertClosedSoon(closes);
            closes.clear();
            claims.isClaimedByAnother("a", "mine", mine, PATIENCE);
            assertClosedSoon(closes);
        }
    }

    private static void assertClosedSoon(List<Duration> closes) {
        assertThat(closes).isNotEmpty().allSatisfy(timeout -> assertThat(timeout)
                .isLessThanOrEqualTo(Duration.ofSeconds(1)));
    }

    /** Real clients, and tells how its consumers are closed. */
    private record WatchedClients(java.util.function.Consumer<Duration> closes) implements KafkaClients {
        @Override
        public Producer<byte[], byte[]> producer(Map<String, Object> properties) {
            return REAL.producer(properties);
        }

        @Override
        @SuppressWarnings("unchecked")
        public Consumer<byte[], byte[]> consumer(Map<String, Object> properties) {
            Consumer<byte[], byte[]> real = REAL.consumer(properties);
            return (Consumer<byte[], byte[]>) Proxy.newProxyInstance(
                    Consumer.class.getClassLoader(), new Class<?>[] {Consumer.class}, (proxy, method, arguments) -> {
                        if (method.getName().equals("close")) {
                            closes.accept(arguments == null ? null : (Duration) arguments[0]);
                        }
                        try {
                            return method.invoke(real, arguments);
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                    });
        }

        @Override
        public Admin admin(Map<String, Object> properties) {
            return REAL.admin(properties);
        }
    }

    private static List<String> read(String topic, String clientId, Duration timeout) {
        return topic(topic, clientId).read(clientId, timeout).stream()
                .map(bytes -> new String(bytes, StandardCharsets.UTF_8))
                .toList();
    }

    private static StateTopic topic(String name, String clientId) {
        return KafkaClients.REAL.stateTopic(options(name), clientId);
    }

    private static KafkaOptions options(String stateTopic) {
        return KafkaOptions.builder()
                .bootstrapServers(kafka.bootstrapServers())
                .transactions(transactions -> transactions.stateTopic(stateTopic))
                .build();
    }

    private static Admin admin() {
        return Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()));
    }

    private static Producer<byte[], byte[]> bytesProducer(String transactionalId) {
        Producer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", kafka.bootstrapServers(), "transactional.id", transactionalId),
                new ByteArraySerializer(),
                new ByteArraySerializer());
        producer.initTransactions();
        return producer;
    }

    private static Producer<String, byte[]> producer(String transactionalId) {
        Producer<String, byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", kafka.bootstrapServers(), "transactional.id", transactionalId),
                new StringSerializer(),
                new ByteArraySerializer());
        producer.initTransactions();
        return producer;
    }

    private static Future<RecordMetadata> write(
            Producer<String, byte[]> producer, String topic, String key, String value) {
        return producer.send(new ProducerRecord<>(topic, key, value.getBytes(StandardCharsets.UTF_8)));
    }
}
