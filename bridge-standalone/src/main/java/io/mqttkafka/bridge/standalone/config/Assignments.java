package io.mqttkafka.bridge.standalone.config;

import io.mqttkafka.bridge.error.BridgeConfigException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a file says in one {@link Section}, in the order of the section. Immutable.
 *
 * @param broken whether some of it could not be read: what is missing then has been complained of
 */
record Assignments<B>(String path, Place place, List<Assigned<B, ?>> assigned, boolean broken) {
    /** One option with its value. */
    record Assigned<B, V>(Setting<B, V> setting, V value, Tree.Entry entry, String path) {
        void applyTo(B builder, List<Problem> problems, Set<String> except) {
            Setting.Each<B> each = setting.each();
            if (each == null) {
                attempt(() -> setting.apply(builder, value, problems), entry.place(), problems);
                return;
            }
            // What the form has let through are texts.
            ((Map<?, ?>) value).forEach((name, text) -> {
                if (except.contains("*." + name)) {
                    return;
                }
                Tree.Entry at = Objects.requireNonNull(((Tree.Entries) entry.value()).get(String.valueOf(name)));
                attempt(() -> each.set(builder, String.valueOf(name), String.valueOf(text)), at.place(), problems);
            });
        }

        private void attempt(Runnable action, Place place, List<Problem> problems) {
            int before = problems.size();
            try {
                action.run();
            } catch (Sections.Unfinished e) {
                // What it needs is the problem.
                return;
            } catch (IllegalArgumentException | IllegalStateException | BridgeConfigException e) {
                // What follows from a mistake further down has been said there.
                boolean broken = value instanceof Assignments<?> below && below.broken();
                if (problems.size() == before && !broken) {
                    String message = Names.translate(String.valueOf(e.getMessage()));
                    Place found = value instanceof Assignments<?> below ? below.find(e.getMessage()) : null;
                    problems.add(new Problem(
                            found == null ? place : found,
                            path + ": "
                                    + hidden(withoutPath(message), entry.value().texts())));
                }
            }
        }

        // "mqtt.keep-alive: 1s must be.." begins with what the path says already.
        private String withoutPath(String message) {
            return message.replaceFirst("^[\\w.-]*" + Pattern.quote(setting.name()) + ": ", "");
        }

        String java(Assignments<?> all) {
            return setting.java(value, entry.value(), all);
        }
    }

    /** Sets the options; what the API refuses is a problem at its place. */
    void applyTo(B builder, List<Problem> problems, Set<String> except) {
        assigned.stream()
                .filter(one -> !except.contains(one.setting().name()))
                .forEach(one -> one.applyTo(builder, problems, except));
    }

    void applyTo(B builder, List<Problem> problems) {
        applyTo(builder, problems, Set.of());
    }

    /** Returns the option of this name, or null if the file does not have it. */
    @Nullable
    Assigned<B, ?> get(String name) {
        return assigned.stream()
                .filter(one -> one.setting().name().equals(name))
                .findFirst()
                .orElse(null);
    }

    /** Returns the value of an option that is a section of its own, or null. */
    @Nullable
    Assignments<?> section(String name) {
        Assigned<B, ?> one = get(name);
        return one != null && one.value() instanceof Assignments<?> below ? below : null;
    }

    /** Finds what a message of the API is about, by the names of methods that it begins with. */
    @Nullable
    Place find(@Nullable String message) {
        if (message == null) {
            return null;
        }
        String first = message.replaceFirst("(?s)[:(].*", "");
        String method = first.substring(first.lastIndexOf('.') + 1);
        String last = method.equals("filter") ? "fromMqtt" : method;
        for (Assigned<B, ?> one : assigned) {
            if (one.setting().api().equals(last)) {
                return one.entry().place();
            }
            if (one.value() instanceof Assignments<?> below) {
                Place place = below.find(message);
                if (place != null) {
                    return place;
                }
            }
        }
        return null;
    }

    /** The calls of the API, one a line. */
    String java() {
        return assigned.stream()
                .map(one -> one.java(this))
                .filter(call -> !call.isEmpty())
                .collect(Collectors.joining("\n"));
    }

    /** Shows what stands in the file instead of what variables and files hold: that can be a secret. */
    static String hidden(String message, Stream<Tree.Text> texts) {
        String shown = message;
        for (Tree.Text text : texts.filter(Tree.Text::replaced).toList()) {
            if (!text.value().isBlank()) {
                // As a word of its own: a short one is part of many.
                shown = Pattern.compile("(?<!\\w)" + Pattern.quote(text.value()) + "(?!\\w)")
                        .matcher(shown)
                        .replaceAll(Matcher.quoteReplacement(text.raw()));
            }
        }
        return shown;
    }
}
