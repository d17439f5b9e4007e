package io.mqttkafka.bridge.standalone.config;

import java.time.Duration;
import java.util.StringJoiner;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Writes values as expressions of Java. */
final class Java {
    // Group 1 is null for the escape $${.
    private static final Pattern VARIABLE = Pattern.compile("[$][$][{]|[$][{]([^}]*)[}]");

    private Java() {}

    /** A text as a literal; where variables were put in, code that asks for them again, so that no secret is in it. */
    static String text(Tree.Text text) {
        if (!text.replaced()) {
            return quoted(text.value());
        }
        StringJoiner parts = new StringJoiner(" + ");
        Matcher variables = VARIABLE.matcher(text.raw());
        int from = 0;
        while (variables.find()) {
            if (variables.start() > from) {
                parts.add(quoted(text.raw().substring(from, variables.start())));
            }
            parts.add(variable(variables.group(1)));
            from = variables.end();
        }
        if (from < text.raw().length()) {
            parts.add(quoted(text.raw().substring(from)));
        }
        return parts.toString();
    }

    private static String variable(@Nullable String name) {
        if (name == null) {
            return quoted("${");
        }
        if (name.startsWith("file:")) {
            return "file(" + quoted(name.substring("file:".length())) + ")";
        }
        int colon = name.indexOf(':');
        return colon < 0
                ? "env(" + quoted(name) + ")"
                : "env(" + quoted(name.substring(0, colon)) + ", " + quoted(name.substring(colon + 1)) + ")";
    }

    /** The value of a property of Kafka, unless its name says that it is a secret. */
    static String property(String name, Tree.Text value) {
        return KafkaProperties.isSecret(name) && !value.replaced() ? "env(\"KAFKA_SECRET\")" : text(value);
    }

    static String quoted(String text) {
        StringBuilder literal = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> literal.append("\\\"");
                case '\\' -> literal.append("\\\\");
                case '\n' -> literal.append("\\n");
                case '\r' -> literal.append("\\r");
                case '\t' -> literal.append("\\t");
                default -> {
                    if (c < ' ' || c > '~') {
                        literal.append(String.format("\\u%04x", (int) c));
                    } else {
                        literal.append(c);
                    }
                }
            }
        }
        return literal.append('"').toString();
    }

    static String time(Duration time) {
        if (time.toMillisPart() != 0) {
            return "Duration.ofMillis(" + time.toMillis() + ")";
        }
        return time.isZero() ? "Duration.ZERO" : "Duration.ofSeconds(" + time.toSeconds() + ")";
    }
}
