package io.mqttkafka.bridge.testkit.fake.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TopicFiltersTest {

    private static final long SEED = 7;
    private static final String[] LEVELS = {"a", "b", "", "$x"};

    @ParameterizedTest
    @CsvSource({
        "a/b, a/b, true",
        "a/b, a/c, false",
        "a/+, a/b, true",
        "a/+, a, false",
        "a/+, a/, true",
        "+, a, true",
        "+/+, /a, true",
        "a/#, a, true",
        "a/#, a/b/c, true",
        "#, a/b, true",
        "#, $SYS/x, false",
        "+/x, $SYS/x, false",
        "$SYS/#, $SYS/x, true",
        "$SYS/+, $SYS/x, true",
        "a/b/c, a/b, false",
    })
    void matches_followsTheSpecification(String filter, String topic, boolean expected) {
        assertThat(TopicFilters.matches(filter, topic)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "a/b", "+", "#", "a/+/b", "a/#", "/", "$share/g/a/#", "$SYS/#"})
    void isValid_filtersOfTheSpecification_areValid(String filter) {
        assertThat(TopicFilters.isValid(filter)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a+", "a/#/b", "#a", "a/b#", "$share/g", "$share//a", "$share/+/a", "$share/g/"})
    void isValid_anythingElse_isNot(String filter) {
        assertThat(TopicFilters.isValid(filter)).isFalse();
    }

    @Test
    void match_randomFiltersAndTopics_findsWhatMatchesOneByOne() {
        Random random = new Random(SEED);
        for (int round = 0; round < 500; round++) {
            TopicTree<Integer, String> tree = new TopicTree<>();
            List<String> filters = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                String filter = path(random, true);
                if (TopicFilters.isValid(filter)) {
                    filters.add(filter);
                    tree.put(filter, i, filter);
                }
            }
            String topic = path(random, false);
            List<String> matched = new ArrayList<>();
            tree.match(topic, matched::add);

            assertThat(matched)
                    .as("seed %d, round %d: %s in %s", SEED, round, topic, filters)
                    .containsExactlyInAnyOrderElementsOf(filters.stream()
                            .filter(filter -> TopicFilters.matches(filter, topic))
                            .toList());
        }
    }

    @Test
    void remove_last_leavesNothing() {
        TopicTree<String, String> tree = new TopicTree<>();
        tree.put("a/b/#", "k", "v");
        tree.put("a", "k", "v");

        assertThat(tree.remove("a/b/#", "other")).isFalse();
        assertThat(tree.remove("a/b/#", "k")).isTrue();
        assertThat(tree.get("a", "k")).isEqualTo("v");
        assertThat(tree.remove("a", "k")).isTrue();
        assertThat(tree.isEmpty()).isTrue();
    }

    private static String path(Random random, boolean wildcards) {
        int length = 1 + random.nextInt(3);
        List<String> levels = new ArrayList<>();
        for (int i = 0; i < length; i++) {
            int choice = random.nextInt(wildcards ? LEVELS.length + 2 : LEVELS.length);
            levels.add(choice < LEVELS.length ? LEVELS[choice] : choice == LEVELS.length ? "+" : "#");
        }
        String path = String.join("/", levels);
        return path.isEmpty() ? "a" : path;
    }
}
