package io.mqttkafka.bridge.standalone.config;

import io.mqttkafka.bridge.config.MqttVersion;
import io.mqttkafka.bridge.failure.Backoff;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The forms of single values, and of lists and maps of them. */
final class Forms {
    /** What a schema cannot look into: the value is known at start. */
    private static final String VARIABLE = "\\$\\{";

    private static final String TIME =
            "([0-9]{1,9}[dD])?([0-9]{1,9}[hH])?([0-9]{1,9}[mM](?![sS]))?([0-9]{1,9}(\\.[0-9]{1,3})?[sS])?([0-9]{1,9}[mM][sS])?";
    private static final Pattern TIME_PARTS = Pattern.compile(TIME);
    private static final String ISO_TIME = "[pP][0-9dDhHmMsStT.]{1,40}";
    private static final String ANY_TIME = "(" + TIME + "|" + ISO_TIME + ")";

    /** The pattern of {@link #backoff()}. */
    static final String BACKOFF = ANY_TIME + "(\\.\\." + ANY_TIME + ")?";

    private static final Pattern SIZE_PARTS = Pattern.compile("([0-9]{1,15})( ?(KiB|MiB|GiB|kB|MB|GB|B))?");
    private static final Map<String, Long> UNITS = Map.of(
            "KiB",
            1L << 10,
            "MiB",
            1L << 20,
            "GiB",
            1L << 30,
            "kB",
            1_000L,
            "MB",
            1_000_000L,
            "GB",
            1_000_000_000L,
            "B",
            1L);

    private Forms() {}

    /** A form of one text. */
    private record Single<V>(
            String expected,
            Function<String, V> parser,
            Map<String, Object> schema,
            BiFunction<V, Tree.Text, String> writer,
            List<String> examples,
            List<String> counterExamples)
            implements Form<V> {
        @Override
        public V read(Tree tree, Reading reading) throws Refused {
            if (!(tree instanceof Tree.Text text)) {
                throw new Refused(tree, "must be " + expected + ", not " + tree.kind());
            }
            try {
                return parser.apply(text.value());
            } catch (IllegalArgumentException e) {
                throw new Refused(
                        tree, "must be " + expected + (text.replaced() ? ", which " + text.raw() + " is not" : ""));
            }
        }

        @Override
        public String java(V value, Tree tree) {
            return writer.apply(value, (Tree.Text) tree);
        }
    }

    static Form<String> text() {
        return new Single<>(
                "a text",
                text -> text,
                Map.of("type", List.of("string", "number", "boolean")),
                (value, tree) -> Java.text(tree),
                List.of("some-text", "\"quoted: # text\"", "12"),
                List.of("[a, b]", "{a: b}", ""));
    }

    /** A text that must not be shown, not even in the code that is exported. */
    static Form<String> secret(String variable) {
        Form<String> text = text();
        return new Single<>(
                "a text",
                value -> value,
                text.schema(),
                (value, tree) -> tree.replaced() ? Java.text(tree) : "env(\"" + variable + "\")",
                List.of("\"${SECRET:none}\""),
                text.counterExamples());
    }

    static Form<Integer> number() {
        return new Single<>(
                "a whole number",
                Integer::valueOf,
                either(
                        Map.of("type", "integer", "minimum", Integer.MIN_VALUE, "maximum", Integer.MAX_VALUE),
                        variable()),
                (value, tree) -> value.toString(),
                List.of("12", "\"${NUMBER:12}\""),
                List.of("twelve", "1.5", "true", "[1]", "99999999999"));
    }

    static Form<Boolean> yesOrNo() {
        return new Single<>(
                "true or false",
                Forms::yesOrNo,
                either(Map.of("type", "boolean"), variable()),
                (value, tree) -> value.toString(),
                List.of("true", "false"),
                List.of("yes", "no", "1", "maybe", "[]"));
    }

    /** What the API only lets say, never unsay: false is the same as leaving it out. */
    static Form<Boolean> flag() {
        Form<Boolean> form = yesOrNo();
        return new Single<>(
                "true or false",
                Forms::yesOrNo,
                form.schema(),
                (value, tree) -> "",
                form.examples(),
                form.counterExamples());
    }

    private static boolean yesOrNo(String text) {
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException();
        };
    }

    static Form<Duration> time() {
        return new Single<>(
                "a time such as 500ms, 5s, 1m30s, 2h, 7d or PT5S",
                Forms::duration,
                either(Map.of("type", "string", "pattern", "^" + ANY_TIME + "$"), variable(), Map.of("const", 0)),
                (value, tree) -> Java.time(value),
                List.of("5s", "1m30s", "PT5S", "500ms", "7d", "0"),
                List.of("soon", "5", "5 parsecs", "[5s]", "-5s"));
    }

    private static Duration duration(String text) {
        if (text.equals("0")) {
            return Duration.ZERO;
        }
        Matcher parts = TIME_PARTS.matcher(text);
        if (!text.isEmpty() && parts.matches()) {
            Duration sum = Duration.ZERO;
            sum = sum.plusDays(amount(parts.group(1), 1));
            sum = sum.plusHours(amount(parts.group(2), 1));
            sum = sum.plusMinutes(amount(parts.group(3), 1));
            sum = parts.group(4) == null
                    ? sum
                    : sum.plus(Duration.parse("PT" + parts.group(4).toUpperCase(Locale.ROOT)));
            return sum.plusMillis(amount(parts.group(6), 2));
        }
        try {
            Duration iso = Duration.parse(text);
            if (iso.isNegative()) {
                throw new IllegalArgumentException();
            }
            return iso;
        } catch (DateTimeParseException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static long amount(@Nullable String part, int unit) {
        return part == null ? 0 : Long.parseLong(part.substring(0, part.length() - unit));
    }

    static Form<Long> size() {
        return new Single<>(
                "a size such as 65536, 512KiB or 8MiB",
                Forms::bytes,
                either(
                        Map.of("type", "integer", "minimum", 0),
                        Map.of("type", "string", "pattern", "^" + SIZE_PARTS.pattern() + "$"),
                        variable()),
                (value, tree) -> value > Integer.MAX_VALUE ? value + "L" : value.toString(),
                List.of("65536", "8MiB", "512KiB", "1 GB"),
                List.of("large", "8 megs", "-1", "1.5MiB", "[8]"));
    }

    private static long bytes(String text) {
        Matcher parts = SIZE_PARTS.matcher(text);
        if (!parts.matches()) {
            throw new IllegalArgumentException();
        }
        return Math.multiplyExact(
                Long.parseLong(parts.group(1)), parts.group(3) == null ? 1 : UNITS.getOrDefault(parts.group(3), 1L));
    }

    static Form<Path> path() {
        return new Form<>() {
            private final Form<String> text = text();

            @Override
            public Path read(Tree tree, Reading reading) throws Refused {
                try {
                    return reading.directory().resolve(text.read(tree, reading));
                } catch (InvalidPathException e) {
                    throw new Refused(tree, "must be the path of a file");
                }
            }

            @Override
            public Map<String, Object> schema() {
                return text.schema();
            }

            @Override
            public String java(Path value, Tree tree) {
                return "Path.of(" + Java.text((Tree.Text) tree) + ")";
            }

            @Override
            public List<String> examples() {
                return List.of("some.file");
            }

            @Override
            public List<String> counterExamples() {
                return text.counterExamples();
            }
        };
    }

    static Form<Pattern> pattern() {
        return new Single<>(
                "a regular expression of Java",
                text -> {
                    try {
                        return Pattern.compile(text);
                    } catch (PatternSyntaxException e) {
                        // Its message quotes the pattern.
                        throw new IllegalArgumentException("pattern");
                    }
                },
                Map.of("type", "string"),
                (value, tree) -> "Pattern.compile(" + Java.text(tree) + ")",
                List.of("\"commands[.].*\""),
                List.of("[a]"));
    }

    /** The constants of an enum, by names with hyphens. */
    static <E extends Enum<E>> Form<E> choice(Class<E> type) {
        Map<String, E> choices = new LinkedHashMap<>();
        for (E constant : type.getEnumConstants()) {
            choices.put(constant.name().toLowerCase(Locale.ROOT).replace('_', '-'), constant);
        }
        return choice(choices, value -> type.getSimpleName() + "." + value.name());
    }

    static Form<MqttVersion> mqttVersion() {
        Map<String, MqttVersion> versions = new LinkedHashMap<>();
        versions.put("5", MqttVersion.V5);
        versions.put("3.1.1", MqttVersion.V3_1_1);
        versions.put("auto", MqttVersion.AUTO);
        return choice(versions, version -> "MqttVersion." + version.name());
    }

    static <E> Form<E> choice(Map<String, E> choices, Function<E, String> java) {
        List<String> names = List.copyOf(new LinkedHashMap<>(choices).keySet());
        String expected = String.join(" or ", names);
        return new Single<>(
                expected,
                text -> {
                    E value = choices.get(text);
                    if (value == null) {
                        throw new IllegalArgumentException(text);
                    }
                    return value;
                },
                either(Map.of("enum", names.stream().map(Forms::schemaValue).toList()), variable()),
                (value, tree) -> java.apply(value),
                names,
                List.of("something-else", "[a]", "{a: b}"));
    }

    // In YAML the choices 0, 1 and 2 of QoS are numbers.
    private static Object schemaValue(String name) {
        return name.matches("[0-9]+") ? (Object) Integer.valueOf(name) : name;
    }

    /** {@code 5s} is always the same, {@code 100ms..5s} doubles. */
    static Form<Backoff> backoff() {
        return new Single<>(
                "times such as 100ms..5s, which double, or 5s, which is always the same",
                Forms::backoffOf,
                either(Map.of("type", "string", "pattern", "^" + BACKOFF + "$"), variable()),
                (value, tree) -> value.initial().equals(value.max())
                        ? "Backoff.fixed(" + Java.time(value.initial()) + ")"
                        : "Backoff.exponential(" + Java.time(value.initial()) + ", " + Java.time(value.max()) + ")",
                List.of("100ms..5s", "5s", "PT1S..PT10S"),
                List.of("100ms...5s", "often", "5", "[1s]"));
    }

    static Backoff backoffOf(String text) {
        int dots = text.indexOf("..");
        return dots < 0
                ? Backoff.fixed(duration(text))
                : Backoff.exponential(duration(text.substring(0, dots)), duration(text.substring(dots + 2)));
    }

    /** One value, or a list of them. */
    static <V> Form<List<V>> list(Form<V> form) {
        return new Form<>() {
            @Override
            public List<V> read(Tree tree, Reading reading) throws Refused {
                if (!(tree instanceof Tree.Items items)) {
                    return List.of(form.read(tree, reading));
                }
                if (items.items().isEmpty()) {
                    throw new Refused(tree, "must not be an empty list; leave it out");
                }
                List<V> values = new ArrayList<>();
                for (Tree item : items.items()) {
                    values.add(form.read(item, reading));
                }
                return values;
            }

            @Override
            public Map<String, Object> schema() {
                return either(form.schema(), Map.of("type", "array", "items", form.schema(), "minItems", 1));
            }

            @Override
            public String java(List<V> values, Tree tree) {
                List<String> parts = new ArrayList<>();
                for (int i = 0; i < values.size(); i++) {
                    parts.add(form.java(
                            values.get(i),
                            tree instanceof Tree.Items items ? items.items().get(i) : tree));
                }
                return String.join(", ", parts);
            }

            @Override
            public List<String> examples() {
                List<String> all = new ArrayList<>(form.examples());
                all.add("[" + form.examples().get(0) + "]");
                return all;
            }

            @Override
            public List<String> counterExamples() {
                return List.of("[]", "[[a]]", "{a: b}");
            }
        };
    }

    /** Names that the user chooses, each with a value. */
    static <V> Form<Map<String, V>> map(Form<V> form) {
        return new Form<>() {
            @Override
            public Map<String, V> read(Tree tree, Reading reading) throws Refused {
                if (!(tree instanceof Tree.Entries entries)) {
                    throw new Refused(tree, "must be names with values, not " + tree.kind());
                }
                Map<String, V> values = new LinkedHashMap<>();
                for (Tree.Entry entry : entries.entries().values()) {
                    try {
                        values.put(entry.name(), form.read(entry.value(), reading));
                    } catch (Refused e) {
                        reading.below(YamlFile.shortened(entry.name()))
                                .complain(e.place(), String.valueOf(e.getMessage()));
                    }
                }
                return values;
            }

            @Override
            public Map<String, Object> schema() {
                return Map.of("type", "object", "additionalProperties", form.schema());
            }

            @Override
            public String java(Map<String, V> values, Tree tree) {
                Tree.Entries entries = (Tree.Entries) tree;
                return values.entrySet().stream()
                        .map(value -> Java.quoted(value.getKey()) + ", "
                                + form.java(
                                        value.getValue(),
                                        Objects.requireNonNull(entries.get(value.getKey()))
                                                .value()))
                        .collect(Collectors.joining("\n"));
            }

            @Override
            public List<String> examples() {
                return List.of("{some.name: " + form.examples().get(0) + "}");
            }

            @Override
            public List<String> counterExamples() {
                return List.of("[a]", "text", "{a: {b: c}}");
            }
        };
    }

    static Map<String, Object> variable() {
        return Map.of("type", "string", "pattern", VARIABLE);
    }

    @SafeVarargs
    @SuppressWarnings("varargs")
    static Map<String, Object> either(Map<String, Object>... forms) {
        return Map.of("anyOf", List.of(forms));
    }
}
