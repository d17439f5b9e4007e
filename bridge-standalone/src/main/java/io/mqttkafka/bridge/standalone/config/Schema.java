package io.mqttkafka.bridge.standalone.config;

import java.util.LinkedHashMap;
import java.util.Map;

/** The JSON Schema of the file, made of the same tables as the parser. */
final class Schema {
    private Schema() {}

    static Map<String, Object> of(Section<?> root) {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.put("title", "mqtt-kafka-bridge");
        schema.put("description", "A bridge between MQTT and Kafka.");
        schema.putAll(root.schema());
        return schema;
    }
}
