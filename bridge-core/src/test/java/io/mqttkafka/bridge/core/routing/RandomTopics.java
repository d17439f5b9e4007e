package io.mqttkafka.bridge.core.routing;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Filters and topics over a tiny alphabet, where everything collides, and matching written a second time. */
final class RandomTopics {
    private static final List<String> LEVELS = List.of("", "a", "b", "$", "$a", "Aa", "BB");

    private RandomTopics() {}

    /** Returns all topics of up to so many levels, without the empty one, which does not exist. */
    static List<String> all(int maxLevels) {
        List<String> topics = new ArrayList<>();
        List<String> previous = LEVELS;
        for (int levels = 1; levels <= maxLevels; levels++) {
            topics.addAll(previous);
            List<String> longer = new ArrayList<>();
            for (String topic : previous) {
                LEVELS.forEach(level -> longer.add(topic + "/" + level));
            }
            previous = longer;
        }
        topics.remove("");
        return topics;
    }

    static String topic(Random random) {
        String topic = literals(random, 1 + random.nextInt(5));
        return topic.isEmpty() ? "a" : topic;
    }

    static String filter(Random random, int maxLevels) {
        List<String> levels = new ArrayList<>();
        int count = 1 + random.nextInt(maxLevels);
        for (int i = 0; i < count; i++) {
            levels.add(random.nextInt(3) == 0 ? "+" : level(random));
        }
        if (random.nextInt(3) == 0) {
            levels.set(count - 1, "#");
        }
        String filter = String.join("/", levels);
        return filter.isEmpty() ? "+" : filter;
    }

    /** Section 4.7 of MQTT 5, read as it is written. */
    static boolean matches(String filter, String topic) {
        if (topic.startsWith("$") && (filter.startsWith("+") || filter.startsWith("#"))) {
            return false;
        }
        return matches(List.of(filter.split("/", -1)), List.of(topic.split("/", -1)));
    }

    private static boolean matches(List<String> filter, List<String> topic) {
        if (filter.equals(List.of("#"))) {
            return true;
        }
        if (filter.isEmpty() || topic.isEmpty()) {
            return filter.isEmpty() && topic.isEmpty();
        }
        boolean first = filter.get(0).equals("+") || filter.get(0).equals(topic.get(0));
        return first && matches(filter.subList(1, filter.size()), topic.subList(1, topic.size()));
    }

    private static String literals(Random random, int count) {
        List<String> levels = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            levels.add(level(random));
        }
        return String.join("/", levels);
    }

    private static String level(Random random) {
        return LEVELS.get(random.nextInt(LEVELS.size()));
    }
}
