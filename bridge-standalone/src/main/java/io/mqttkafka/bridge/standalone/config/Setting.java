package io.mqttkafka.bridge.standalone.config;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An option of the file: its name, which is the API's with hyphens, the form of its value, and what it sets. Immutable once its
 * section is made.
 *
 * @param <B> what collects the options of its section
 * @param <V> the type of its value
 */
final class Setting<B, V> {
    /** Sets the value; what is wrong further down is added to the problems. */
    private interface Apply<B, V> {
        void apply(B builder, V value, List<Problem> problems);
    }

    /** Sets one of the entries of a map. */
    interface Each<B> {
        void set(B builder, String name, String value);
    }

    /** Writes the call of the API. */
    interface Writer<V> {
        String write(V value, Tree tree, Assignments<?> all);
    }

    private final String name;
    private final String api;
    private final Form<V> form;
    private final Apply<B, V> apply;
    private final String description;
    private @Nullable String shortName;
    private @Nullable String needs;
    private boolean required;
    private @Nullable Each<B> each;
    private Writer<V> writer;

    private Setting(String name, String api, Form<V> form, Apply<B, V> apply, String description) {
        this.name = name;
        this.api = api;
        this.form = form;
        this.apply = apply;
        this.description = description;
        writer = (value, tree, all) -> "." + api + "(" + form.java(value, tree) + ")";
    }

    static <B, V> Setting<B, V> of(String name, String api, Form<V> form, BiConsumer<B, V> apply, String description) {
        return new Setting<>(name, api, form, (builder, value, problems) -> apply.accept(builder, value), description);
    }

    /** An option of the API without a value. */
    static <B> Setting<B, Boolean> flag(String name, String api, BiConsumer<B, Boolean> apply, String description) {
        Setting<B, Boolean> setting = new Setting<>(
                name,
                api,
                Forms.flag(),
                (builder, value, problems) -> {
                    if (value) {
                        apply.accept(builder, true);
                    }
                },
                description);
        return setting.writtenAs((value, tree, all) -> value ? "." + api + "()" : "");
    }

    /** Options within an option: the API opens a builder for them, and they fill it. */
    static <B, D> Setting<B, Assignments<D>> within(
            String name, String api, Section<D> section, BiConsumer<B, Consumer<D>> open, String description) {
        String variable = api.substring(0, 1);
        return new Setting<B, Assignments<D>>(
                        name,
                        api,
                        section,
                        (builder, value, problems) -> open.accept(builder, below -> value.applyTo(below, problems)),
                        description)
                .writtenAs((value, tree, all) -> value.assigned().isEmpty()
                        ? ""
                        : "." + api + "(" + variable + " -> " + variable + Code.indented(value.java()) + ")");
    }

    /** Names with values, each set by itself, so that what is wrong is found at its place. */
    static <B> Setting<B, Map<String, String>> each(String name, String api, Each<B> each, String description) {
        Setting<B, Map<String, String>> setting = new Setting<>(
                name,
                api,
                Forms.map(Forms.text()),
                (builder, values, problems) -> values.forEach((key, value) -> each.set(builder, key, value)),
                description);
        setting.each = each;
        return setting.writtenAs((values, tree, all) -> {
            StringBuilder calls = new StringBuilder();
            Tree.Entries entries = (Tree.Entries) tree;
            values.forEach((key, value) -> calls.append(calls.isEmpty() ? "" : "\n")
                    .append(".")
                    .append(api)
                    .append("(")
                    .append(Java.quoted(key))
                    .append(", ")
                    .append(Java.property(key, (Tree.Text)
                            Objects.requireNonNull(entries.get(key)).value()))
                    .append(")"));
            return calls.toString();
        });
    }

    /** A second, shorter name, as people who know MQTT write it. */
    Setting<B, V> alias(String other) {
        shortName = other;
        return this;
    }

    /** Says that it means nothing without another one. */
    Setting<B, V> needs(String other) {
        needs = other;
        return this;
    }

    /** Says that there is no section without it. */
    Setting<B, V> require() {
        required = true;
        return this;
    }

    Setting<B, V> writtenAs(Writer<V> other) {
        writer = other;
        return this;
    }

    String name() {
        return name;
    }

    /** The name of the method of the API. */
    String api() {
        return api;
    }

    Form<V> form() {
        return form;
    }

    String description() {
        return description;
    }

    @Nullable
    String shortName() {
        return shortName;
    }

    @Nullable
    String needed() {
        return needs;
    }

    boolean required() {
        return required;
    }

    List<String> names() {
        return shortName == null ? List.of(name) : List.of(name, shortName);
    }

    @Nullable
    Each<B> each() {
        return each;
    }

    void apply(B builder, V value, List<Problem> problems) {
        apply.apply(builder, value, problems);
    }

    String java(V value, Tree tree, Assignments<?> all) {
        return writer.write(value, tree, all);
    }
}
