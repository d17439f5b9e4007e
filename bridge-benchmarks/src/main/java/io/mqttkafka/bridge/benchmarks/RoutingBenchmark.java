package io.mqttkafka.bridge.benchmarks;

import io.mqttkafka.bridge.core.routing.RouteTable;
import io.mqttkafka.bridge.core.routing.TopicFilter;
import io.mqttkafka.bridge.core.routing.TopicTemplate;
import io.mqttkafka.bridge.core.routing.TopicTemplate.Variable;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does routing cost per message, and does it grow with the number of routes?
 *
 * <pre>{@code
 * mvn -q -B -ntp -Pjmh -pl bridge-benchmarks -am compile -Djmh.args="RoutingBenchmark -prof gc"
 * }</pre>
 *
 * <p>Run it with {@code -prof gc}: the bytes per message, {@code gc.alloc.rate.norm}, are half of the answer.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class RoutingBenchmark {
    private static final String TOPIC = "sensors/site-7/device-42/temp";

    /** One route per site, and one more that takes what all of them take. */
    @State(Scope.Benchmark)
    public static class Tables {
        /** How many sites. */
        @Param({"10", "1000"})
        public int routes;

        private RouteTable<TopicFilter> separate = table(Stream.of());
        private RouteTable<TopicFilter> overlapping = table(Stream.of());

        /** Builds the tables. */
        @Setup
        public void build() {
            separate = table(sites());
            overlapping = table(Stream.concat(Stream.of("sensors/#"), sites()));
        }

        private Stream<String> sites() {
            return IntStream.range(0, routes).mapToObj(site -> "sensors/site-" + site + "/{device}/temp");
        }

        private static RouteTable<TopicFilter> table(Stream<String> filters) {
            return RouteTable.of(filters.map(TopicFilter::parse).toList(), filter -> filter);
        }
    }

    /** A route's filter and template, and the message {@link #TOPIC} with its levels. */
    @State(Scope.Benchmark)
    public static class Route implements TopicTemplate.Values {
        private final TopicFilter filter = TopicFilter.parse("sensors/{site}/{device}/temp");
        private final TopicTemplate template = TopicTemplate.parse(
                "toKafka", "telemetry.{site}.{device}", filter.levelNames(), EnumSet.allOf(Variable.class));
        private final String[] levels = filter.captures(TOPIC);

        @Override
        public String topic() {
            return TOPIC;
        }

        @Override
        public String level(int index) {
            return levels[index];
        }

        @Override
        public @Nullable String key() {
            return null;
        }

        @Override
        public @Nullable String header(String name) {
            return null;
        }
    }

    /**
     * Finds the only route of a topic.
     *
     * @param tables the tables
     * @return the route
     */
    @Benchmark
    public List<TopicFilter> matchOne(Tables tables) {
        return tables.separate.match(TOPIC);
    }

    /**
     * Finds two routes of a topic, which have to be put in order.
     *
     * @param tables the tables
     * @return the routes
     */
    @Benchmark
    public List<TopicFilter> matchTwo(Tables tables) {
        return tables.overlapping.match(TOPIC);
    }

    /**
     * Cuts the named levels out of a topic.
     *
     * @param route the route
     * @return the levels
     */
    @Benchmark
    public String[] captureTwoLevels(Route route) {
        return route.filter.captures(TOPIC);
    }

    /**
     * Makes the name of a Kafka topic of two levels.
     *
     * @param route the route
     * @return the name
     */
    @Benchmark
    public String renderTwoLevels(Route route) {
        return route.template.render(route);
    }
}
