package io.mqttkafka.bridge.core.routing;

import io.mqttkafka.bridge.error.BridgeConfigException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An MQTT topic filter whose levels may have names: {@code sensors/{site}/+/temp}. Names are for templates and mappers;
 * the broker sees {@code +} in their place.
 *
 * <p>Immutable.
 */
public final class TopicFilter {
    /** The level that stands for any one level. No literal level can be this text, so it needs no type of its own. */
    static final String ANY_LEVEL = "+";

    /** The last level that stands for any number of levels, none included. */
    static final String ANY_LEVELS = "#";

    private static final String SHARED = "$share/";
    private static final int MAX_BYTES = 65_535;
    private static final Set<String> RESERVED_NAMES = Set.of("topic", "key");
    private static final String[] NO_CAPTURES = {};

    private final String pattern;
    private final @Nullable String shareGroup;
    private final List<String> levels;
    private final String filter;
    private final List<String> levelNames;
    private final int[] namedLevels;

    private TopicFilter(String pattern, @Nullable String shareGroup, List<String> levels, List<NamedLevel> named) {
        this.pattern = pattern;
        this.shareGroup = shareGroup;
        this.levels = List.copyOf(levels);
        this.filter = String.join("/", levels);
        this.levelNames = named.stream().map(NamedLevel::name).toList();
        this.namedLevels = named.stream().mapToInt(NamedLevel::index).toArray();
    }

    private record NamedLevel(String name, int index) {}

    /**
     * Parses a filter as {@link io.mqttkafka.bridge.Route#fromMqtt} describes it.
     *
     * @param pattern the filter with named levels
     * @return the filter
     * @throws BridgeConfigException if it breaks a rule of MQTT or of named levels
     */
    public static TopicFilter parse(String pattern) {
        requireMqttCharacters(pattern);
        String shareGroup = null;
        String path = pattern;
        if (pattern.startsWith(SHARED)) {
            int end = levelEnd(pattern, SHARED.length());
            shareGroup = parseShareGroup(pattern, pattern.substring(SHARED.length(), end));
            path = end == pattern.length() ? "" : pattern.substring(end + 1);
        }
        if (path.isEmpty()) {
            throw invalid(pattern, "subscribes to nothing", "name a topic, or use '#' for all topics");
        }
        List<String> levels = new ArrayList<>();
        List<NamedLevel> named = new ArrayList<>();
        int end;
        for (int start = 0; start <= path.length(); start = end + 1) {
            end = levelEnd(path, start);
            String level = path.substring(start, end);
            if (isNamed(level)) {
                named.add(new NamedLevel(parseName(pattern, level, named), levels.size()));
                levels.add(ANY_LEVEL);
            } else {
                levels.add(parsePlainLevel(pattern, level, end == path.length()));
            }
        }
        TopicFilter parsed = new TopicFilter(pattern, shareGroup, levels, named);
        int bytes = parsed.subscription().getBytes(StandardCharsets.UTF_8).length;
        if (bytes > MAX_BYTES) {
            throw invalid(pattern, "takes " + bytes + " bytes", "MQTT has room for " + MAX_BYTES + ", so shorten it");
        }
        return parsed;
    }

    /**
     * Returns the text for SUBSCRIBE, including the share group.
     *
     * @return a filter that brokers understand
     */
    public String subscription() {
        return shareGroup == null ? filter : SHARED + shareGroup + "/" + filter;
    }

    /**
     * Returns what topics are matched with: without the share group, named levels as {@code +}.
     *
     * @return the filter
     */
    public String filter() {
        return filter;
    }

    /**
     * Returns the group that shares the subscription.
     *
     * @return the group, or null if the subscription is not shared
     */
    public @Nullable String shareGroup() {
        return shareGroup;
    }

    /**
     * Returns the names of the named levels, in the order of {@link #captures}.
     *
     * @return the names, without braces; unmodifiable
     */
    public List<String> levelNames() {
        return levelNames;
    }

    /**
     * Says whether a topic matches. Wildcards at the first level never match a topic that starts with {@code $}: those are
     * the broker's own.
     *
     * @param topic the topic a message was published to
     * @return whether it matches
     */
    public boolean matches(String topic) {
        if (isReserved(topic) && startsWithWildcard()) {
            return false;
        }
        int at = 0;
        for (int i = 0; i < filter.length(); i++) {
            char expected = filter.charAt(i);
            if (expected == '#') {
                return true;
            } else if (expected == '+') {
                at = levelEnd(topic, at);
            } else if (at < topic.length() && topic.charAt(at) == expected) {
                at++;
            } else {
                // "sport/#" matches its parent "sport" too.
                return at == topic.length() && i == filter.length() - 2 && filter.endsWith("/#");
            }
        }
        return at == topic.length();
    }

    /**
     * Returns the levels of a topic that have names here.
     *
     * @param topic a topic that {@linkplain #matches matches}
     * @return the values, in the order of {@link #levelNames}; a level may be empty
     */
    public String[] captures(String topic) {
        if (namedLevels.length == 0) {
            return NO_CAPTURES;
        }
        String[] values = new String[namedLevels.length];
        int start = 0;
        int captured = 0;
        for (int level = 0; captured < values.length; level++) {
            int end = levelEnd(topic, start);
            if (level == namedLevels[captured]) {
                values[captured++] = topic.substring(start, end);
            }
            start = end + 1;
        }
        return values;
    }

    /**
     * Says whether some topic matches both filters.
     *
     * @param other the other filter
     * @return whether they overlap
     */
    public boolean intersects(TopicFilter other) {
        if ((isReserved(filter) && other.startsWithWildcard()) || (isReserved(other.filter) && startsWithWildcard())) {
            return false;
        }
        int common = Math.min(levels.size(), other.levels.size());
        for (int i = 0; i < common; i++) {
            String mine = levels.get(i);
            String theirs = other.levels.get(i);
            if (mine.equals(ANY_LEVELS) || theirs.equals(ANY_LEVELS)) {
                return true;
            }
            if (!mine.equals(theirs) && !mine.equals(ANY_LEVEL) && !theirs.equals(ANY_LEVEL)) {
                return false;
            }
        }
        if (levels.size() == other.levels.size()) {
            return true;
        }
        TopicFilter longer = levels.size() > common ? this : other;
        // The longer one can only match its own parent. That of "/#" is the empty topic, which does not exist.
        return longer.levels.get(common).equals(ANY_LEVELS) && !longer.filter.equals("/#");
    }

    /**
     * Says whether every topic that matches the other filter matches this one.
     *
     * @param other the other filter
     * @return whether a subscription to this one brings all that one to the other would
     */
    public boolean covers(TopicFilter other) {
        if (isReserved(other.filter) && startsWithWildcard()) {
            return false;
        }
        for (int i = 0; i < levels.size(); i++) {
            String mine = levels.get(i);
            if (mine.equals(ANY_LEVELS)) {
                // Its parent too.
                return true;
            }
            String theirs = i < other.levels.size() ? other.levels.get(i) : ANY_LEVELS;
            if (theirs.equals(ANY_LEVELS) || !(mine.equals(ANY_LEVEL) || mine.equals(theirs))) {
                return false;
            }
        }
        return other.levels.size() == levels.size();
    }

    /**
     * Returns the filter as it was written.
     *
     * @return the pattern
     */
    @Override
    public String toString() {
        return pattern;
    }

    /** Returns the levels; {@link #ANY_LEVEL} and {@link #ANY_LEVELS} are wildcards, every other is literal. */
    List<String> levels() {
        return levels;
    }

    /** Says whether a topic is one of the broker's own, which first-level wildcards do not match. */
    static boolean isReserved(String topic) {
        return topic.startsWith("$");
    }

    /** Returns where the level that starts at {@code start} ends: at the next slash, or at the end of the text. */
    static int levelEnd(String text, int start) {
        int slash = text.indexOf('/', start);
        return slash < 0 ? text.length() : slash;
    }

    private boolean startsWithWildcard() {
        char first = filter.charAt(0);
        return first == '+' || first == '#';
    }

    private static void requireMqttCharacters(String pattern) {
        int character;
        for (int at = 0; at < pattern.length(); at += Character.charCount(character)) {
            character = pattern.codePointAt(at);
            boolean surrogate = character >= Character.MIN_SURROGATE && character <= Character.MAX_SURROGATE;
            if (character == 0 || character == 0xFFFE || character == 0xFFFF || surrogate) {
                throw invalid(pattern, "has U+%04X, which MQTT forbids".formatted(character), "remove it");
            }
        }
    }

    private static String parseShareGroup(String pattern, String group) {
        if (group.isEmpty()) {
            throw invalid(pattern, "has an empty share group", "write '$share/group/filter'");
        }
        if (group.indexOf('+') >= 0 || group.indexOf('#') >= 0) {
            throw invalid(pattern, "has a wildcard in its share group", "give the group a name without '+' and '#'");
        }
        return unescape(pattern, group);
    }

    private static boolean isNamed(String level) {
        return level.startsWith("{") && !level.startsWith("{{");
    }

    private static String parseName(String pattern, String level, List<NamedLevel> before) {
        if (level.indexOf('}') != level.length() - 1) {
            throw invalid(
                    pattern,
                    "has more than a name in the level '" + UntrustedText.escape(level) + "'",
                    "write '{name}' as a whole level, and '{{' or '}}' for a literal brace");
        }
        String name = level.substring(1, level.length() - 1);
        if (!isLevelName(name)) {
            throw invalid(
                    pattern,
                    "has a level named '" + UntrustedText.escape(name) + "'",
                    "start the name with a letter or '_' and go on with letters, digits, '_' and '-'");
        }
        if (RESERVED_NAMES.contains(name)) {
            throw invalid(
                    pattern,
                    "has a level named '" + name + "', which means something else in templates",
                    "choose another name");
        }
        if (before.stream().anyMatch(named -> named.name().equals(name))) {
            throw invalid(pattern, "has two levels named '" + name + "'", "give each a name of its own, or use '+'");
        }
        return name;
    }

    private static boolean isLevelName(String name) {
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean first = Character.isLetter(c) || c == '_';
            boolean later = Character.isDigit(c) || c == '-';
            if (!first && !(later && i > 0)) {
                return false;
            }
        }
        return !name.isEmpty();
    }

    private static String parsePlainLevel(String pattern, String level, boolean last) {
        if (level.equals(ANY_LEVEL) || (level.equals(ANY_LEVELS) && last)) {
            return level;
        }
        if (level.equals(ANY_LEVELS)) {
            throw invalid(pattern, "has '#' before the last level", "use '+' or '{name}' for one level");
        }
        if (level.indexOf('+') >= 0 || level.indexOf('#') >= 0) {
            throw invalid(
                    pattern,
                    "has a wildcard inside the level '" + UntrustedText.escape(level) + "'",
                    "make it a whole level; MQTT cannot match part of one");
        }
        return unescape(pattern, level);
    }

    private static String unescape(String pattern, String text) {
        if (text.indexOf('{') < 0 && text.indexOf('}') < 0) {
            return text;
        }
        StringBuilder literal = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            literal.append(c);
            if (c == '{' || c == '}') {
                i++;
                if (i == text.length() || text.charAt(i) != c) {
                    throw invalid(
                            pattern,
                            "has a single '" + c + "' in '" + UntrustedText.escape(text) + "'",
                            "write '" + c + c + "' for a literal brace; a name is a whole level of the topic");
                }
            }
        }
        return literal.toString();
    }

    private static BridgeConfigException invalid(String pattern, String fault, String mend) {
        return new BridgeConfigException("filter: '" + UntrustedText.escape(pattern) + "' " + fault + "; " + mend);
    }
}
