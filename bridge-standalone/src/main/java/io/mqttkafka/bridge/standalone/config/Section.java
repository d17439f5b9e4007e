package io.mqttkafka.bridge.standalone.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Options that belong together. One table says what the parser takes, what the JSON Schema allows, what the code exported to Java
 * says, and which method of the API each option stands for. Immutable.
 *
 * @param <B> what collects the options
 */
final class Section<B> implements Form<Assignments<B>> {
    private final String title;
    private final List<Setting<B, ?>> settings;

    private Section(String title, List<Setting<B, ?>> settings) {
        this.title = title;
        this.settings = List.copyOf(settings);
    }

    /** The settings are applied in this order, whatever the order of the file. */
    @SafeVarargs
    @SuppressWarnings("varargs")
    static <B> Section<B> of(String title, Setting<B, ?>... settings) {
        return new Section<>(title, List.of(settings));
    }

    List<Setting<B, ?>> settings() {
        return settings;
    }

    List<String> names() {
        return settings.stream().flatMap(setting -> setting.names().stream()).toList();
    }

    @Override
    public Assignments<B> read(Tree tree, Reading reading) throws Refused {
        if (!(tree instanceof Tree.Entries entries)) {
            throw new Refused(
                    tree,
                    "must be " + title + " with options of its own, such as "
                            + settings.get(0).name() + ": .., not " + tree.kind());
        }
        int before = reading.problems().size();
        entries.entries().values().stream()
                .filter(entry -> !names().contains(entry.name()))
                .forEach(entry -> reading.below(YamlFile.shortened(entry.name()))
                        .complain(entry.place(), "is not an option here" + Nearest.hint(entry.name(), names())));
        List<Assignments.Assigned<B, ?>> assigned = new ArrayList<>();
        for (Setting<B, ?> setting : settings) {
            Assignments.Assigned<B, ?> one = read(setting, entries, reading);
            if (one != null) {
                assigned.add(one);
            }
        }
        boolean refused = entries.entries().values().stream().anyMatch(entry -> entry.value() instanceof Tree.Refusal);
        return new Assignments<>(
                reading.path(),
                entries.place(),
                assigned,
                refused || reading.problems().size() > before);
    }

    private <V> Assignments.@Nullable Assigned<B, V> read(
            Setting<B, V> setting, Tree.Entries entries, Reading reading) {
        Tree.Entry entry = entries.get(setting.name());
        String shortName = setting.shortName();
        Tree.Entry second = shortName == null ? null : entries.get(shortName);
        if (entry != null && second != null) {
            reading.complain(second.place(), shortName + " is another name for " + setting.name() + "; choose one");
            return null;
        }
        entry = entry == null ? second : entry;
        if (entry == null) {
            if (setting.required()) {
                reading.complain(
                        entries.place(),
                        setting.name() + " is missing; add for example " + setting.name() + ": "
                                + setting.form().examples().get(0));
            }
            return null;
        }
        Reading below = reading.below(entry.name());
        if (setting.needed() != null && entries.get(setting.needed()) == null) {
            below.complain(entry.place(), "needs " + setting.needed() + " beside it");
            return null;
        }
        if (entry.value() instanceof Tree.Refusal) {
            return null;
        }
        if (entry.value() instanceof Tree.Nothing) {
            below.complain(entry.place(), "has no value; give it one, or leave it out");
            return null;
        }
        try {
            return new Assignments.Assigned<>(setting, setting.form().read(entry.value(), below), entry, below.path());
        } catch (Refused e) {
            below.complain(e.place(), String.valueOf(e.getMessage()));
            return null;
        }
    }

    @Override
    public Map<String, Object> schema() {
        Map<String, Object> properties = new LinkedHashMap<>();
        List<Object> rules = new ArrayList<>();
        Map<String, Object> needs = new LinkedHashMap<>();
        for (Setting<B, ?> setting : settings) {
            for (String name : setting.names()) {
                Map<String, Object> schema = new LinkedHashMap<>();
                schema.put("description", setting.description());
                schema.putAll(setting.form().schema());
                properties.put(name, schema);
            }
            if (setting.required()) {
                rules.add(Map.of(
                        "anyOf",
                        setting.names().stream()
                                .map(name -> Map.of("required", List.of(name)))
                                .toList()));
            }
            if (setting.shortName() != null) {
                rules.add(Map.of("not", Map.of("required", setting.names())));
            }
            if (setting.needed() != null) {
                needs.put(setting.name(), List.of(setting.needed()));
            }
        }
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("type", "object");
        schema.put("properties", properties);
        schema.put("additionalProperties", false);
        if (!rules.isEmpty()) {
            schema.put("allOf", rules);
        }
        if (!needs.isEmpty()) {
            schema.put("dependentRequired", needs);
        }
        return schema;
    }

    @Override
    public String java(Assignments<B> value, Tree tree) {
        return value.java();
    }

    @Override
    public List<String> examples() {
        StringBuilder example = new StringBuilder("{");
        for (Setting<B, ?> setting : settings) {
            if (setting.required()) {
                example.append(example.length() > 1 ? ", " : "")
                        .append(setting.name())
                        .append(": ")
                        .append(setting.form().examples().get(0));
            }
        }
        return List.of(example.append("}").toString());
    }

    @Override
    public List<String> counterExamples() {
        return List.of("[a]", "text", "{no-such-option: 1}");
    }
}
