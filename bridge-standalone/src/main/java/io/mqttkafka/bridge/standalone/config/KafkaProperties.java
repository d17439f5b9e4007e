package io.mqttkafka.bridge.standalone.config;

import io.mqttkafka.bridge.config.KafkaOptions;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigDef;

/** The properties that Kafka's clients know, and which client each goes to. */
public final class KafkaProperties {
    private static final Set<String> CLIENT = AdminClientConfig.configNames();
    private static final Set<String> PRODUCER = ProducerConfig.configNames();
    private static final Set<String> CONSUMER = ConsumerConfig.configNames();
    private static final Set<String> SECRET = ProducerConfig.configDef().configKeys().values().stream()
            .filter(key -> key.type == ConfigDef.Type.PASSWORD)
            .map(key -> key.name)
            .collect(Collectors.toSet());

    private KafkaProperties() {}

    /** Says whether a client of Kafka knows the property. */
    public static boolean known(String name) {
        return CLIENT.contains(name) || PRODUCER.contains(name) || CONSUMER.contains(name);
    }

    /** Says whether the value must not be shown. */
    public static boolean isSecret(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return SECRET.contains(name) || lower.contains("password") || lower.contains("secret");
    }

    /**
     * Sets a property: what every Kafka client knows for all of them, what only the consumer knows for it, the rest for the
     * producer.
     *
     * @throws IllegalArgumentException as the API throws it
     */
    public static void set(KafkaOptions.Builder options, String name, String value) {
        if (CLIENT.contains(name)) {
            options.client(name, value);
        } else if (CONSUMER.contains(name) && !PRODUCER.contains(name)) {
            options.consumer(name, value);
        } else {
            options.producer(name, value);
        }
    }

    /** Does the same, but refuses a name that no client knows. */
    static void setKnown(KafkaOptions.Builder options, String name, String value) {
        if (!known(name)) {
            Set<String> names = new TreeSet<>(CLIENT);
            names.addAll(PRODUCER);
            names.addAll(CONSUMER);
            throw new IllegalArgumentException("'" + YamlFile.shortened(name)
                    + "' is no property that Kafka's clients know" + Nearest.hint(name, names)
                    + " If a plug-in needs it, put it under client, producer or consumer");
        }
        set(options, name, value);
    }

    /** The option that the API calls by the name of one client. */
    static String method(String name) {
        if (CLIENT.contains(name)) {
            return "client";
        }
        return CONSUMER.contains(name) && !PRODUCER.contains(name) ? "consumer" : "producer";
    }
}
