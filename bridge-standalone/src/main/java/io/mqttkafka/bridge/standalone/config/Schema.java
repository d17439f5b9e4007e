package io.mqttkafka.bridge.standalone.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The JSON Schema of the file, made of the same tables as the parser. */
final class Schema {
    private Schema() {}

    static Map<String, Object> of(Section<?> root) {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.put("title", "mqtt-kafka-bridge");
        schema.put("description", "A bridge between MQTT and Kafka.");
        schema.putAll(root.schema());
        return ordered(schema);
    }

    // The small maps of the forms have another order in each JVM.
    private static Map<String, Object> ordered(Map<?, ?> map) {
        Map<String, Object> copy = new LinkedHashMap<>();
        map.forEach((name, value) -> copy.put(String.valueOf(name), orderedValue(value)));
        return map instanceof LinkedHashMap ? copy : new TreeMap<>(copy);
    }

    private static Object orderedValue(Object value) {
        if (value instanceof Map<?, ?> map) {
            return ordered(map);
        }
        return value instanceof List<?> list
                ? list.stream().map(Schema::orderedValue).toList()
                : value;
    }
}
