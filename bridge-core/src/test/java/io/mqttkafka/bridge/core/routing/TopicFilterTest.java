package io.mqttkafka.bridge.core.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mqttkafka.bridge.error.BridgeConfigException;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class TopicFilterTest {
    /** One covers the other if no topic matches the other alone. */
    @Test
    void covers_randomFilters_agreesWithTryingEveryTopic() {
        List<String> topics = RandomTopics.all(4);
        long seed = System.nanoTime();
        Random random = new Random(seed);
        int covering = 0;
        for (int i = 0; i < 2_000; i++) {
            String one = RandomTopics.filter(random, 4);
            String other = RandomTopics.filter(random, 4);
            boolean expected = topics.stream()
                    .allMatch(topic -> RandomTopics.matches(one, topic) || !RandomTopics.matches(other, topic));
            boolean covers = TopicFilter.parse(one).covers(TopicFilter.parse(other));
            covering += covers ? 1 : 0;
            // There are more topics than those that are tried, and more levels.
            assertThat(!covers || expected)
                    .as("'%s' covers '%s', seed %d", one, other, seed)
                    .isTrue();
        }
        assertThat(covering).isPositive();
    }

    @ParameterizedTest
    @CsvSource({
        "a/#, a/+/c, true",
        "a/#, a, true",
        "a/#, a/#, true",
        "a/+/#, a/#, false",
        "a/+/#, a/b/c, true",
        "a/+, a/#, false",
        "a/+, a/b, true",
        "a/b, a/+, false",
        "+/b, a/b, true",
        "+, a/b, false",
        "a/b, a, false",
        "#, a/b, true",
        "#, $SYS/a, false",
        "+/a, $SYS/a, false",
        "$SYS/#, $SYS/a, true",
        "a/+/c, a/b/+, false",
    })
    void covers_examples_areExact(String one, String other, boolean expected) {
        assertThat(TopicFilter.parse(one).covers(TopicFilter.parse(other))).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "a, a, ",
        "/, /, ",
        "//, //, ",
        "#, #, ",
        "/#, /#, ",
        "+, +, ",
        "+/+/#, +/+/#, ",
        "a//b, a//b, ",
        "a b/ c, a b/ c, ",
        "$SYS/#, $SYS/#, ",
        "$share, $share, ",
        "$shared/g/a, $shared/g/a, ",
        "sensors/{site}/{device}/temp, sensors/+/+/temp, site device",
        "{site}, +, site",
        "{_a-1}/#, +/#, _a-1",
        "{größe}, +, größe",
        "{header}, +, header",
        "{{site}}/x, {site}/x, ",
        "a{{/}}b, a{/}b, ",
        "{{{{/a, {{/a, ",
    })
    void parse_valid_givesFilterAndNames(String pattern, String filter, String names) {
        TopicFilter parsed = TopicFilter.parse(pattern);

        assertThat(parsed.filter()).isEqualTo(filter);
        assertThat(parsed.subscription()).isEqualTo(filter);
        assertThat(parsed.shareGroup()).isNull();
        assertThat(parsed.levelNames()).isEqualTo(names == null ? List.of() : List.of(names.split(" ")));
        assertThat(parsed).hasToString(pattern);
    }

    @ParameterizedTest
    @CsvSource({
        "$share/g/a/{b}/#, g, a/+/#, $share/g/a/+/#",
        "$share/g//, g, /, $share/g//",
        "$share/my group/#, my group, #, $share/my group/#",
        "$share/{{g}}/a, {g}, a, $share/{g}/a",
        "$share/$share/a, $share, a, $share/$share/a",
    })
    void parse_shared_splitsGroupAndFilter(String pattern, String group, String filter, String subscription) {
        TopicFilter parsed = TopicFilter.parse(pattern);

        assertThat(parsed.shareGroup()).isEqualTo(group);
        assertThat(parsed.filter()).isEqualTo(filter);
        assertThat(parsed.subscription()).isEqualTo(subscription);
        assertThat(parsed).hasToString(pattern);
    }

    static Stream<Arguments> parse_invalid_namesValueAndMend() {
        return Stream.of(
                Arguments.of("", "subscribes to nothing; name a topic"),
                Arguments.of("$share/g/", "subscribes to nothing; name a topic"),
                Arguments.of("$share/g", "subscribes to nothing; name a topic"),
                Arguments.of("$share//a", "has an empty share group; write '$share/group/filter'"),
                Arguments.of("$share/", "has an empty share group; write '$share/group/filter'"),
                Arguments.of("$share/+/a", "wildcard in its share group; give the group a name without"),
                Arguments.of("$share/g#/a", "wildcard in its share group; give the group a name without"),
                Arguments.of("$share/{g}/a", "single '{' in '{g}'; write '{{' for a literal brace"),
                Arguments.of("a+", "wildcard inside the level 'a+'; make it a whole level"),
                Arguments.of("a/+b/c", "wildcard inside the level '+b'; make it a whole level"),
                Arguments.of("++", "wildcard inside the level '++'; make it a whole level"),
                Arguments.of("a#", "wildcard inside the level 'a#'; make it a whole level"),
                Arguments.of("a/##", "wildcard inside the level '##'; make it a whole level"),
                Arguments.of("#/a", "has '#' before the last level; use '+' or '{name}'"),
                Arguments.of("a/#/", "has '#' before the last level; use '+' or '{name}'"),
                Arguments.of("{a/b}", "more than a name in the level '{a'; write '{name}' as a whole level"),
                Arguments.of("{a}b", "more than a name in the level '{a}b'; write '{name}' as a whole level"),
                Arguments.of("{a}{b}", "more than a name in the level '{a}{b}'; write '{name}' as a whole level"),
                Arguments.of("{a}}}", "more than a name in the level '{a}}}'; write '{name}' as a whole level"),
                Arguments.of("{", "more than a name in the level '{'; write '{name}' as a whole level"),
                Arguments.of("a{b}", "single '{' in 'a{b}'; write '{{' for a literal brace; a name is a whole level"),
                Arguments.of("{{{a}}}", "single '{' in '{{{a}}}'; write '{{'"),
                Arguments.of("a}", "single '}' in 'a}'; write '}}' for a literal brace"),
                Arguments.of("}a", "single '}' in '}a'; write '}}' for a literal brace"),
                Arguments.of("{}", "a level named ''; start the name with a letter"),
                Arguments.of("{1a}", "a level named '1a'; start the name with a letter"),
                Arguments.of("{-a}", "a level named '-a'; start the name with a letter"),
                Arguments.of("{a.b}", "a level named 'a.b'; start the name with a letter"),
                Arguments.of("{a+}", "a level named 'a+'; start the name with a letter"),
                Arguments.of("{{a}", "single '}' in '{{a}'; write '}}'"),
                Arguments.of("{topic}/a", "named 'topic', which means something else in templates; choose another"),
                Arguments.of("a/{key}", "named 'key', which means something else in templates; choose another"),
                Arguments.of("{a}/{b}/{a}", "two levels named 'a'; give each a name of its own, or use '+'"),
                Arguments.of("a\0", "has U+0000, which MQTT forbids; remove it"),
                Arguments.of("a/\uFFFE", "has U+FFFE, which MQTT forbids; remove it"),
                Arguments.of("\uFFFF", "has U+FFFF, which MQTT forbids; remove it"),
                Arguments.of("a\uD83D", "has U+D83D, which MQTT forbids; remove it"),
                Arguments.of("\uDE00\uD83D", "has U+DE00, which MQTT forbids; remove it"));
    }

    @ParameterizedTest
    @MethodSource
    void parse_invalid_namesValueAndMend(String pattern, String message) {
        assertThatThrownBy(() -> TopicFilter.parse(pattern))
                .isExactlyInstanceOf(BridgeConfigException.class)
                .hasMessageStartingWith("filter: '" + UntrustedText.escape(pattern) + "' ")
                .hasMessageContaining(message);
    }

    @Test
    void parse_emoji_isAllowed() {
        assertThat(TopicFilter.parse("a/\uD83D\uDE00").filter()).isEqualTo("a/\uD83D\uDE00");
    }

    @Test
    void parse_65535Bytes_isAllowed() {
        String pattern = "$share/g/" + "ä".repeat(32_763);

        assertThat(TopicFilter.parse(pattern).subscription()).isEqualTo(pattern);
    }

    @Test
    void parse_65536Bytes_isRefused() {
        assertThatThrownBy(() -> TopicFilter.parse("$share/g/a" + "ä".repeat(32_763)))
                .isExactlyInstanceOf(BridgeConfigException.class)
                .hasMessageContaining("takes 65536 bytes; MQTT has room for 65535, so shorten it")
                .hasMessageContaining("...'");
    }

    @Test
    void parse_longNameOfShortLevel_countsWhatIsSubscribed() {
        assertThat(TopicFilter.parse("{" + "a".repeat(70_000) + "}").subscription())
                .isEqualTo("+");
    }

    @Test
    void parse_escapeSequenceInPattern_isEscapedInMessage() {
        assertThatThrownBy(() -> TopicFilter.parse("a#\u001B[31m"))
                .hasMessageContaining("'a#\\u001B[31m'")
                .hasMessageNotContaining("\u001B");
    }

    @ParameterizedTest
    @CsvSource({
        "sport/tennis/player1/#, sport/tennis/player1, true",
        "sport/tennis/player1/#, sport/tennis/player1/ranking, true",
        "sport/tennis/player1/#, sport/tennis/player1/score/wimbledon, true",
        "sport/tennis/player1/#, sport/tennis/player10, false",
        "sport/#, sport, true",
        "sport/#, sport/, true",
        "sport/#, sports, false",
        "sport/#, spor, false",
        "#, sport, true",
        "#, /, true",
        "sport/tennis/+, sport/tennis/player1, true",
        "sport/tennis/+, sport/tennis/player1/ranking, false",
        "sport/+, sport, false",
        "sport/+, sport/, true",
        "+/+, /finance, true",
        "/+, /finance, true",
        "+, /finance, false",
        "+/#, sport, true",
        "a/+/#, a, false",
        "+/b, /b, true",
        "a/+/b, a//b, true",
        "a/b/, a/b, false",
        "ACCOUNTS, Accounts, false",
        "#, $SYS/uptime, false",
        "+/monitor/Clients, $SYS/monitor/Clients, false",
        "{a}/b, $SYS/b, false",
        "$SYS/#, $SYS/uptime, true",
        "$SYS/#, $SYS, true",
        "$SYS/monitor/+, $SYS/monitor/Clients, true",
        "a/#, a/$SYS, true",
        "a/+, a/$SYS, true",
        "$share/g/a/+, a/b, true",
        "$share/g/a/+, $share/g/a/b, false",
        "$share/g/#, $SYS/a, false",
        "{{a}}, {a}, true",
    })
    void matches_examples_followSpecification(String pattern, String topic, boolean expected) {
        assertThat(TopicFilter.parse(pattern).matches(topic)).isEqualTo(expected);
    }

    @Test
    void matches_randomFiltersAndTopics_agreesWithNaiveMatcher() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 50_000; i++) {
            String filter = RandomTopics.filter(random, 5);
            String topic = RandomTopics.topic(random);
            assertThat(TopicFilter.parse(filter).matches(topic))
                    .as("'%s' and '%s', seed %d", filter, topic, seed)
                    .isEqualTo(RandomTopics.matches(filter, topic));
        }
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "none",
            value = {
                "a/{x}/{y}, a/1/2, 1 2",
                "{x}/+/{y}/#, 1/2/3/4/5, 1 3",
                "{x}/+/{y}/#, 1/2/3, 1 3",
                "{x}/#, 1, 1",
                "{x}, 1, 1",
                "$share/g/a/{x}, a/1, 1",
                "a/{x}, a/{x}$1, {x}$1",
                "a/+, a/1, none",
            })
    void captures_named_givesValuesInOrder(String pattern, String topic, String expected) {
        TopicFilter filter = TopicFilter.parse(pattern);

        assertThat(filter.matches(topic)).isTrue();
        assertThat(filter.captures(topic)).isEqualTo(expected == null ? new String[0] : expected.split(" "));
    }

    @ParameterizedTest
    @CsvSource({"a/{x}/b, a//b", "{x}/a, /a", "a/{x}, a/"})
    void captures_emptyLevel_isEmpty(String pattern, String topic) {
        assertThat(TopicFilter.parse(pattern).captures(topic)).containsExactly("");
    }

    @ParameterizedTest
    @CsvSource({
        "a, a, true",
        "a, b, false",
        "a/+, +/b, true",
        "a/+, a/b/c, false",
        "a/#, a, true",
        "a/#, a/b/c, true",
        "a/#, +/b/+, true",
        "a/#, b/#, false",
        "a/+/#, a, false",
        "#, $SYS/a, false",
        "#, $SYS/#, false",
        "+/a, $SYS/a, false",
        "#, +, true",
        "/#, +, false",
        "/#, #, true",
        "/#, /, true",
        "/#, +/+, true",
        "$share/g/a/+, a/b, true",
        "{x}/b, a/{y}, true",
    })
    void intersects_examples_areExact(String one, String other, boolean expected) {
        assertThat(TopicFilter.parse(one).intersects(TopicFilter.parse(other))).isEqualTo(expected);
        assertThat(TopicFilter.parse(other).intersects(TopicFilter.parse(one))).isEqualTo(expected);
    }

    @Test
    void intersects_randomFilters_agreesWithTryingEveryTopic() {
        List<String> topics = RandomTopics.all(4);
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 1_000; i++) {
            String one = RandomTopics.filter(random, 4);
            String other = RandomTopics.filter(random, 4);
            boolean expected = topics.stream()
                    .anyMatch(topic -> RandomTopics.matches(one, topic) && RandomTopics.matches(other, topic));
            assertThat(TopicFilter.parse(one).intersects(TopicFilter.parse(other)))
                    .as("'%s' and '%s', seed %d", one, other, seed)
                    .isEqualTo(expected);
        }
    }
}
