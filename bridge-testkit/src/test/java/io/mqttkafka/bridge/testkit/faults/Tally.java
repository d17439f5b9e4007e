package io.mqttkafka.bridge.testkit.faults;

import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.testkit.KafkaBroker;
import io.mqttkafka.bridge.testkit.faults.Ledger.Message;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.awaitility.core.ConditionTimeoutException;

/**
 * Reads what a run brings to Kafka, from its start and while it goes on, and judges it against the {@link Ledger}. Shares
 * no code with the bridge. Thread-safe.
 */
final class Tally implements AutoCloseable {

    /**
     * What became of a run.
     *
     * @param acknowledged messages that the MQTT broker acknowledged
     * @param records records in Kafka
     * @param lost messages acknowledged and not in Kafka
     * @param duplicated records beyond the first one of a message
     * @param reordered first records behind the first record of a later message of the same topic
     * @param corrupt records that are no message of this run
     * @param misrouted records with the wrong topic or key, or in another partition than the others of their MQTT topic
     */
    record Verdict(int acknowledged, int records, int lost, int duplicated, int reordered, int corrupt, int misrouted) {

        @Override
        public String toString() {
            return "acknowledged " + acknowledged + ", records " + records + ", lost " + lost + ", duplicated "
                    + duplicated + ", reordered " + reordered + ", corrupt " + corrupt + ", misrouted " + misrouted;
        }
    }

    private static final class Topic {
        final BitSet seen = new BitSet();
        int highest = -1;
        int partition = -1;
    }

    private final Ledger ledger;
    private final List<Topic> topics = new ArrayList<>();
    private final Map<Message, Integer> repetitions = new HashMap<>();
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Thread thread;
    private volatile boolean closing;
    private int records;
    private int duplicated;
    private int reordered;
    private int corrupt;
    private int misrouted;

    /** When the bridge was started again, as long as nothing that it has written since has been read; 0 otherwise. */
    private long startedMillis;

    private long startedNanos;
    private final List<Duration> recoveries = new ArrayList<>();

    /** Judges without reading; for the records that {@link #add} is given. */
    Tally(Ledger ledger) {
        this(ledger, null);
    }

    private Tally(Ledger ledger, KafkaConsumer<byte[], byte[]> consumer) {
        this.ledger = ledger;
        this.consumer = consumer;
        for (int topic = 0; topic < ledger.topics(); topic++) {
            topics.add(new Topic());
        }
        thread = new Thread(this::run, "tally-" + ledger.run());
        thread.setDaemon(true);
    }

    /** Creates the Kafka topics of the run, with two partitions each, and starts to read them. */
    static Tally start(KafkaBroker kafka, Ledger ledger) {
        KafkaConsumer<byte[], byte[]> consumer = consumer(kafka.bootstrapServers());
        List<TopicPartition> partitions = new ArrayList<>();
        for (int topic = 0; topic < ledger.topics(); topic++) {
            kafka.createTopic(ledger.kafkaTopic(topic), 2);
            partitions.add(new TopicPartition(ledger.kafkaTopic(topic), 0));
            partitions.add(new TopicPartition(ledger.kafkaTopic(topic), 1));
        }
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        Tally tally = new Tally(ledger, consumer);
        tally.thread.start();
        return tally;
    }

    static KafkaConsumer<byte[], byte[]> consumer(String bootstrapServers) {
        return new KafkaConsumer<>(
                Map.of(
                        "bootstrap.servers", bootstrapServers,
                        "isolation.level", "read_committed",
                        "fetch.max.wait.ms", 100,
                        "reconnect.backoff.ms", 100,
                        "reconnect.backoff.max.ms", 500),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
    }

    synchronized int records() {
        return records;
    }

    /** Counts the messages in Kafka, each once. */
    synchronized int distinct() {
        return records - duplicated - corrupt;
    }

    /** Says whether all that the MQTT broker has acknowledged is in Kafka. */
    boolean isComplete() {
        return lost() == 0;
    }

    /** Takes down that the bridge is being started again at this moment. */
    synchronized void starting() {
        startedMillis = System.currentTimeMillis();
        startedNanos = System.nanoTime();
    }

    /** Returns how long each start took until the first record written after it could be read. */
    synchronized List<Duration> recoveries() {
        return List.copyOf(recoveries);
    }

    /** Waits until everything is in Kafka, but not longer than this, then until nothing more comes, and judges. */
    Verdict settle(Duration atMost) {
        try {
            // What goes wrong elsewhere shows in the verdict.
            await().dontCatchUncaughtExceptions().atMost(atMost).until(this::isComplete);
        } catch (ConditionTimeoutException e) {
            // the verdict says what is missing
            return verdict();
        }
        int[] last = {-1};
        await().pollInterval(Duration.ofMillis(700))
                .atMost(Duration.ofSeconds(120))
                .until(() -> {
                    int before = last[0];
                    last[0] = records();
                    return before == last[0];
                });
        return verdict();
    }

    synchronized Verdict verdict() {
        return new Verdict(ledger.acknowledged(), records, lost(), duplicated, reordered, corrupt, misrouted);
    }

    /** Counts the repetitions of messages that the MQTT broker has not taken back as often. */
    synchronized int unexplained(Retractions retractions) {
        int unexplained = 0;
        for (Map.Entry<Message, Integer> repeated : repetitions.entrySet()) {
            unexplained += Math.max(0, repeated.getValue() - retractions.of(repeated.getKey()));
        }
        return unexplained;
    }

    private synchronized int lost() {
        int lost = 0;
        for (int topic = 0; topic < topics.size(); topic++) {
            BitSet missing = ledger.acknowledged(topic);
            missing.andNot(topics.get(topic).seen);
            lost += missing.cardinality();
        }
        return lost;
    }

    synchronized void add(ConsumerRecord<byte[], byte[]> record) {
        records++;
        if (startedMillis > 0 && record.timestamp() >= startedMillis) {
            recoveries.add(Duration.ofNanos(System.nanoTime() - startedNanos));
            startedMillis = 0;
        }
        Optional<Message> read = ledger.read(record.value());
        if (read.isEmpty()) {
            corrupt++;
            return;
        }
        Message message = read.get();
        Topic topic = topics.get(message.topic());
        if (topic.partition < 0) {
            topic.partition = record.partition();
        }
        boolean rightPlace = record.topic().equals(ledger.kafkaTopic(message.topic()))
                && record.partition() == topic.partition
                && record.key() != null
                && new String(record.key(), StandardCharsets.UTF_8).equals(ledger.mqttTopic(message.topic()));
        if (!rightPlace) {
            misrouted++;
        }
        if (topic.seen.get(message.number())) {
            duplicated++;
            repetitions.merge(message, 1, Integer::sum);
            return;
        }
        topic.seen.set(message.number());
        if (message.number() < topic.highest) {
            reordered++;
        } else {
            topic.highest = message.number();
        }
    }

    private void run() {
        try (consumer) {
            while (!closing) {
                consumer.poll(Duration.ofMillis(200)).forEach(this::add);
            }
        } catch (WakeupException e) {
            // closed
        }
    }

    @Override
    public void close() {
        closing = true;
        if (consumer != null) {
            consumer.wakeup();
        }
        try {
            thread.join(5_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
