package io.mqttkafka.bridge.testkit.assertj;

import io.mqttkafka.bridge.testkit.broker.KafkaBroker;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.assertj.core.api.AbstractAssert;
import org.jspecify.annotations.Nullable;

/** Assertions about the committed records of a topic, whose values are read as text. Not thread-safe. */
public final class TopicAssert extends AbstractAssert<TopicAssert, KafkaBroker> {

    private final String topic;
    private final Duration patience;

    TopicAssert(KafkaBroker kafka, String topic, Duration patience) {
        super(kafka, TopicAssert.class);
        this.patience = patience;
        this.topic = topic;
    }

    /** Waits until one partition has these values in this order, with or without others between; Kafka has no other order. */
    public TopicAssert containsInOrder(String... values) {
        return eventually(
                "values %s in this order in one partition".formatted(Arrays.toString(values)),
                records -> byPartition(records).values().stream().anyMatch(has -> isWithin(values, has)));
    }

    /** Waits until the topic has these values, in any order, and fails if it has others beside them. */
    public TopicAssert containsExactlyInAnyOrder(String... values) {
        List<String> expected = Arrays.stream(values).sorted().toList();
        return eventually(
                "exactly the values %s in any order".formatted(expected),
                records -> values(records).stream().sorted().toList().equals(expected));
    }

    /** Waits until the topic has these values, whatever else it has. */
    public TopicAssert contains(String... values) {
        return eventually("the values %s".formatted(Arrays.toString(values)), records -> values(records)
                .containsAll(List.of(values)));
    }

    /** Waits until the topic has this many records. */
    public TopicAssert hasRecords(int count) {
        return eventually(count + " records", records -> records.size() == count);
    }

    /** Fails if the topic has a record now. */
    public TopicAssert isEmpty() {
        List<ConsumerRecord<byte[], byte[]>> records = actual.readAll(topic);
        if (!records.isEmpty()) {
            failWithMessage("Expected no record in '%s', but it has %d: %s", topic, records.size(), values(records));
        }
        return this;
    }

    /** Looks at the topic for this long, and fails as soon as it has a record. */
    public TopicAssert isEmpty(Duration during) {
        Eventually.holdsDuring(during, this::isEmpty);
        return this;
    }

    /** Waits until the topic has this many records, then looks on for this long, and fails as soon as it has more. */
    public TopicAssert hasRecords(int count, Duration during) {
        hasRecords(count);
        Eventually.holdsDuring(during, () -> {
            List<ConsumerRecord<byte[], byte[]>> records = actual.readAll(topic);
            if (records.size() != count) {
                failWithMessage(
                        "Expected '%s' to keep %d records, but it has %d: %s",
                        topic, count, records.size(), values(records));
            }
        });
        return this;
    }

    /** Waits until a record of the topic has this key and this value, both as text; null is a key or value that is missing. */
    public TopicAssert hasRecord(@Nullable String key, @Nullable String value) {
        return eventually("a record %s=%s".formatted(key, value), records -> records.stream()
                .anyMatch(record -> Objects.equals(textOrNull(record.key()), key)
                        && Objects.equals(textOrNull(record.value()), value)));
    }

    /** Waits until the topic has records with these keys, as text, whatever else it has. */
    public TopicAssert containsKeys(String... keys) {
        return eventually("the keys %s".formatted(Arrays.toString(keys)), records -> records.stream()
                .map(record -> text(record.key()))
                .toList()
                .containsAll(List.of(keys)));
    }

    /** Waits until the records of each of these keys, as text, are all in one partition. */
    public TopicAssert hasEachKeyInOnePartition(String... keys) {
        return eventually(
                "the records of each of the keys %s in one partition".formatted(Arrays.toString(keys)),
                records -> Arrays.stream(keys).allMatch(key -> partitionsOf(key, records) == 1));
    }

    private static long partitionsOf(String key, List<ConsumerRecord<byte[], byte[]>> records) {
        return records.stream()
                .filter(record -> text(record.key()).equals(key))
                .map(ConsumerRecord::partition)
                .distinct()
                .count();
    }

    /** Waits until a record of the topic has this header, with this value as text. */
    public TopicAssert hasHeader(String name, String value) {
        return eventually("a record with the header %s=%s".formatted(name, value), records -> records.stream()
                .flatMap(record -> Arrays.stream(record.headers().toArray()))
                .anyMatch(header -> header.key().equals(name)
                        && header.value() != null
                        && text(header.value()).equals(value)));
    }

    private TopicAssert eventually(String what, Predicate<List<ConsumerRecord<byte[], byte[]>>> holds) {
        List<List<ConsumerRecord<byte[], byte[]>>> seen = new ArrayList<>(List.of(List.of()));
        boolean held = Eventually.holds(patience, () -> {
            seen.set(0, actual.readAll(topic));
            return holds.test(seen.get(0));
        });
        if (!held) {
            failWithMessage(
                    "Expected in '%s': %s, but it has %d records: %s",
                    topic, what, seen.get(0).size(), values(seen.get(0)));
        }
        return this;
    }

    private static Map<Integer, List<String>> byPartition(List<ConsumerRecord<byte[], byte[]>> records) {
        Map<Integer, List<String>> values = new TreeMap<>();
        records.forEach(record -> values.computeIfAbsent(record.partition(), one -> new ArrayList<>())
                .add(text(record.value())));
        return values;
    }

    private static boolean isWithin(String[] values, List<String> has) {
        int found = 0;
        for (String value : has) {
            if (found < values.length && value.equals(values[found])) {
                found++;
            }
        }
        return found == values.length;
    }

    private static List<String> values(List<ConsumerRecord<byte[], byte[]>> records) {
        return records.stream().map(record -> text(record.value())).toList();
    }

    private static @Nullable String textOrNull(byte @Nullable [] bytes) {
        return bytes == null ? null : text(bytes);
    }

    private static String text(byte @Nullable [] bytes) {
        return bytes == null ? "(null)" : new String(bytes, StandardCharsets.UTF_8);
    }
}
