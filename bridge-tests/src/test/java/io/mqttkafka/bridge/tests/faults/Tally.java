package io.mqttkafka.bridge.tests.faults;

import io.mqttkafka.bridge.testkit.broker.KafkaBroker;
import io.mqttkafka.bridge.tests.faults.Ledger.Message;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.awaitility.Awaitility;

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

    private static final Duration LONGEST_REST = Duration.ofSeconds(120);

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
    private final List<TopicPartition> partitions = new ArrayList<>();
    private final Map<TopicPartition, Long> positions = new ConcurrentHashMap<>();
    private volatile boolean closing;
    private volatile Throwable failure;
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
        return start(kafka, ledger, Map.of());
    }

    /** As {@link #start(KafkaBroker, Ledger)}, with a configuration of the topics. */
    static Tally start(KafkaBroker kafka, Ledger ledger, Map<String, String> topicConfig) {
        KafkaConsumer<byte[], byte[]> consumer = consumer(kafka.bootstrapServers());
        List<TopicPartition> partitions = new ArrayList<>();
        for (int topic = 0; topic < ledger.topics(); topic++) {
            kafka.createTopic(ledger.kafkaTopic(topic), 2, topicConfig);
            partitions.add(new TopicPartition(ledger.kafkaTopic(topic), 0));
            partitions.add(new TopicPartition(ledger.kafkaTopic(topic), 1));
        }
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        Tally tally = new Tally(ledger, consumer);
        tally.partitions.addAll(partitions);
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

    /**
     * Waits until this holds, however long it takes while messages come that were not there before: a slow machine is no fault.
     * Gives up when none has come for so long.
     *
     * @return whether it holds
     */
    boolean await(BooleanSupplier condition, Duration patience) {
        boolean[] holds = new boolean[1];
        int[] last = {-1};
        long[] since = new long[1];
        Awaitility.await().dontCatchUncaughtExceptions().forever().until(() -> {
            if (failure != null) {
                throw new IllegalStateException("The records cannot be read", failure);
            }
            int now = distinct();
            boolean comes = now != last[0];
            if (comes) {
                last[0] = now;
                since[0] = System.nanoTime();
            }
            holds[0] = condition.getAsBoolean();
            return holds[0] || (!comes && System.nanoTime() - since[0] > patience.toNanos());
        });
        return holds[0];
    }

    /**
     * Waits until everything is in Kafka, but not longer than this without a message, then until nothing more comes, and judges.
     */
    Verdict settle(Duration patience) {
        if (!await(this::isComplete, patience)) {
            // the verdict says what is missing
            return verdict();
        }
        int[] last = {-1};
        // What goes wrong elsewhere shows in the verdict.
        Awaitility.await()
                .dontCatchUncaughtExceptions()
                .pollInterval(Duration.ofMillis(700))
                .atMost(LONGEST_REST)
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
        for (Message message : unexplainedMessages(retractions)) {
            unexplained += repetitions.get(message) - retractions.of(message);
        }
        return unexplained;
    }

    /** Lists the messages that came again more often than the MQTT broker has taken them back. */
    synchronized Set<Message> unexplainedMessages(Retractions retractions) {
        Set<Message> unexplained = new LinkedHashSet<>();
        repetitions.forEach((message, times) -> {
            if (times > retractions.of(message)) {
                unexplained.add(message);
            }
        });
        return unexplained;
    }

    /** Lists what the MQTT broker has acknowledged and is not in Kafka. */
    synchronized Set<Message> missing() {
        Set<Message> all = new LinkedHashSet<>();
        for (int topic = 0; topic < topics.size(); topic++) {
            int of = topic;
            missing(topic).stream().forEach(number -> all.add(new Message(of, number)));
        }
        return all;
    }

    /** Tells how far each partition reaches for consumers with and without read_committed: a transaction may hold them up. */
    String ends(KafkaBroker kafka) {
        StringBuilder ends = new StringBuilder();
        for (String isolation : List.of("read_uncommitted", "read_committed")) {
            try (KafkaConsumer<byte[], byte[]> reader = new KafkaConsumer<>(
                    Map.of("bootstrap.servers", kafka.bootstrapServers(), "isolation.level", isolation),
                    new ByteArrayDeserializer(),
                    new ByteArrayDeserializer())) {
                ends.append(isolation)
                        .append(" to ")
                        .append(reader.endOffsets(partitions, Duration.ofSeconds(30)))
                        .append('\n');
            } catch (KafkaException e) {
                ends.append(isolation).append(": ").append(e).append('\n');
            }
        }
        return ends.append("read to ").append(positions).toString();
    }

    private synchronized int lost() {
        int lost = 0;
        for (int topic = 0; topic < topics.size(); topic++) {
            lost += missing(topic).cardinality();
        }
        return lost;
    }

    private BitSet missing(int topic) {
        BitSet missing = ledger.acknowledged(topic);
        missing.andNot(topics.get(topic).seen);
        return missing;
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
                ConsumerRecords<byte[], byte[]> read = consumer.poll(Duration.ofMillis(200));
                read.forEach(this::add);
                read.nextOffsets().forEach((partition, next) -> positions.put(partition, next.offset()));
            }
        } catch (WakeupException e) {
            // closed
        } catch (RuntimeException | Error e) {
            failure = e;
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
