package io.mqttkafka.bridge.examples;

import io.mqttkafka.bridge.BridgeHealth;
import io.mqttkafka.bridge.BridgeHealth.RouteCounts;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.examples.SensorMessage.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/**
 * Compares what was to be sent, what the devices published, what the bridge says became of it, and what a consumer found
 * in Kafka.
 */
final class QuickstartReport {
    private static final List<String> COLUMNS = List.of(
            "published", "delivered", "dead-lettered", "filtered", "shed", "acknowledged", "in Kafka", "dead letters");

    private final List<String> table = new ArrayList<>();
    private final List<String> differences = new ArrayList<>();
    private final long[] total = new long[COLUMNS.size()];

    QuickstartReport(
            List<SensorMessage> messages, ToLongFunction<Kind> published, BridgeHealth health, KafkaTally tally) {
        table.add("route      QoS  " + String.join("  ", COLUMNS));
        for (Kind kind : Kind.values()) {
            compare(
                    kind,
                    messages.stream().filter(message -> message.kind() == kind).toList(),
                    published.applyAsLong(kind),
                    health.route(kind.routeName()).counts(kind.qos()),
                    tally);
        }
        addRow("total", "", total);
        long inPlace = total[COLUMNS.indexOf("in Kafka")] + total[COLUMNS.indexOf("dead letters")];
        if (tally.size() != inPlace) {
            differences.add(tally.size() + " messages are in Kafka, but only " + inPlace + " in the right topic");
        }
        differences.addAll(tally.oddities());
    }

    /** Returns the table: a heading, a line for each route, the sums. */
    List<String> table() {
        return List.copyOf(table);
    }

    /** Returns every count that differs from what it has to be; none if all is well. */
    List<String> differences() {
        return List.copyOf(differences);
    }

    private void compare(
            Kind kind, List<SensorMessage> messages, long published, RouteCounts bridge, KafkaTally tally) {
        long inKafka = found(messages, tally, message -> !message.deadLettered());
        long deadLetters = found(messages, tally, SensorMessage::deadLettered);
        long toFilter = messages.stream().filter(SensorMessage::filtered).count();
        long poison = messages.stream().filter(SensorMessage::deadLettered).count();
        boolean acknowledges = kind.qos() != QoS.AT_MOST_ONCE;

        long[] row = {
            published,
            bridge.delivered(),
            bridge.deadLettered(),
            bridge.filtered(),
            bridge.shed(),
            bridge.acknowledged(),
            inKafka,
            deadLetters
        };
        addRow(kind.routeName(), String.valueOf(kind.qos().level()), row);
        Arrays.setAll(total, column -> total[column] + row[column]);

        expect(kind, "published", messages.size(), published);
        expect(kind, "received", messages.size(), bridge.received());
        expect(kind, "filtered", toFilter, bridge.filtered());
        expect(kind, "dead-lettered", poison, bridge.deadLettered());
        // QoS 0 may be shed, which is counted; nothing else may be missing.
        expect(kind, "shed", acknowledges ? 0 : bridge.shed(), bridge.shed());
        expect(kind, "delivered", messages.size() - toFilter - poison - bridge.shed(), bridge.delivered());
        expect(kind, "acknowledged", acknowledges ? messages.size() : 0, bridge.acknowledged());
        expect(kind, "in Kafka", bridge.delivered(), inKafka);
        expect(kind, "dead letters", bridge.deadLettered(), deadLetters);
    }

    private void addRow(String route, String qos, long[] counts) {
        StringBuilder line = new StringBuilder("%-10s %3s".formatted(route, qos));
        for (int column = 0; column < counts.length; column++) {
            line.append(("  %" + COLUMNS.get(column).length() + "d").formatted(counts[column]));
        }
        table.add(line.toString());
    }

    private static long found(List<SensorMessage> messages, KafkaTally tally, Predicate<SensorMessage> which) {
        return messages.stream()
                .filter(message -> !message.filtered() && which.test(message))
                .filter(message -> Objects.equals(message.kafkaTopic(), tally.topicOf(message)))
                .count();
    }

    private void expect(Kind kind, String count, long expected, long actual) {
        if (expected != actual) {
            differences.add(String.format(
                    Locale.ROOT,
                    "%s, QoS %d: %s is %d, expected %d",
                    kind.routeName(),
                    kind.qos().level(),
                    count,
                    actual,
                    expected));
        }
    }
}
