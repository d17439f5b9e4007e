package io.mqttkafka.bridge.core.route;

import io.mqttkafka.bridge.message.Header;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/**
 * The names of headers that tell of the MQTT message that a record was made of. They are the bridge's to write: a user
 * property of such a name is carried under a prefix, and under one prefix more if it has some already, so that each name
 * has a way back.
 */
public final class MetadataHeaders {
    public static final String TOPIC = "mqtt.topic";
    public static final String QOS = "mqtt.qos";
    public static final String RETAINED = "mqtt.retained";
    public static final String DUPLICATE = "mqtt.duplicate";
    public static final String PAYLOAD_FORMAT = "mqtt.payload-format";
    public static final String CONTENT_TYPE = "mqtt.content-type";
    public static final String RESPONSE_TOPIC = "mqtt.response-topic";
    public static final String CORRELATION_DATA = "mqtt.correlation-data";
    public static final String EXPIRES_AT = "mqtt.expires-at";

    private static final String USER_PREFIX = "user.";

    private static final Set<String> NAMES = Set.of(
            TOPIC,
            QOS,
            RETAINED,
            DUPLICATE,
            PAYLOAD_FORMAT,
            CONTENT_TYPE,
            RESPONSE_TOPIC,
            CORRELATION_DATA,
            EXPIRES_AT);

    private MetadataHeaders() {}

    /** Says whether a header of this name tells of the MQTT message. */
    public static boolean contains(String name) {
        return NAMES.contains(name);
    }

    /** Makes a header of a text. */
    public static Header text(String name, String value) {
        return new Header(name, value.getBytes(StandardCharsets.UTF_8));
    }

    /** Returns the name of the header that a user property becomes. */
    public static String headerName(String property) {
        return isMistakable(property) ? USER_PREFIX + property : property;
    }

    /** Returns the name of the user property that a header becomes. */
    public static String propertyName(String header) {
        return header.startsWith(USER_PREFIX) && isMistakable(header) ? header.substring(USER_PREFIX.length()) : header;
    }

    /** Says whether a name is one of ours, with any number of prefixes. */
    private static boolean isMistakable(String name) {
        int prefixes = 0;
        while (name.startsWith(USER_PREFIX, prefixes)) {
            prefixes += USER_PREFIX.length();
        }
        return NAMES.contains(name.substring(prefixes));
    }
}
