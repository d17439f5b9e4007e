package io.mqttkafka.bridge.examples;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.jspecify.annotations.Nullable;

/**
 * Reads Kafka as any application would, and notes which message arrived where. Shares nothing with the bridge, so that it
 * can prove it wrong.
 *
 * <p>Not thread-safe.
 */
final class KafkaTally implements AutoCloseable {
    private static final Pattern ID = Pattern.compile("\"id\":(\\d+)");

    private final Consumer<String, String> consumer;
    private final Map<Integer, String> topicById = new HashMap<>();
    private final Map<String, Integer> lastIdByKey = new HashMap<>();
    private final List<String> oddities = new ArrayList<>();

    KafkaTally(Consumer<String, String> consumer, Collection<String> topics) {
        this.consumer = consumer;
        List<TopicPartition> partitions = topics.stream()
                .flatMap(topic -> consumer.partitionsFor(topic).stream())
                .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                .toList();
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
    }

    static KafkaTally of(String bootstrapServers, Collection<String> topics) {
        return new KafkaTally(
                new KafkaConsumer<>(
                        Map.of(
                                "bootstrap.servers",
                                bootstrapServers,
                                "isolation.level",
                                "read_committed",
                                "enable.auto.commit",
                                false),
                        new StringDeserializer(),
                        new StringDeserializer()),
                topics);
    }

    /** Reads what is there, waiting for it no longer than given. */
    void poll(Duration timeout) {
        consumer.poll(timeout).forEach(this::note);
    }

    /** Tells whether everything that Kafka holds now has been read. */
    boolean atEnd() {
        return consumer.endOffsets(consumer.assignment()).entrySet().stream()
                .allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
    }

    /** Returns how many different messages were read so far. */
    int size() {
        return topicById.size();
    }

    /** Returns the topic in which a message was found, or null. */
    @Nullable
    String topicOf(SensorMessage message) {
        return topicById.get(message.id());
    }

    /** Returns what should not be: repeated, reordered and unknown records, one line each. */
    List<String> oddities() {
        return List.copyOf(oddities);
    }

    private void note(ConsumerRecord<String, String> message) {
        Matcher matcher = ID.matcher(Optional.ofNullable(message.value()).orElse(""));
        if (!matcher.find()) {
            oddities.add("a record in " + message.topic() + " is none of the messages published");
            return;
        }
        int id = Integer.parseInt(matcher.group(1));
        String before = topicById.put(id, message.topic());
        if (before != null) {
            oddities.add("message " + id + " is in Kafka twice, in " + before + " and " + message.topic());
        }
        Integer last = lastIdByKey.put(message.topic() + "/" + message.key(), id);
        if (last != null && last > id) {
            oddities.add("message " + id + " comes after message " + last + " of the same device");
        }
    }

    @Override
    public void close() {
        consumer.close();
    }
}
