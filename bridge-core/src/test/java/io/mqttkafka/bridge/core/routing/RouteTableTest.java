package io.mqttkafka.bridge.core.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RouteTableTest {
    private record Route(int position, TopicFilter filter) {}

    @Test
    void match_noRoutes_isEmpty() {
        RouteTable<Route> table = table();

        assertThat(table.match("a")).isEmpty();
        assertThat(table.overlapping()).isFalse();
    }

    @Test
    void match_several_areInRouteOrder() {
        RouteTable<Route> table = table("#", "a/b", "x", "+/b", "a/#", "a/b", "a/+", "a/b/#");

        assertThat(table.match("a/b")).extracting(Route::position).containsExactly(0, 1, 3, 4, 5, 6, 7);
    }

    @Test
    void match_reservedTopic_escapesWildcardsAtFirstLevelOnly() {
        RouteTable<Route> table = table("#", "+/a", "$SYS/+", "$SYS/#", "$SYS");

        assertThat(table.match("$SYS/a")).extracting(Route::position).containsExactly(2, 3);
        assertThat(table.match("$SYS")).extracting(Route::position).containsExactly(3, 4);
        assertThat(table.match("$other")).isEmpty();
    }

    @Test
    void match_levelsWithEqualHashes_areToldApart() {
        assertThat("AaAa").hasSameHashCodeAs("BBBB").hasSameHashCodeAs("AaBB");
        RouteTable<Route> table = table("AaAa", "BBBB", "AaBB");

        assertThat(table.match("BBBB")).extracting(Route::position).containsExactly(1);
        assertThat(table.match("AaBB")).extracting(Route::position).containsExactly(2);
        assertThat(table.match("BBAa")).isEmpty();
    }

    @Test
    void match_topicWithWildcardCharacters_meansThemLiterally() {
        RouteTable<Route> table = table("a/+", "b/#", "c");

        assertThat(table.match("+")).isEmpty();
        assertThat(table.match("b/+")).extracting(Route::position).containsExactly(1);
        assertThat(table.match("#")).isEmpty();
    }

    @Test
    void match_thousandRoutes_findsEachOne() {
        RouteTable<Route> table = table(IntStream.range(0, 1_000)
                .mapToObj(i -> "site-" + i + "/{device}/temp")
                .toArray(String[]::new));

        assertThat(table.overlapping()).isFalse();
        for (int i = 0; i < 1_000; i++) {
            assertThat(table.match("site-" + i + "/d/temp"))
                    .extracting(Route::position)
                    .containsExactly(i);
        }
        assertThat(table.match("site-1000/d/temp")).isEmpty();
    }

    @Test
    void match_deepestFilterAndTopic_needsNoDeepStack() {
        String filter = "+/".repeat(32_000) + "#";

        assertThat(table(filter, "a/" + filter).match("a" + "/a".repeat(32_001)))
                .hasSize(2);
    }

    @Test
    void match_result_isUnmodifiable() {
        RouteTable<Route> table = table("a/b", "a/+");

        assertThatThrownBy(() -> table.match("a/b").clear()).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> table.match("a/c").clear()).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void match_randomRoutesAndTopics_agreesWithNaiveMatcher() {
        List<String> topics = RandomTopics.all(3);
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 300; i++) {
            String[] filters = Stream.generate(() -> RandomTopics.filter(random, 4))
                    .limit(random.nextInt(12))
                    .toArray(String[]::new);
            RouteTable<Route> table = table(filters);
            for (String topic : topics) {
                List<Integer> expected = IntStream.range(0, filters.length)
                        .filter(route -> RandomTopics.matches(filters[route], topic))
                        .boxed()
                        .toList();
                assertThat(table.match(topic).stream().map(Route::position).toList())
                        .as("'%s' in %s, seed %d", topic, List.of(filters), seed)
                        .isEqualTo(expected);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "a, b, c, false",
        "a, b, a, true",
        "a/+, b, +/b, true",
        "$SYS/#, #, $other/#, false",
        "$share/g/a, b, a, true",
    })
    void overlapping_threeRoutes_isWhetherAnyTwoIntersect(String one, String two, String three, boolean expected) {
        assertThat(table(one, two, three).overlapping()).isEqualTo(expected);
    }

    private static RouteTable<Route> table(String... filters) {
        List<Route> routes = IntStream.range(0, filters.length)
                .mapToObj(position -> new Route(position, TopicFilter.parse(filters[position])))
                .toList();
        return RouteTable.of(routes, Route::filter);
    }
}
