package io.mqttkafka.bridge.standalone.config;

import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.error.BridgeConfigException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The routes of a file, by name. */
record Routes(List<Named> routes) {
    /** One of them. */
    record Named(String name, Place place, Assignments<?> options, Tree tree) {
        boolean fromMqtt() {
            return options.get("from-mqtt") != null;
        }

        /** Builds the route, or adds what is wrong to the problems and returns null. */
        @Nullable
        Route build(List<Problem> problems) {
            if (options.broken()) {
                return null;
            }
            int before = problems.size();
            try {
                Route route = fromMqtt() ? fromMqtt(problems, before) : fromKafka(problems, before);
                return problems.size() == before ? route : null;
            } catch (IllegalArgumentException | IllegalStateException | BridgeConfigException e) {
                Place found = options.find(e.getMessage());
                problems.add(new Problem(
                        found == null ? place : found,
                        options.path() + ": "
                                + Assignments.hidden(Names.translate(String.valueOf(e.getMessage())), tree.texts())));
                return null;
            }
        }

        @SuppressWarnings("unchecked") // the section is that of from-mqtt
        private @Nullable Route fromMqtt(List<Problem> problems, int before) {
            Sections.FromMqttDraft draft = new Sections.FromMqttDraft();
            ((Assignments<Sections.FromMqttDraft>) options).applyTo(draft, problems);
            return problems.size() > before ? null : draft.target().name(name).build();
        }

        @SuppressWarnings("unchecked") // the section is that of from-kafka
        private @Nullable Route fromKafka(List<Problem> problems, int before) {
            Sections.FromKafkaDraft draft = new Sections.FromKafkaDraft();
            ((Assignments<Sections.FromKafkaDraft>) options).applyTo(draft, problems);
            return problems.size() > before ? null : draft.target().name(name).build();
        }

        String java() {
            String calls = options.java();
            int first = calls.indexOf('\n');
            return "Route" + (first < 0 ? calls : calls.substring(0, first) + Code.indented(calls.substring(first + 1)))
                    + Code.indented(".name(" + Java.quoted(name) + ")\n.build()");
        }
    }

    @Nullable
    Named get(String name) {
        return routes.stream()
                .filter(route -> route.name().equals(name))
                .findFirst()
                .orElse(null);
    }

    /** How they are written: names, each with the options of one of the two directions. */
    static final class RoutesForm implements Form<Routes> {
        @Override
        public Routes read(Tree tree, Reading reading) throws Refused {
            if (!(tree instanceof Tree.Entries entries) || entries.entries().isEmpty()) {
                throw new Refused(tree, "must be names of routes, each with its options, not " + tree.kind());
            }
            List<Named> routes = new ArrayList<>();
            for (Tree.Entry entry : entries.entries().values()) {
                Reading below = reading.below(YamlFile.shortened(entry.name()));
                if (entry.name().isBlank()) {
                    below.complain(entry.place(), "the name of a route is blank; name it");
                    continue;
                }
                if (entry.value() instanceof Tree.Refusal) {
                    continue;
                }
                try {
                    Assignments<?> options = section(entry.value(), below).read(entry.value(), below);
                    routes.add(new Named(entry.name(), entry.place(), options, entry.value()));
                } catch (Refused e) {
                    below.complain(e.place(), String.valueOf(e.getMessage()));
                }
            }
            return new Routes(routes);
        }

        private static Section<?> section(Tree tree, Reading reading) throws Refused {
            if (!(tree instanceof Tree.Entries options)) {
                throw new Refused(
                        tree, "must be a route with options of its own, such as from-mqtt: .., not " + tree.kind());
            }
            boolean topics = options.get("from-kafka") != null;
            boolean pattern = options.get("from-kafka-pattern") != null;
            boolean filter = options.get("from-mqtt") != null;
            if (filter) {
                return Sections.FROM_MQTT;
            }
            if (topics && pattern) {
                throw new Refused(tree, "has from-kafka and from-kafka-pattern; choose one");
            }
            if (topics || pattern) {
                return Sections.FROM_KAFKA;
            }
            // Whoever writes to-kafka means a route from MQTT.
            if (options.get("to-kafka") != null) {
                return Sections.FROM_MQTT;
            }
            options.entries().values().forEach(entry -> {
                List<String> names = new ArrayList<>(Sections.FROM_MQTT.names());
                names.addAll(Sections.FROM_KAFKA.names());
                if (!names.contains(entry.name())) {
                    reading.below(YamlFile.shortened(entry.name()))
                            .complain(entry.place(), "is not an option here" + Nearest.hint(entry.name(), names));
                }
            });
            throw new Refused(tree, "has no source; add from-mqtt: FILTER or from-kafka: TOPIC");
        }

        @Override
        public Map<String, Object> schema() {
            Map<String, Object> fromKafka = new LinkedHashMap<>(Sections.FROM_KAFKA.schema());
            List<Object> rules = new ArrayList<>((List<?>) fromKafka.getOrDefault("allOf", List.of()));
            rules.add(Map.of(
                    "oneOf",
                    List.of(
                            Map.of("required", List.of("from-kafka")),
                            Map.of("required", List.of("from-kafka-pattern")))));
            fromKafka.put("allOf", rules);
            Map<String, Object> route = new LinkedHashMap<>();
            route.put("type", "object");
            route.put("if", Map.of("required", List.of("from-mqtt")));
            route.put("then", Sections.FROM_MQTT.schema());
            route.put("else", fromKafka);
            Map<String, Object> schema = new LinkedHashMap<>();
            schema.put("type", "object");
            schema.put("minProperties", 1);
            schema.put("propertyNames", Map.of("pattern", "\\S"));
            schema.put("additionalProperties", route);
            return schema;
        }

        @Override
        public String java(Routes value, Tree tree) {
            StringBuilder calls = new StringBuilder();
            value.routes().forEach(route -> calls.append(calls.isEmpty() ? "" : "\n")
                    .append(".route(")
                    .append(route.java())
                    .append(")"));
            return calls.toString();
        }

        @Override
        public List<String> examples() {
            return List.of("{telemetry: {from-mqtt: a/b, to-kafka: c}}");
        }

        @Override
        public List<String> counterExamples() {
            return List.of(
                    "[a]",
                    "text",
                    "{}",
                    "{telemetry: {to-mqtt: a}}",
                    "{telemetry: {from-mqtt: a, to-mqtt: b}}",
                    "{r: {from-mqtt: a, from-kafka: b, to-kafka: c}}",
                    "{r: {from-kafka: a, from-kafka-pattern: b, to-mqtt: c}}",
                    "{\"\": {from-mqtt: a/b, to-kafka: c}}",
                    "{r: {}}",
                    "{r: [a]}");
        }
    }
}
