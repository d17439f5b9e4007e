package io.mqttkafka.bridge.testkit.fake.mqtt;

import java.util.Optional;

/** The rules of MQTT for topic names and topic filters. */
final class TopicFilters {

    static final String ANY_LEVEL = "+";
    static final String ANY_LEVELS = "#";

    private static final String SHARED = "$share/";

    private TopicFilters() {}

    /** A filter of a shared subscription, taken apart. */
    record Shared(String group, String filter) {}

    /** Returns the parts of a filter that starts with {@code $share/}; empty for any other. */
    static Optional<Shared> shared(String filter) {
        if (!filter.startsWith(SHARED)) {
            return Optional.empty();
        }
        int slash = filter.indexOf('/', SHARED.length());
        return slash < 0
                ? Optional.of(new Shared(filter.substring(SHARED.length()), ""))
                : Optional.of(new Shared(filter.substring(SHARED.length(), slash), filter.substring(slash + 1)));
    }

    static boolean isValid(String filter) {
        return shared(filter)
                .map(shared -> isValidGroup(shared.group()) && isValidPlain(shared.filter()))
                .orElseGet(() -> isValidPlain(filter));
    }

    static boolean isValidTopic(String topic) {
        return !topic.isEmpty() && !hasWildcard(topic) && topic.indexOf('\0') < 0;
    }

    static String[] levels(String topicOrFilter) {
        return topicOrFilter.split("/", -1);
    }

    /** Returns whether a valid filter, which is not that of a shared subscription, matches the topic. */
    static boolean matches(String filter, String topic) {
        String[] wanted = levels(filter);
        String[] levels = levels(topic);
        if (topic.startsWith("$") && (wanted[0].equals(ANY_LEVEL) || wanted[0].equals(ANY_LEVELS))) {
            return false;
        }
        for (int i = 0; i < wanted.length; i++) {
            if (wanted[i].equals(ANY_LEVELS)) {
                return true;
            }
            if (i == levels.length || (!wanted[i].equals(ANY_LEVEL) && !wanted[i].equals(levels[i]))) {
                return false;
            }
        }
        return wanted.length == levels.length;
    }

    private static boolean isValidGroup(String group) {
        return !group.isEmpty() && !hasWildcard(group);
    }

    private static boolean isValidPlain(String filter) {
        if (filter.isEmpty() || filter.indexOf('\0') >= 0) {
            return false;
        }
        String[] levels = levels(filter);
        for (int i = 0; i < levels.length; i++) {
            boolean wildcard = levels[i].equals(ANY_LEVEL) || (levels[i].equals(ANY_LEVELS) && i == levels.length - 1);
            if (!wildcard && hasWildcard(levels[i])) {
                return false;
            }
        }
        return true;
    }

    private static boolean hasWildcard(String text) {
        return text.contains(ANY_LEVEL) || text.contains(ANY_LEVELS);
    }
}
