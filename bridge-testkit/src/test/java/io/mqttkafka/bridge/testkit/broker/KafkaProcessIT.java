package io.mqttkafka.bridge.testkit.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class KafkaProcessIT {

    private static KafkaProcess kafka;

    @BeforeAll
    static void start() {
        kafka = KafkaProcess.builder().property("num.partitions", "2").start();
    }

    @AfterAll
    static void stop() {
        kafka.close();
    }

    @Test
    void kill_thenRestart_keepsPortAndAcknowledgedRecords() {
        String address = kafka.bootstrapServers();
        long firstPid = kafka.pid();
        kafka.createTopic("killed", 1);
        KafkaRecords.send(address, "killed", 0, "before");

        kafka.kill();
        assertThat(ProcessHandle.of(firstPid)).isEmpty();
        assertThatThrownBy(kafka::pid).isInstanceOf(IllegalStateException.class);
        kafka.restart();

        KafkaRecords.send(address, "killed", 0, "after");
        assertThat(kafka.bootstrapServers()).isEqualTo(address);
        assertThat(KafkaRecords.values(kafka.readAll("killed"))).containsExactly("before", "after");
    }

    @Test
    void pause_broker_answersNothingUntilResume() throws Exception {
        kafka.createTopic("paused", 1);
        try (KafkaProducer<String, String> producer =
                KafkaRecords.producer(kafka.bootstrapServers(), Map.of("max.block.ms", 60_000))) {
            producer.send(new ProducerRecord<>("paused", "warm-up")).get(60, TimeUnit.SECONDS);

            kafka.pause();
            Future<RecordMetadata> sent;
            try {
                sent = producer.send(new ProducerRecord<>("paused", "held"));
                assertThatThrownBy(() -> sent.get(500, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
            } finally {
                kafka.resume();
            }

            assertThat(sent.get(60, TimeUnit.SECONDS).offset()).isEqualTo(1);
        } catch (ExecutionException e) {
            throw new AssertionError(e.getCause());
        }
    }

    @Test
    void stop_pausedBroker_endsIt() {
        long pid = kafka.pid();
        kafka.pause();

        kafka.stop();

        assertThat(ProcessHandle.of(pid)).isEmpty();
        kafka.restart();
    }

    @Test
    void start_badProperty_failsWithTheOutput() {
        KafkaProcess.Builder broken = KafkaProcess.builder().property("num.network.threads", "none");

        assertThatThrownBy(broken::start)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("Kafka did not start")
                .hasMessageContaining("num.network.threads");
    }
}
