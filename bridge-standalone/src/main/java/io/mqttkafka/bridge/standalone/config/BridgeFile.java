package io.mqttkafka.bridge.standalone.config;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.BridgeBuilder;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.StartMode;
import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.config.LoopOptions;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.config.TransactionOptions;
import io.mqttkafka.bridge.error.BridgeConfigException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A file that describes a bridge.
 *
 * <p>Reading it collects everything that is wrong; {@link #check} says it all at once. Immutable.
 */
public final class BridgeFile {
    /** What a bridge is made of while it is being described. */
    static final class Draft {
        final BridgeBuilder builder = Bridge.builder();
        final Overrides overrides;
        final Predicate<String> wanted;
        final Sections.HttpDraft http = new Sections.HttpDraft();
        final Sections.LogDraft log = new Sections.LogDraft();

        Draft(Overrides overrides, Predicate<String> wanted) {
            this.overrides = overrides;
            this.wanted = wanted;
        }
    }

    /** All options of a file. The log stands first, so that it is set before anything logs. */
    static final Section<Draft> ROOT = Section.of(
            "a bridge",
            Setting.within("log", "log", Sections.LOG, (d, fill) -> fill.accept(d.log), "How the program logs."),
            Setting.within(
                    "http",
                    "http",
                    Sections.HTTP,
                    (d, fill) -> fill.accept(d.http),
                    "The port for people and tools: health, metrics, a page. Default: none."),
            Setting.<Draft, Assignments<MqttOptions.Builder>>of(
                            "mqtt", "mqtt", Sections.MQTT, (d, v) -> {}, "The MQTT side.")
                    .require()
                    .writtenAs((value, tree, all) -> ".mqtt(m -> m" + Code.indented(value.java()) + ")"),
            Setting.<Draft, Assignments<KafkaOptions.Builder>>of(
                            "kafka", "kafka", Sections.KAFKA, (d, v) -> {}, "The Kafka side.")
                    .require()
                    .writtenAs((value, tree, all) -> ".kafka(k -> k" + Code.indented(value.java()) + ")"),
            Setting.of(
                    "start-timeout",
                    "startTimeout",
                    Forms.time(),
                    (d, v) -> d.builder.startTimeout(v),
                    "How long to try to reach the brokers at start. Default: 30s."),
            Setting.of(
                    "start-mode",
                    "startMode",
                    Forms.choice(StartMode.class),
                    (d, v) -> d.builder.startMode(v),
                    "until-timeout: a start without brokers fails then; in-background: it goes on. Default: until-timeout."),
            Setting.of(
                    "drain-timeout",
                    "drainTimeout",
                    Forms.time(),
                    (d, v) -> d.builder.drainTimeout(v),
                    "How long to wait for messages in flight at the end. Default: 10s."),
            Setting.of(
                    "stall-threshold",
                    "stallThreshold",
                    Forms.time(),
                    (d, v) -> d.builder.stallThreshold(v),
                    "The age from which an unacknowledged message degrades the bridge. Default: 30s."),
            Setting.<Draft, Assignments<LoopOptions.Builder>>of(
                            "loops",
                            "loops",
                            Sections.LOOPS,
                            (d, v) -> {},
                            "How messages are kept from going round in circles.")
                    .writtenAs((value, tree, all) ->
                            value.assigned().isEmpty() ? "" : ".loops(l -> l" + Code.indented(value.java()) + ")"),
            Setting.within(
                    "status",
                    "status",
                    Sections.STATUS,
                    (d, fill) -> d.builder.status(fill),
                    "Where the bridge says in MQTT how it is. Default: nowhere."),
            Setting.<Draft, Routes>of("routes", "route", new Routes.RoutesForm(), (d, v) -> {}, "The routes, by name.")
                    .require()
                    .writtenAs((value, tree, all) -> new Routes.RoutesForm().java(value, tree)));

    private static final Pattern OF_ROUTE = Pattern.compile("(?s)route '(.*?)': (.*)");

    private final String name;
    private final Tree tree;
    private final @Nullable Assignments<Draft> options;
    private final List<Problem> problems;

    private BridgeFile(String name, Tree tree, @Nullable Assignments<Draft> options, List<Problem> problems) {
        this.name = name;
        this.tree = tree;
        this.options = options;
        this.problems = List.copyOf(problems);
    }

    /** Reads a file. Nothing of what is wrong is said yet. */
    public static BridgeFile read(Path file, Function<String, @Nullable String> environment) {
        Path directory = Objects.requireNonNullElse(file.toAbsolutePath().getParent(), Path.of(""));
        List<Problem> problems = new ArrayList<>();
        String name = String.valueOf(file.getFileName());
        Tree tree = YamlFile.read(file, new Variables(environment, directory), problems);
        Assignments<Draft> options = null;
        if (tree instanceof Tree.Nothing) {
            if (problems.isEmpty()) {
                problems.add(new Problem(Place.of(name), "the file is empty; it needs mqtt, kafka and routes"));
            }
        } else {
            try {
                options = ROOT.read(tree, new Reading(directory, "", problems));
            } catch (Refused e) {
                problems.add(new Problem(e.place(), String.valueOf(e.getMessage())));
            }
        }
        return new BridgeFile(name, tree, options, problems);
    }

    /** What is wrong with the form of the file, apart from what the command line says in its place. */
    List<Problem> problems(Set<String> given) {
        return problems.stream()
                .filter(problem ->
                        given.stream().noneMatch(path -> problem.message().startsWith(missing(path))))
                .toList();
    }

    private static String missing(String path) {
        int dot = path.lastIndexOf('.');
        return (dot < 0 ? path : path.substring(0, dot) + ": " + path.substring(dot + 1)) + " is missing;";
    }

    /**
     * Checks everything, without a network.
     *
     * @throws ConfigException if anything is wrong, with all of it
     */
    public void check(Overrides overrides) {
        List<Problem> found = new ArrayList<>(problems(overrides.given()));
        Assignments<Draft> all = options;
        if (all == null) {
            throw new ConfigException(found);
        }
        int before = found.size();
        BridgeBuilder whole = builder(overrides, route -> true, found);
        if (found.isEmpty()) {
            // Each route by itself first: the engine stops at the first mistake.
            Set<Problem> built = new LinkedHashSet<>();
            for (Routes.Named route : routes().routes()) {
                Problem problem = build(builder(overrides, route.name()::equals, new ArrayList<>()));
                if (problem != null) {
                    built.add(problem);
                }
            }
            if (built.isEmpty()) {
                Problem problem = build(whole);
                if (problem != null) {
                    built.add(problem);
                }
            }
            found.addAll(built);
        }
        if (found.size() > before || !found.isEmpty()) {
            throw new ConfigException(found.stream()
                    .distinct()
                    .sorted(Comparator.comparingInt((Problem one) -> one.place().line())
                            .thenComparingInt(one -> one.place().column()))
                    .toList());
        }
    }

    private @Nullable Problem build(BridgeBuilder builder) {
        try {
            builder.build().close(Duration.ZERO);
            return null;
        } catch (BridgeConfigException | IllegalArgumentException e) {
            String message = String.valueOf(e.getMessage());
            return new Problem(place(message), translate(message));
        }
    }

    private Place place(String message) {
        Matcher ofRoute = OF_ROUTE.matcher(message);
        if (ofRoute.matches()) {
            Routes.Named route = routes().get(ofRoute.group(1));
            if (route != null) {
                Place found = route.options().find(ofRoute.group(2));
                return found == null ? route.place() : found;
            }
        }
        Place found = options == null ? null : options.find(message);
        return found == null ? Place.of(name) : found;
    }

    /** Returns a builder of the bridge. Only after {@link #check}. */
    public BridgeBuilder builder(Overrides overrides) {
        List<Problem> found = new ArrayList<>();
        BridgeBuilder builder = builder(overrides, route -> true, found);
        if (!found.isEmpty()) {
            throw new ConfigException(found);
        }
        return builder;
    }

    private BridgeBuilder builder(Overrides overrides, Predicate<String> wanted, List<Problem> found) {
        Draft draft = draft(overrides, wanted, found);
        Assignments<Draft> all = Objects.requireNonNull(options);
        attempt(
                "mqtt",
                found,
                () -> draft.builder.mqtt(mqtt -> {
                    fill(all, "mqtt", mqtt, overrides.given(), found);
                    overrides.mqtt(mqtt);
                }));
        attempt(
                "kafka",
                found,
                () -> draft.builder.kafka(kafka -> {
                    fill(all, "kafka", kafka, overrides.given(), found);
                    overrides.kafka(kafka);
                }));
        attempt(
                "loops",
                found,
                () -> draft.builder.loops(loops -> {
                    fill(all, "loops", loops, overrides.given(), found);
                    overrides.loops(loops);
                }));
        overrides.bridge(draft.builder);
        for (Routes.Named route : routes().routes()) {
            if (wanted.test(route.name())) {
                Route built = route.build(found);
                if (built != null) {
                    draft.builder.route(built);
                }
            }
        }
        overrides.routes().forEach(draft.builder::route);
        return draft.builder;
    }

    private Draft draft(Overrides overrides, Predicate<String> wanted, List<Problem> found) {
        Draft draft = new Draft(overrides, wanted);
        if (options != null) {
            options.applyTo(draft, found, overrides.given());
        }
        return draft;
    }

    @SuppressWarnings("unchecked") // the section is the one that has read it
    private static <B> void fill(
            Assignments<Draft> all, String name, B builder, Set<String> given, List<Problem> found) {
        Assignments<?> below = all.section(name);
        if (below != null) {
            Set<String> except = new LinkedHashSet<>();
            given.stream()
                    .filter(one -> one.startsWith(name + "."))
                    .map(one -> one.substring(name.length() + 1))
                    .forEach(except::add);
            ((Assignments<B>) below).applyTo(builder, found, except);
        }
    }

    private void attempt(String section, List<Problem> found, Runnable action) {
        int before = found.size();
        try {
            action.run();
        } catch (BridgeConfigException | IllegalArgumentException e) {
            Assignments<?> below = Objects.requireNonNull(options).section(section);
            if (found.size() == before && below != null && !below.broken()) {
                Place place = place(String.valueOf(e.getMessage()));
                Assignments.Assigned<Draft, ?> one =
                        Objects.requireNonNull(options).get(section);
                found.add(new Problem(
                        place.line() == 0 && one != null ? one.entry().place() : place,
                        translate(String.valueOf(e.getMessage()))));
            }
        }
    }

    private Routes routes() {
        Assignments.Assigned<Draft, ?> one = options == null ? null : options.get("routes");
        return one == null ? new Routes(List.of()) : (Routes) one.value();
    }

    /** Says what the bridge says, in the names of the file and without what variables and files hold. */
    public String translate(@Nullable String message) {
        return message == null ? "no reason given" : Assignments.hidden(Names.translate(message), secrets());
    }

    /** What must never be shown: what files hold, and variables where the option is a secret. */
    private Stream<Tree.Text> secrets() {
        return tree.texts()
                .filter(text ->
                        text.raw().contains("${file:") || text.raw().matches("(?i).*(password|secret|token).*"));
    }

    /** Says whether a route puts messages aside that it cannot deliver. */
    public boolean hasDeadLetter(String route) {
        Routes.Named named = routes().get(route);
        Assignments<?> policy = named == null ? null : named.options().section("on-failure");
        return policy != null && policy.get("dead-letter") != null;
    }

    /** Returns the MQTT side. Only after {@link #check}. */
    public MqttOptions mqttOptions(Overrides overrides) {
        MqttOptions.Builder options = MqttOptions.builder();
        fill(Objects.requireNonNull(this.options), "mqtt", options, overrides.given(), new ArrayList<>());
        overrides.mqtt(options);
        return options.build();
    }

    /** Returns the Kafka side. Only after {@link #check}. */
    public KafkaOptions kafkaOptions(Overrides overrides) {
        KafkaOptions.Builder options = KafkaOptions.builder();
        fill(Objects.requireNonNull(this.options), "kafka", options, overrides.given(), new ArrayList<>());
        overrides.kafka(options);
        return options.build();
    }

    /** Returns the Kafka topics that the routes read, without those of patterns. */
    public Set<String> readTopics() {
        Set<String> topics = new LinkedHashSet<>();
        for (Routes.Named route : routes().routes()) {
            Assignments.Assigned<?, ?> one = route.options().get("from-kafka");
            if (one != null) {
                one.entry().value().texts().map(Tree.Text::value).forEach(topics::add);
            }
        }
        return topics;
    }

    /** Returns the Kafka topic that holds packet ids. */
    public String stateTopic() {
        Assignments<?> kafka = options == null ? null : options.section("kafka");
        Assignments<?> transactions = kafka == null ? null : kafka.section("transactions");
        Assignments.Assigned<?, ?> one = transactions == null ? null : transactions.get("state-topic");
        return one == null ? TransactionOptions.defaults().stateTopic() : (String) one.value();
    }

    /** Returns the Kafka topics that the file names, without those that templates make. */
    public Set<String> kafkaTopics() {
        Set<String> topics = new LinkedHashSet<>();
        for (Routes.Named route : routes().routes()) {
            for (String option : List.of("to-kafka", "from-kafka")) {
                Assignments.Assigned<?, ?> one = route.options().get(option);
                if (one != null) {
                    one.entry()
                            .value()
                            .texts()
                            .map(Tree.Text::value)
                            .filter(topic -> topic.indexOf('{') < 0)
                            .forEach(topics::add);
                }
            }
            Assignments<?> policy = route.options().section("on-failure");
            Assignments.Assigned<?, ?> dead = policy == null ? null : policy.get("dead-letter");
            if (dead != null) {
                dead.entry().value().texts().map(Tree.Text::value).forEach(topics::add);
            }
        }
        return topics;
    }

    /** Returns the port for people and tools, or null if the file asks for none. */
    public @Nullable HttpSettings http() {
        Sections.HttpDraft http = draft(Overrides.NONE, route -> true, new ArrayList<>()).http;
        return http.port == null ? null : new HttpSettings(http.port, http.address, http.hosts);
    }

    /** Returns the level of the log in lower case, or null. */
    public @Nullable String logLevel() {
        return draft(Overrides.NONE, route -> true, new ArrayList<>()).log.level;
    }

    /** Returns the format of the log, text or json, or null. */
    public @Nullable String logFormat() {
        return draft(Overrides.NONE, route -> true, new ArrayList<>()).log.format;
    }

    /** How long to wait for messages in flight at the end, or null for the default. */
    public @Nullable Duration drainTimeout() {
        Assignments.Assigned<Draft, ?> one = options == null ? null : options.get("drain-timeout");
        return one == null ? null : (Duration) one.value();
    }

    /** Returns a program in Java that does the same. Only after {@link #check}. */
    public String exportJava() {
        return JavaExport.of(Objects.requireNonNull(options));
    }

    /** Returns the JSON Schema of such files, for editors. */
    public static Map<String, Object> schema() {
        return Schema.of(ROOT);
    }
}
