package io.mqttkafka.bridge.testkit.fake.mqtt;

import java.util.Map;

/** Reads the properties of Kafka clients. */
public final class Properties {

    private Properties() {}

    public static long number(Map<String, Object> properties, String name, long otherwise) {
        Object value = properties.get(name);
        return value == null ? otherwise : Long.parseLong(value.toString());
    }

    public static String text(Map<String, Object> properties, String name, String otherwise) {
        Object value = properties.get(name);
        return value == null ? otherwise : value.toString();
    }
}
