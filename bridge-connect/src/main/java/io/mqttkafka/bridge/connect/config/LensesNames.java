package io.mqttkafka.bridge.connect.config;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;

/** Reads configurations of Lenses' MQTT connectors: each of their names as one of ours. */
public final class LensesNames {
    private static final String PREFIX = "connect.mqtt.";
    private static final String KCQL = PREFIX + "kcql";

    private static final Map<String, String> NAMES = Map.ofEntries(
            Map.entry(PREFIX + "hosts", CommonSettings.SERVER_URI),
            Map.entry(PREFIX + "username", CommonSettings.USERNAME),
            Map.entry(PREFIX + "password", CommonSettings.PASSWORD),
            Map.entry(PREFIX + "client.id", CommonSettings.CLIENT_ID),
            Map.entry(PREFIX + "clean", CommonSettings.CLEAN_SESSION),
            Map.entry(PREFIX + "service.quality", CommonSettings.QOS),
            Map.entry(PREFIX + "ssl.ca.cert", CommonSettings.CA_CERTIFICATES),
            Map.entry(PREFIX + "ssl.cert", CommonSettings.CERTIFICATE),
            Map.entry(PREFIX + "ssl.key", CommonSettings.PRIVATE_KEY),
            Map.entry(PREFIX + "retained.messages", SinkSettings.RETAINED),
            Map.entry(PREFIX + "polling.timeout", SourceSettings.POLL_WAIT));

    /** In milliseconds there, in seconds here. */
    private static final Map<String, String> MILLISECONDS = Map.of(
            PREFIX + "timeout", CommonSettings.CONNECT_TIMEOUT,
            PREFIX + "connection.timeout", CommonSettings.CONNECT_TIMEOUT,
            PREFIX + "keep.alive", CommonSettings.KEEP_ALIVE,
            PREFIX + "connection.keep.alive", CommonSettings.KEEP_ALIVE);

    private static final Pattern STATEMENT = Pattern.compile(
            "\\s*INSERT\\s+INTO\\s+(?<to>`[^`]+`|\\S+)\\s+SELECT\\s+\\*\\s+FROM\\s+(?<from>`[^`]+`|[^\\s;]+)"
                    + "(?:\\s+WITHCONVERTER\\s*=\\s*`?(?<converter>[\\w.$]+)`?)?"
                    + "(?:\\s+WITHKEY\\s*\\((?<key>[^)]*)\\))?\\s*;?\\s*",
            Pattern.CASE_INSENSITIVE);

    private static final Pattern LEVEL = Pattern.compile("[A-Za-z][A-Za-z0-9_-]*");
    private static final String WRITE_INSTEAD =
            "; only INSERT INTO topic SELECT * FROM filter [WITHKEY(level)] is understood: for anything else write mqtt.topics,"
                    + " kafka.topic or kafka.topic.template, and transformations of Kafka Connect";

    private LensesNames() {}

    /**
     * Says in our names what a configuration says in those of Lenses.
     *
     * @param given the properties
     * @param toKafka whether they are those of a source
     * @return the properties; what is no name of Lenses stays as it is
     * @throws ConfigException if a statement says what we cannot do; the message says what to write instead
     */
    public static Map<String, String> translate(Map<String, String> given, boolean toKafka) {
        if (given.keySet().stream().noneMatch(name -> name.startsWith(PREFIX))) {
            return given;
        }
        Map<String, String> all = new LinkedHashMap<>();
        given.forEach((name, value) -> {
            String own = NAMES.get(name);
            String seconds = MILLISECONDS.get(name);
            if (own != null) {
                all.put(own, value);
            } else if (seconds != null) {
                all.put(seconds, seconds(name, value));
            } else if (name.equals(KCQL)) {
                all.putAll(statement(value, toKafka));
            } else {
                all.put(name, value);
            }
        });
        return all;
    }

    private static String seconds(String name, String value) {
        try {
            return Long.toString(Math.max(1, (Long.parseLong(value.trim()) + 999) / 1000));
        } catch (NumberFormatException e) {
            throw new ConfigException(name, value, "is no number of milliseconds");
        }
    }

    private static Map<String, String> statement(String text, boolean toKafka) {
        Matcher matcher = STATEMENT.matcher(text);
        if (!matcher.matches()) {
            throw new ConfigException(KCQL, text, "is not understood" + WRITE_INSTEAD);
        }
        String converter = matcher.group("converter");
        if (converter != null && !converter.endsWith("BytesConverter")) {
            throw new ConfigException(
                    KCQL,
                    text,
                    "WITHCONVERTER=" + converter
                            + " is not there: the payload goes as it is (BytesConverter); leave it out, and set value.converter");
        }
        String from = plain(matcher.group("from"));
        String to = plain(matcher.group("to"));
        String key = key(matcher.group("key"), text);
        if (!toKafka) {
            if (key != null) {
                throw new ConfigException(KCQL, text, "WITHKEY is for sources" + WRITE_INSTEAD);
            }
            return Map.of(SinkSettings.TOPIC_TEMPLATE, to);
        }
        return key == null
                ? Map.of(SourceSettings.TOPICS, from, SourceSettings.TOPIC, to)
                : Map.of(SourceSettings.TOPICS, from, SourceSettings.TOPIC, to, SourceSettings.KEY, key);
    }

    private static String plain(String name) {
        return name.startsWith("`") ? name.substring(1, name.length() - 1) : name;
    }

    private static @Nullable String key(@Nullable String fields, String text) {
        if (fields == null) {
            return null;
        }
        String field = fields.trim();
        if (!LEVEL.matcher(field).matches()) {
            throw new ConfigException(
                    KCQL, text, "WITHKEY(" + fields + ") is no name of a level of the filter" + WRITE_INSTEAD);
        }
        return "{" + field + "}";
    }
}
