package io.mqttkafka.bridge.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.header.Header;
import org.apache.kafka.connect.source.SourceRecord;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A source task as its worker meets it. */
class SourceTaskTest {
    private static final String CLIENT = "sensors-0";

    private final FakeMqttBroker broker = FakeMqttBroker.start();
    private final ScriptedWorker worker = new ScriptedWorker();

    @AfterEach
    void close() {
        worker.close();
        broker.close();
    }

    private Map<String, String> properties(String... more) {
        Map<String, String> all = new HashMap<>(Map.of(
                "name", "sensors",
                "mqtt.server.uri", broker.serverUri(),
                "mqtt.topics", "sensors/#",
                "kafka.topic", "telemetry",
                "task.number", "0"));
        for (int i = 0; i < more.length; i += 2) {
            all.put(more[i], more[i + 1]);
        }
        return all;
    }

    private void start(String... more) {
        worker.start(properties(more));
    }

    private static String value(SourceRecord record) {
        return new String((byte[]) record.value(), StandardCharsets.UTF_8);
    }

    @Test
    void record_hasTheFormOfConfluents() {
        start();
        broker.awaitSubscribed(CLIENT, "sensors/#");
        broker.publish("sensors/1", "21.5", 1);

        SourceRecord record = worker.poll(1).get(0);

        assertThat(record.topic()).isEqualTo("telemetry");
        assertThat(record.kafkaPartition()).isNull();
        assertThat(record.key()).isEqualTo("sensors/1");
        assertThat(record.keySchema().type()).isEqualTo(Schema.Type.STRING);
        assertThat(value(record)).isEqualTo("21.5");
        assertThat(record.valueSchema().type()).isEqualTo(Schema.Type.BYTES);
        assertThat(record.headers()).extracting(Header::key).contains("mqtt.qos", "mqtt.retained", "mqtt.duplicate");
        assertThat(record.headers().lastWithName("mqtt.qos").value()).isEqualTo(1);
        assertThat(record.headers().lastWithName("mqtt.retained").value()).isEqualTo(false);
    }

    @Test
    void qos1_isAcknowledgedWhenTheWorkerHasWrittenIt_inOrder() {
        start();
        broker.awaitSubscribed(CLIENT, "sensors/#");
        for (int i = 0; i < 3; i++) {
            broker.publish("sensors/1", "m" + i, 1);
        }
        List<SourceRecord> polled = worker.poll(3);
        assertThat(polled).extracting(SourceTaskTest::value).containsExactly("m0", "m1", "m2");

        worker.written(polled.get(2));
        worker.written(polled.get(1));
        worker.task().commit();
        assertThat(broker.acknowledged(CLIENT)).isZero();

        worker.written(polled.get(0));
        broker.awaitAllAcknowledged(CLIENT, ScriptedWorker.PATIENCE);
        assertThat(broker.violations()).isEmpty();
    }

    @Test
    void messagesThatSayTheSame_areRecordsOfTheirOwn() {
        start();
        broker.awaitSubscribed(CLIENT, "sensors/#");
        broker.publish("sensors/1", "same", 1);
        broker.publish("sensors/1", "same", 1);

        List<SourceRecord> polled = worker.poll(2);

        assertThat(polled.get(0)).isNotEqualTo(polled.get(1));
        polled.forEach(worker::written);
        broker.awaitAllAcknowledged(CLIENT, ScriptedWorker.PATIENCE);
    }

    @Test
    void recordThatATransformationLeavesOut_isAcknowledged() {
        start();
        broker.awaitSubscribed(CLIENT, "sensors/#");
        broker.publish("sensors/1", "noise", 1);

        worker.leftOut(worker.poll(1).get(0));

        broker.awaitAllAcknowledged(CLIENT, ScriptedWorker.PATIENCE);
    }

    @Test
    void stopBeforeItIsWritten_isDeliveredAgainToTheNextTask() {
        start();
        broker.awaitSubscribed(CLIENT, "sensors/#");
        broker.publish("sensors/1", "m0", 1);
        worker.poll(1);

        worker.close();
        assertThat(broker.acknowledged(CLIENT)).isZero();
        broker.publish("sensors/1", "m1", 1);
        start();

        List<SourceRecord> again = worker.poll(2);
        assertThat(again).extracting(SourceTaskTest::value).containsExactly("m0", "m1");
        again.forEach(worker::written);
        broker.awaitAllAcknowledged(CLIENT, ScriptedWorker.PATIENCE);
    }

    @Test
    void recordLargerThanTheWorkersProducerTakes_failsTheTaskWithTheMend() {
        start("producer.override.max.request.size", "4000", "on.failure.retries", "0");
        broker.awaitSubscribed(CLIENT, "sensors/#");
        broker.publish("sensors/1", "x".repeat(5000), 1);

        await().atMost(ScriptedWorker.PATIENCE).untilAsserted(() -> assertThatThrownBy(worker::poll)
                .isInstanceOf(ConnectException.class)
                .hasMessageContaining("producer.override.max.request.size"));
        assertThat(broker.acknowledged(CLIENT)).isZero();
    }

    @Test
    void recordThatIsTooLarge_goesToTheDeadLetterTopic() {
        start(
                "producer.override.max.request.size", "4000",
                "on.failure", "dead-letter",
                "on.failure.dead.letter.topic", "telemetry.dead");
        broker.awaitSubscribed(CLIENT, "sensors/#");
        broker.publish("sensors/1", "x".repeat(5000), 1);

        SourceRecord letter = worker.poll(1).get(0);

        assertThat(letter.topic()).isEqualTo("telemetry.dead");
        worker.written(letter);
        broker.awaitAllAcknowledged(CLIENT, ScriptedWorker.PATIENCE);
    }

    @Test
    void topicAndKey_followTheirTemplates() {
        Map<String, String> properties = properties("mqtt.topics", "sensors/{device}", "kafka.key", "{device}");
        properties.remove("kafka.topic");
        properties.put("kafka.topic.template", "telemetry-{device}");
        worker.start(properties);
        broker.awaitSubscribed(CLIENT, "sensors/+");
        broker.publish("sensors/d7", "1", 1);

        SourceRecord record = worker.poll(1).get(0);

        assertThat(record.topic()).isEqualTo("telemetry-d7");
        assertThat(record.key()).isEqualTo("d7");
    }

    @Test
    void qos2_isInOneTransactionWithItsPacketIds_andOnceOverATaskThatDies() {
        String[] exactlyOnce = {"mqtt.qos", "2", "exactly.once.support", "required"};
        start(exactlyOnce);
        await().atMost(ScriptedWorker.PATIENCE).until(() -> {
            worker.commit(worker.poll());
            return broker.connectedClients().contains(CLIENT)
                    && !broker.subscriptions(CLIENT).isEmpty();
        });
        broker.publish("sensors/1", "m0", 2);
        List<SourceRecord> first = worker.workUntil(records -> !records.isEmpty());
        assertThat(first).extracting(SourceTaskTest::value).containsExactly("m0");

        broker.publish("sensors/1", "m1", 2);
        await().atMost(ScriptedWorker.PATIENCE).until(() -> {
            List<SourceRecord> polled = worker.poll();
            boolean found = polled.stream().anyMatch(record -> record.topic().equals("telemetry"));
            if (!found) {
                worker.commit(polled);
            }
            return found;
        });
        // It was polled, and the worker dies before it has committed.
        worker.close();
        start(exactlyOnce);

        List<SourceRecord> second = worker.workUntil(records -> !records.isEmpty());
        assertThat(second).extracting(SourceTaskTest::value).containsExactly("m1");
        worker.workUntil(records -> broker.unacknowledged(CLIENT).isEmpty() && broker.queued(CLIENT) == 0);
        assertThat(broker.violations()).isEmpty();
    }

    /** The broker delivers with the lower of both: that of the publisher, and that of the subscription. */
    @Test
    void qos2_messagesOfALowerQosAmongThem_goOnToo() {
        start("mqtt.qos", "2", "exactly.once.support", "required");
        await().atMost(ScriptedWorker.PATIENCE).until(() -> {
            worker.commit(worker.poll());
            return broker.connectedClients().contains(CLIENT)
                    && !broker.subscriptions(CLIENT).isEmpty();
        });
        broker.publish("sensors/1", "one", 1);
        broker.publish("sensors/1", "two", 2);
        broker.publish("sensors/1", "none", 0);

        List<SourceRecord> records = worker.workUntil(all -> all.size() >= 3);

        assertThat(records).extracting(SourceTaskTest::value).containsExactlyInAnyOrder("one", "two", "none");
        worker.workUntil(all -> broker.unacknowledged(CLIENT).isEmpty() && broker.queued(CLIENT) == 0);
        assertThat(broker.violations()).isEmpty();
    }

    /** A worker finds an offset by the bytes of its source partition, and the next task is mostly in another JVM. */
    @Test
    void qos2_sourcePartition_isInTheSameOrderInEachJvm() {
        start("mqtt.qos", "2", "exactly.once.support", "required");

        assertThat(worker.poll(1).get(0).sourcePartition().keySet())
                .asInstanceOf(InstanceOfAssertFactories.collection(String.class))
                .containsExactly("client", "slot");
    }

    /** A worker that is stopped while it tries to send the rest of a batch commits what it has sent of it. */
    @Test
    void qos2_workerThatCommitsAPart_isGivenAllOfItAgain() {
        String[] exactlyOnce = {"mqtt.qos", "2", "exactly.once.support", "required"};
        start(exactlyOnce);
        await().atMost(ScriptedWorker.PATIENCE).until(() -> {
            worker.commit(worker.poll());
            return !broker.subscriptions(CLIENT).isEmpty();
        });
        List<SourceRecord> batch = new ArrayList<>();
        AtomicInteger number = new AtomicInteger();
        await().atMost(ScriptedWorker.PATIENCE).until(() -> {
            for (int i = 0; i < 5; i++) {
                broker.publish("sensors/1", "m" + number.getAndIncrement(), 2);
            }
            List<SourceRecord> polled = worker.poll();
            // Two messages and the record of their packet ids.
            if (polled.size() >= 3) {
                batch.addAll(polled);
                worker.commit(batch.subList(0, 1));
                return true;
            }
            worker.commit(polled);
            return false;
        });

        worker.close();
        start(exactlyOnce);

        List<SourceRecord> again =
                worker.workUntil(records -> broker.unacknowledged(CLIENT).isEmpty() && broker.queued(CLIENT) == 0);
        assertThat(again)
                .extracting(SourceTaskTest::value)
                .containsAll(batch.subList(0, batch.size() - 1).stream()
                        .map(SourceTaskTest::value)
                        .toList());
        assertThat(broker.violations()).isEmpty();
    }

    @Test
    void exactlyOnceRequired_workerThatHasNoTransactions_failsTheTaskWithTheMend() {
        start("mqtt.qos", "2", "exactly.once.support", "required");
        SourceRecord record = worker.poll(1).get(0);

        // By another thread than the one that polled, as the producer of such a worker does.
        assertThatThrownBy(() -> worker.written(record)).isInstanceOf(ConnectException.class);

        assertThatThrownBy(worker::poll)
                .isInstanceOf(ConnectException.class)
                .hasMessageContaining("exactly.once.source.support=enabled");
        assertThat(broker.subscriptions(CLIENT)).isEmpty();
    }

    @Test
    void qos2_transformationThatDropsTheStateRecord_failsTheTask() {
        start("mqtt.qos", "2", "exactly.once.support", "required");

        SourceRecord state = worker.poll(1).get(0);
        assertThat(state.topic()).isEqualTo("sensors.state");

        assertThatThrownBy(() -> worker.leftOut(state)).hasMessageContaining("TopicNameMatches");
        // The worker only logs what commitRecord() throws.
        assertThatThrownBy(worker::poll).isInstanceOf(ConnectException.class).hasMessageContaining("sensors.state");
    }

    @Test
    void anotherTakesTheSessionOver_failsTheTaskWithTheReason() {
        start();
        broker.awaitSubscribed(CLIENT, "sensors/#");

        broker.disconnect(CLIENT, 0x8E);

        await().atMost(ScriptedWorker.PATIENCE).untilAsserted(() -> assertThatThrownBy(worker::poll)
                .isInstanceOf(ConnectException.class)
                .hasMessageContaining(CLIENT));
    }
}
