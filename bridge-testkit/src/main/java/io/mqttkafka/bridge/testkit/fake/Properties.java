package io.mqttkafka.bridge.testkit.fake;

import java.util.Map;

/** Reads the properties of Kafka clients. */
final class Properties {

    private Properties() {}

    static long number(Map<String, Object> properties, String name, long otherwise) {
        Object value = properties.get(name);
        return value == null ? otherwise : Long.parseLong(value.toString());
    }

    static String text(Map<String, Object> properties, String name, String otherwise) {
        Object value = properties.get(name);
        return value == null ? otherwise : value.toString();
    }
}
