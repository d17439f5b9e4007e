package io.mqttkafka.bridge.standalone.config;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The JSON Schema of the file, made of the same tables as the parser. */
final class Schema {
    private static final Comparator<String> FIRST = Comparator.comparing(
                    (String name) -> !name.equals("$schema") && !name.equals("title") && !name.equals("description"))
            .thenComparing(Comparator.naturalOrder());

    private Schema() {}

    static Map<String, Object> of(Section<?> root) {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.put("title", "mqtt-kafka-bridge");
        schema.put("description", "A bridge between MQTT and Kafka.");
        schema.putAll(root.schema());
        return ordered(schema, false);
    }

    // The small maps of the forms have another order in each JVM; options keep theirs.
    private static Map<String, Object> ordered(Map<?, ?> map, boolean options) {
        Map<String, Object> copy = options ? new LinkedHashMap<>() : new TreeMap<>(FIRST);
        map.forEach((name, value) ->
                copy.put(String.valueOf(name), orderedValue(value, !options && name.equals("properties"))));
        return copy;
    }

    private static Object orderedValue(Object value, boolean options) {
        if (value instanceof Map<?, ?> map) {
            return ordered(map, options);
        }
        return value instanceof List<?> list
                ? list.stream().map(item -> orderedValue(item, false)).toList()
                : value;
    }
}
