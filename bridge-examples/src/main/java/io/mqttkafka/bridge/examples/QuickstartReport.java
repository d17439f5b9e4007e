package io.mqttkafka.bridge.examples;

import io.mqttkafka.bridge.BridgeHealth;
import io.mqttkafka.bridge.BridgeHealth.RouteCounts;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.examples.SensorMessage.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Predicate;

/** Compares what was published, what the bridge says became of it, and what a consumer found in Kafka. */
final class QuickstartReport {
    private static final String FORMAT = "%-10s %3s %9s %9s %13s %8s %4s %12s %9s %12s";

    private final List<String> table = new ArrayList<>();
    private final List<String> differences = new ArrayList<>();
    private long recordsInPlace;

    QuickstartReport(List<SensorMessage> published, BridgeHealth health, KafkaTally tally) {
        table.add(FORMAT.formatted(
                "route",
                "QoS",
                "published",
                "delivered",
                "dead-lettered",
                "filtered",
                "shed",
                "acknowledged",
                "in Kafka",
                "dead letters"));
        for (Kind kind : Kind.values()) {
            compare(
                    kind,
                    published.stream().filter(message -> message.kind() == kind).toList(),
                    health.route(kind.routeName()).counts(kind.qos()),
                    tally);
        }
        if (tally.size() != recordsInPlace) {
            differences.add(
                    tally.size() + " messages are in Kafka, but only " + recordsInPlace + " in the right topic");
        }
        differences.addAll(tally.oddities());
    }

    /** Returns the table, a line for each route. */
    List<String> table() {
        return List.copyOf(table);
    }

    /** Returns every count that differs from what it has to be; none if all is well. */
    List<String> differences() {
        return List.copyOf(differences);
    }

    private void compare(Kind kind, List<SensorMessage> messages, RouteCounts bridge, KafkaTally tally) {
        long published = messages.size();
        long inKafka = found(messages, tally, message -> !message.deadLettered());
        long deadLetters = found(messages, tally, SensorMessage::deadLettered);
        recordsInPlace += inKafka + deadLetters;
        long filtered = messages.stream().filter(SensorMessage::filtered).count();
        long poison = messages.stream().filter(SensorMessage::deadLettered).count();

        table.add(FORMAT.formatted(
                kind.routeName(),
                kind.qos().level(),
                published,
                bridge.delivered(),
                bridge.deadLettered(),
                bridge.filtered(),
                bridge.shed(),
                bridge.acknowledged(),
                inKafka,
                deadLetters));
        expect(kind, "received", published, bridge.received());
        expect(kind, "filtered", filtered, bridge.filtered());
        expect(kind, "dead-lettered", poison, bridge.deadLettered());
        // QoS 0 may be shed, which is counted; nothing else may be missing.
        expect(kind, "shed", kind.qos() == QoS.AT_MOST_ONCE ? bridge.shed() : 0, bridge.shed());
        expect(kind, "delivered", published - filtered - poison - bridge.shed(), bridge.delivered());
        expect(kind, "acknowledged", kind.qos() == QoS.AT_MOST_ONCE ? 0 : published, bridge.acknowledged());
        expect(kind, "in Kafka", bridge.delivered(), inKafka);
        expect(kind, "dead letters", bridge.deadLettered(), deadLetters);
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
