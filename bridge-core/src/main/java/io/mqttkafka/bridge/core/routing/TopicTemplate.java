package io.mqttkafka.bridge.core.routing;

import io.mqttkafka.bridge.error.BridgeConfigException;
import io.mqttkafka.bridge.error.MappingException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Text with places for parts of a message: {@code telemetry.{site}}. Parsed once into parts that are then joined, so
 * whatever a client publishes stays a value: <code>{key}</code> or <code>$1</code> inside it mean nothing.
 *
 * <p>Immutable.
 */
public final class TopicTemplate {
    private static final String HEADER_PREFIX = "header:";
    private static final int MAX_TYPOS = 2;

    private final String option;
    private final String template;
    private final List<Part> parts;

    private TopicTemplate(String option, String template, List<Part> parts) {
        this.option = option;
        this.template = template;
        this.parts = parts;
    }

    /** What a template can ask of a message. */
    public enum Variable {
        /** <code>{topic}</code>: the whole topic it was published to. */
        TOPIC,
        /** <code>{key}</code>: the key of the record. */
        KEY,
        /** <code>{header:name}</code>: a header or user property. */
        HEADER,
        /** <code>{site}</code>: the level that the filter names so. */
        LEVEL
    }

    /** A message, as templates see it. */
    public interface Values {
        /**
         * Returns the topic the message was published to.
         *
         * @return the topic
         */
        String topic();

        /**
         * Returns a named level.
         *
         * @param index its index in the level names that the template was parsed with
         * @return the level
         */
        String level(int index);

        /**
         * Returns the key of the record.
         *
         * @return the key, or null if it has none
         */
        @Nullable
        String key();

        /**
         * Returns a header or user property.
         *
         * @param name its name
         * @return its value, or null if the message has none of the name
         */
        @Nullable
        String header(String name);
    }

    /** Literal text if there is no variable, else the variable and its name, or level and index. */
    private record Part(@Nullable Variable variable, String text, int level) {
        static Part literal(String text) {
            return new Part(null, text, -1);
        }
    }

    /**
     * Parses a template.
     *
     * @param option what the template is for, as users know it; messages start with it
     * @param template the template
     * @param levelNames the named levels of the route's filter
     * @param allowed what this template may ask for
     * @return the template
     * @throws BridgeConfigException if a brace is out of place or a name is unknown
     */
    public static TopicTemplate parse(String option, String template, List<String> levelNames, Set<Variable> allowed) {
        Parser parser = new Parser(option, template, levelNames, allowed);
        return new TopicTemplate(option, template, parser.parse());
    }

    /**
     * Says whether the result is the same for every message.
     *
     * @return whether the template has no variables
     */
    public boolean isConstant() {
        return parts.stream().allMatch(part -> part.variable() == null);
    }

    /**
     * Says whether equal MQTT topics give equal results, so that the result can be cached per topic.
     *
     * @return whether the template uses neither the key nor headers
     */
    public boolean isTopicOnly() {
        return !uses(Variable.KEY) && !uses(Variable.HEADER);
    }

    /**
     * Says whether the template asks for something.
     *
     * @param variable what to look for
     * @return whether it is there
     */
    public boolean uses(Variable variable) {
        return parts.stream().anyMatch(part -> part.variable() == variable);
    }

    /**
     * Returns the text that every result starts with.
     *
     * @return the literal text before the first variable; may be empty
     */
    public String literalPrefix() {
        Part first = parts.get(0);
        return first.variable() == null ? first.text() : "";
    }

    /**
     * Fills the template in.
     *
     * @param values the message
     * @return the text
     * @throws MappingException if the message lacks the key or header that the template needs
     */
    public String render(Values values) {
        if (parts.size() == 1) {
            return value(parts.get(0), values);
        }
        StringBuilder text = new StringBuilder(64);
        for (int i = 0; i < parts.size(); i++) {
            text.append(value(parts.get(i), values));
        }
        return text.toString();
    }

    /**
     * Returns the template as it was written.
     *
     * @return the template
     */
    @Override
    public String toString() {
        return template;
    }

    /** Returns what the template is for, to start messages with. */
    String option() {
        return option;
    }

    /** Returns all literal text, braces unescaped. */
    String literalText() {
        return parts.stream()
                .filter(part -> part.variable() == null)
                .map(Part::text)
                .collect(Collectors.joining());
    }

    private String value(Part part, Values values) {
        if (part.variable() == null) {
            return part.text();
        }
        return switch (part.variable()) {
            case TOPIC -> values.topic();
            case LEVEL -> values.level(part.level());
            case KEY -> present(values.key(), part);
            case HEADER -> present(values.header(part.text()), part);
        };
    }

    private String present(@Nullable String value, Part part) {
        if (value == null) {
            String what =
                    part.variable() == Variable.KEY ? "a key" : "header '" + UntrustedText.escape(part.text()) + "'";
            throw new MappingException(option + ": '" + UntrustedText.escape(template) + "' needs " + what
                    + ", which the message lacks; have it sent, or filter such messages out");
        }
        return value;
    }

    private static final class Parser {
        private final String option;
        private final String template;
        private final List<String> levelNames;
        private final Set<Variable> allowed;
        private final List<Part> parts = new ArrayList<>();
        private final StringBuilder literal = new StringBuilder();

        Parser(String option, String template, List<String> levelNames, Set<Variable> allowed) {
            this.option = option;
            this.template = template;
            this.levelNames = allowed.contains(Variable.LEVEL) ? List.copyOf(levelNames) : List.of();
            this.allowed = allowed;
        }

        List<Part> parse() {
            int at = 0;
            while (at < template.length()) {
                char c = template.charAt(at);
                if (c != '{' && c != '}') {
                    literal.append(c);
                    at++;
                } else if (template.startsWith(c == '{' ? "{{" : "}}", at)) {
                    literal.append(c);
                    at += 2;
                } else if (c == '{') {
                    int end = closingBrace(at);
                    flushLiteral();
                    parts.add(variable(template.substring(at + 1, end)));
                    at = end + 1;
                } else {
                    throw invalid("has a '}' without a '{'", "write '}}' for a literal brace");
                }
            }
            flushLiteral();
            return parts.isEmpty() ? List.of(Part.literal("")) : List.copyOf(parts);
        }

        private int closingBrace(int open) {
            int close = template.indexOf('}', open);
            int nextOpen = template.indexOf('{', open + 1);
            if (close < 0 || (nextOpen >= 0 && nextOpen < close)) {
                throw invalid("has a '{' without a '}'", "close it, or write '{{' for a literal brace");
            }
            return close;
        }

        private void flushLiteral() {
            if (!literal.isEmpty()) {
                parts.add(Part.literal(literal.toString()));
                literal.setLength(0);
            }
        }

        private Part variable(String name) {
            if (name.equals("topic") && allowed.contains(Variable.TOPIC)) {
                return new Part(Variable.TOPIC, name, -1);
            }
            if (name.equals("key") && allowed.contains(Variable.KEY)) {
                return new Part(Variable.KEY, name, -1);
            }
            if (name.startsWith(HEADER_PREFIX) && allowed.contains(Variable.HEADER)) {
                String header = name.substring(HEADER_PREFIX.length());
                if (header.isEmpty()) {
                    throw invalid("has {header:} without a name", "write {header:name}");
                }
                return new Part(Variable.HEADER, header, -1);
            }
            int level = levelNames.indexOf(name);
            if (level < 0) {
                throw unknown(name);
            }
            return new Part(Variable.LEVEL, name, level);
        }

        private BridgeConfigException unknown(String name) {
            if (allowed.isEmpty()) {
                return invalid("uses names, but can use none", "write '{{' for a literal brace");
            }
            List<String> known = new ArrayList<>(levelNames);
            if (allowed.contains(Variable.TOPIC)) {
                known.add("topic");
            }
            if (allowed.contains(Variable.KEY)) {
                known.add("key");
            }
            String mend = closest(name, known);
            if (allowed.contains(Variable.HEADER)) {
                known.add(HEADER_PREFIX + "name");
            }
            String fault = "uses {" + UntrustedText.escape(name) + "}, which is none of ";
            return invalid(fault + known.stream().map(k -> "{" + k + "}").collect(Collectors.joining(", ")), mend);
        }

        private static String closest(String name, List<String> known) {
            String best = null;
            int fewest = Math.min(MAX_TYPOS, name.length() - 1);
            for (String candidate : known) {
                int typos = editDistance(name, candidate);
                if (typos < fewest || (typos == fewest && best == null)) {
                    best = candidate;
                    fewest = typos;
                }
            }
            return best == null
                    ? "use one of those, name a level of the filter so if the route has one, or write '{{' for a literal brace"
                    : "did you mean {" + best + "}?";
        }

        private BridgeConfigException invalid(String fault, String mend) {
            return new BridgeConfigException(
                    option + ": '" + UntrustedText.escape(template) + "' " + fault + "; " + mend);
        }
    }

    /** How many letters to add, drop or change to turn one text into the other (Levenshtein). */
    private static int editDistance(String from, String to) {
        int[] previous = new int[to.length() + 1];
        for (int j = 0; j <= to.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= from.length(); i++) {
            int[] current = new int[to.length() + 1];
            current[0] = i;
            for (int j = 1; j <= to.length(); j++) {
                int changed = previous[j - 1] + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                current[j] = Math.min(changed, 1 + Math.min(previous[j], current[j - 1]));
            }
            previous = current;
        }
        return previous[to.length()];
    }
}
