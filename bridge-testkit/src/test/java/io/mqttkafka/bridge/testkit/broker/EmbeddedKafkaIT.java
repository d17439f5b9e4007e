package io.mqttkafka.bridge.testkit.broker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mqttkafka.bridge.core.kafka.KafkaVersion;
import io.mqttkafka.bridge.testkit.net.FaultProxy;
import java.util.Map;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

class EmbeddedKafkaIT {

    private static FaultProxy proxy;
    private static EmbeddedKafka kafka;

    @BeforeAll
    static void start() {
        proxy = FaultProxy.start();
        kafka = EmbeddedKafka.builder()
                .property("auto.create.topics.enable", "false")
                .behind(proxy)
                .start();
    }

    @AfterAll
    static void stop() {
        proxy.close();
        kafka.close();
    }

    /** The profile versions says which one it has put on the class path, server and client alike. */
    @Test
    @EnabledIfSystemProperty(named = "bridge.kafka.clients", matches = ".+")
    void classPath_hasTheKafkaThatTheProfileSays() {
        String version = System.getProperty("bridge.kafka.clients");
        assertThat(KafkaVersion.found()).isEqualTo(version);
        assertThat(KafkaRaftServer.class.getProtectionDomain().getCodeSource().getLocation())
                .asString()
                .contains(version);
    }

    @Test
    void readAll_severalPartitions_returnsRecordsByPartitionAndOffset() {
        kafka.createTopic("partitioned", 2);
        KafkaRecords.send(kafka.bootstrapServers(), "partitioned", 1, "b1", "b2");
        KafkaRecords.send(kafka.bootstrapServers(), "partitioned", 0, "a1", "a2");

        assertThat(KafkaRecords.values(kafka.readAll("partitioned"))).containsExactly("a1", "a2", "b1", "b2");
    }

    @Test
    void readAll_abortedAndOpenTransactions_returnsCommittedRecordsOnly() {
        kafka.createTopic("transactional", 1);
        try (KafkaProducer<String, String> producer =
                KafkaRecords.producer(kafka.bootstrapServers(), Map.of("transactional.id", "t"))) {
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>("transactional", "committed"));
            producer.commitTransaction();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>("transactional", "aborted"));
            producer.flush();
            producer.abortTransaction();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>("transactional", "open"));
            producer.flush();

            assertThat(KafkaRecords.values(kafka.readAll("transactional"))).containsExactly("committed");
        }
    }

    @Test
    void readAll_unknownTopic_returnsNothing() {
        assertThat(kafka.readAll("unknown")).isEmpty();
    }

    @Test
    void createTopic_existingTopic_throws() {
        kafka.createTopic("existing", 1);

        assertThatThrownBy(() -> kafka.createTopic("existing", 1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("existing");
    }

    @Test
    void createTopic_configuration_reachesTheBroker() {
        kafka.createTopic("tiny", 1, Map.of("max.message.bytes", "10"));

        assertThatThrownBy(() -> KafkaRecords.send(kafka.bootstrapServers(), "tiny", 0, "more than ten bytes"))
                .hasMessageContaining("RecordTooLarge");
    }

    @Test
    void restart_runningBroker_keepsPortAndData() {
        String address = kafka.bootstrapServers();
        kafka.createTopic("kept", 1);
        KafkaRecords.send(address, "kept", 0, "before");

        kafka.restart();
        KafkaRecords.send(address, "kept", 0, "after");

        assertThat(kafka.bootstrapServers()).isEqualTo(address);
        assertThat(KafkaRecords.values(kafka.readAll("kept"))).containsExactly("before", "after");
    }

    @Test
    void behindProxy_clientBootstrappedAtProxy_staysBehindIt() {
        kafka.createTopic("proxied", 1);
        long before = proxy.forwardedBytes(FaultProxy.Direction.CLIENT_TO_SERVER);
        String payload = "x".repeat(100_000);

        KafkaRecords.send(proxy.address(), "proxied", 0, payload);

        assertThat(proxy.forwardedBytes(FaultProxy.Direction.CLIENT_TO_SERVER) - before)
                .isGreaterThan(payload.getBytes(UTF_8).length);
        assertThat(KafkaRecords.values(kafka.readAll("proxied"))).containsExactly(payload);
    }
}
