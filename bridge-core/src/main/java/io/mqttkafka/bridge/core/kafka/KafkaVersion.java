package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.error.BridgeConfigException;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which kafka-clients is on the class path, and what differs between the versions. Thread-safe. */
public final class KafkaVersion {
    private static final Logger log = LoggerFactory.getLogger(KafkaVersion.class);
    private static final String UNKNOWN = "of an unknown version";
    private static final Set<String> WRITING_TO_WRONG_TOPICS = Set.of("4.0.0", "4.0.1", "4.1.0", "4.1.1");

    private KafkaVersion() {}

    /**
     * Refuses what is older than 4.0 before one of its classes is missing in the middle of the work. Warns of versions that
     * can write a record to the wrong topic.
     *
     * @throws BridgeConfigException if kafka-clients is missing or too old
     */
    public static void requireSupported() {
        ClassLoader loader = KafkaVersion.class.getClassLoader();
        String found = find(loader);
        // Asked of the classes, not of the number: a fat jar keeps the former, and may lose the latter.
        if (!has(loader, "org.apache.kafka.clients.producer.Producer")) {
            throw refused("kafka-clients is missing");
        }
        if (!returnsNextOffsets(loader)) {
            throw refused("found kafka-clients " + found);
        }
        if (writesToWrongTopics(found)) {
            log.warn(
                    "kafka-clients {} can write a record to another topic than its own when a batch expires"
                            + " (CVE-2026-35554); take 4.0.2, 4.1.2, 4.2.0 or later",
                    found);
        }
    }

    private static BridgeConfigException refused(String why) {
        return new BridgeConfigException("kafka: " + why
                + ", needs at least 4.0; put org.apache.kafka:kafka-clients 4.0.2 or later on the class path, with Spring Boot"
                + " by the property kafka.version of your build");
    }

    private static boolean has(ClassLoader loader, String name) {
        try {
            Class.forName(name, false, loader);
            return true;
        } catch (ClassNotFoundException | LinkageError e) {
            log.debug("{} cannot be loaded", name, e);
            return false;
        }
    }

    /** What came with 4.0, and what routes from Kafka cannot do without. */
    private static boolean returnsNextOffsets(ClassLoader loader) {
        try {
            Class.forName("org.apache.kafka.clients.consumer.ConsumerRecords", false, loader)
                    .getMethod("nextOffsets");
            return true;
        } catch (ClassNotFoundException | NoSuchMethodException | LinkageError e) {
            log.debug("kafka-clients is too old", e);
            return false;
        }
    }

    /** Says whether batches of this version can end up in another topic (KAFKA-19012). */
    static boolean writesToWrongTopics(String version) {
        int suffix = version.indexOf('-');
        return WRITING_TO_WRONG_TOPICS.contains(suffix < 0 ? version : version.substring(0, suffix));
    }

    /**
     * Reads the version where kafka-clients has it: its own class for that has moved from package to package.
     *
     * @return the version, or words that say that it is unknown
     */
    public static String found() {
        return find(KafkaVersion.class.getClassLoader());
    }

    private static String find(ClassLoader loader) {
        try (InputStream in = loader.getResourceAsStream("kafka/kafka-version.properties")) {
            if (in == null) {
                return UNKNOWN;
            }
            Properties properties = new Properties();
            properties.load(in);
            return properties.getProperty("version", UNKNOWN).trim();
        } catch (IOException | IllegalArgumentException e) {
            log.debug("The version of kafka-clients cannot be read", e);
            return UNKNOWN;
        }
    }

    /** Closes a consumer and waits no longer than this; 4.0 has no other way to say how long. */
    @SuppressWarnings("deprecation")
    static void close(Consumer<?, ?> consumer, Duration timeout) {
        consumer.close(timeout);
    }
}
