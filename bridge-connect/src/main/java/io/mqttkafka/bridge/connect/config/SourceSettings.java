package io.mqttkafka.bridge.connect.config;

import io.mqttkafka.bridge.FromMqtt;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.ToKafka;
import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.config.LoopOptions;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.error.BridgeConfigException;
import io.mqttkafka.bridge.spi.BridgeConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Range;
import org.apache.kafka.common.config.ConfigDef.Width;

/** What the properties of a source connector, or of one of its tasks, say. Immutable. */
public final class SourceSettings extends CommonSettings {
    // Confluent's names.
    public static final String TOPICS = "mqtt.topics";
    public static final String TOPIC = "kafka.topic";
    public static final String QUEUE_SIZE = "records.buffer.queue.size";
    public static final String BATCH_SIZE = "records.buffer.max.batch.size";
    public static final String POLL_WAIT = "records.buffer.empty.timeout";
    public static final String FULL_TIMEOUT = "records.buffer.full.timeout";

    // Ours.
    public static final String TOPIC_TEMPLATE = "kafka.topic.template";
    public static final String KEY = "kafka.key";
    public static final String USER_PROPERTIES = "mqtt.user.properties";
    public static final String SHARE_NAME = "mqtt.share.name";
    public static final String EXACTLY_ONCE = "exactly.once.support";
    public static final String STATE_TOPIC = "state.topic";
    public static final String DEAD_LETTER_TOPIC = "on.failure.dead.letter.topic";

    private static final String SOURCE = "Source";
    private static final int LARGEST_WINDOW = 65_535;
    private static final int DEFAULT_WINDOW = 4096;
    private static final Duration LONGEST_POLL = Duration.ofMillis(500);

    private static final ConfigDef DEFINITION = definition();

    /**
     * Reads properties.
     *
     * @param properties the properties, with the names of Lenses where its author prefers them
     * @throws org.apache.kafka.common.config.ConfigException if one is missing or illegal
     */
    public SourceSettings(Map<String, String> properties) {
        super(DEFINITION, LensesNames.translate(properties, true));
    }

    /** Returns what the properties are. */
    public static ConfigDef definition() {
        ConfigDef all = define(new ConfigDef(), QoS.AT_LEAST_ONCE.level());
        int order = 0;
        all.define(
                TOPICS,
                ConfigDef.Type.LIST,
                ConfigDef.NO_DEFAULT_VALUE,
                new NotEmpty(),
                Importance.HIGH,
                "Filters to subscribe to, separated by commas; levels can be named: sensors/{site}/+.",
                SOURCE,
                ++order,
                Width.LONG,
                "Filters");
        all.define(
                TOPIC,
                ConfigDef.Type.STRING,
                "mqtt",
                new ConfigDef.NonEmptyString(),
                Importance.HIGH,
                "The Kafka topic.",
                SOURCE,
                ++order,
                Width.MEDIUM,
                "Kafka topic");
        all.define(
                TOPIC_TEMPLATE,
                ConfigDef.Type.STRING,
                "",
                Importance.MEDIUM,
                "A template of the Kafka topic, such as telemetry.{site}; instead of " + TOPIC + ".",
                SOURCE,
                ++order,
                Width.MEDIUM,
                "Kafka topic template");
        all.define(
                KEY,
                ConfigDef.Type.STRING,
                "",
                Importance.MEDIUM,
                "A template of the key, such as {device}. Default: the MQTT topic.",
                SOURCE,
                ++order,
                Width.MEDIUM,
                "Key");
        all.define(
                USER_PROPERTIES,
                ConfigDef.Type.BOOLEAN,
                true,
                Importance.LOW,
                "Whether user properties of MQTT 5 become headers.",
                SOURCE,
                ++order,
                Width.SHORT,
                "User properties");
        all.define(
                SHARE_NAME,
                ConfigDef.Type.STRING,
                "",
                Importance.MEDIUM,
                "Lets all tasks share every filter, as $share/<name>/<filter>. Then order is kept within a task only, and"
                        + " exactly once does not hold.",
                SOURCE,
                ++order,
                Width.MEDIUM,
                "Share name");
        all.define(
                QUEUE_SIZE,
                ConfigDef.Type.INT,
                DEFAULT_WINDOW,
                Range.between(1, 10_000_000),
                Importance.MEDIUM,
                "How many messages may wait for Kafka; the MQTT broker keeps the others. More than 65535 count as that.",
                SOURCE,
                ++order,
                Width.SHORT,
                "Window");
        all.define(
                BATCH_SIZE,
                ConfigDef.Type.INT,
                DEFAULT_WINDOW,
                Range.atLeast(1),
                Importance.LOW,
                "How many records the worker is given at once.",
                SOURCE,
                ++order,
                Width.SHORT,
                "Batch size");
        all.define(
                POLL_WAIT,
                ConfigDef.Type.INT,
                100,
                Range.atLeast(1),
                Importance.LOW,
                "How long the worker waits for a record, in milliseconds, 500 at most.",
                SOURCE,
                ++order,
                Width.SHORT,
                "Poll wait");
        all.define(
                FULL_TIMEOUT,
                ConfigDef.Type.INT,
                60_000,
                Range.atLeast(0),
                Importance.LOW,
                "Kept for configurations of Confluent's connector, and not used: a full window makes the MQTT broker wait.",
                SOURCE,
                ++order,
                Width.SHORT,
                "Full timeout");
        all.define(
                STATE_TOPIC,
                ConfigDef.Type.STRING,
                "",
                Importance.LOW,
                "The Kafka topic whose records carry packet ids of QoS 2 into the source offsets; it may be compacted. Default: the"
                        + " name of the connector and .state.",
                SOURCE,
                ++order,
                Width.MEDIUM,
                "State topic");
        all.define(
                DEAD_LETTER_TOPIC,
                ConfigDef.Type.STRING,
                "",
                Importance.MEDIUM,
                "The Kafka topic of dead letters.",
                SOURCE,
                ++order,
                Width.MEDIUM,
                "Dead letter topic");
        return all;
    }

    /** Returns the filters. */
    public List<String> filters() {
        return getList(TOPICS);
    }

    /** Says whether tasks share the filters. */
    public boolean shared() {
        return !getString(SHARE_NAME).isEmpty();
    }

    /** Says whether messages of QoS 2 are to be in Kafka exactly once: the worker has to be asked for that by name. */
    public boolean exactlyOnce() {
        Object asked = originals().get(EXACTLY_ONCE);
        return qos() == QoS.EXACTLY_ONCE
                && asked != null
                && asked.toString().trim().toLowerCase(Locale.ROOT).equals("required");
    }

    /** Says why messages are not in Kafka exactly once, whatever the worker does; empty if they can be. */
    public String obstacleToExactlyOnce() {
        if (qos() != QoS.EXACTLY_ONCE) {
            return QOS + " is " + qos().level() + ", and only QoS 2 can be exactly once; set it to 2";
        }
        if (getBoolean(CLEAN_SESSION)) {
            return CLEAN_SESSION + " is true, so the broker forgets what is under way; set it to false";
        }
        if (getLong(SESSION_EXPIRY) == 0) {
            return SESSION_EXPIRY + " is 0, so the broker forgets what is under way; leave it out";
        }
        return shared() ? SHARE_NAME + " is set, and the broker may give a message to another task; leave it out" : "";
    }

    /** Returns where the records go that carry packet ids. */
    public String stateTopic() {
        String given = getString(STATE_TOPIC);
        return given.isEmpty() ? connector() + ".state" : given;
    }

    /** Returns how many records the worker is given at once. */
    public int batchSize() {
        return getInt(BATCH_SIZE);
    }

    /** Returns how long the worker waits for a record. */
    public Duration pollWait() {
        Duration given = Duration.ofMillis(getInt(POLL_WAIT));
        return given.compareTo(LONGEST_POLL) > 0 ? LONGEST_POLL : given;
    }

    /**
     * Returns the bridge of a task.
     *
     * @throws BridgeConfigException if something is illegal or does not fit; the message names it
     */
    public BridgeConfig bridge() {
        if (!getString(TOPIC_TEMPLATE).isEmpty() && originals().containsKey(TOPIC)) {
            throw new BridgeConfigException(TOPIC_TEMPLATE + ": is set beside " + TOPIC + "; leave one of them out");
        }
        if (deadLetters() && getString(DEAD_LETTER_TOPIC).isEmpty()) {
            throw new BridgeConfigException(
                    DEAD_LETTER_TOPIC + ": is missing, and " + ON_FAILURE + " is " + DEAD_LETTER + "; name a topic");
        }
        MqttOptions mqtt = mqtt().receiveMaximum(Math.min(LARGEST_WINDOW, getInt(QUEUE_SIZE)))
                .build();
        List<Route> routes = new ArrayList<>();
        for (String filter : filters()) {
            routes.add(route(filter));
        }
        // The addresses are the worker's matter; limits follow from its producer.
        KafkaOptions kafka = KafkaOptions.builder()
                .bootstrapServers("worker:9092")
                .producer("max.request.size", largestRecord())
                .build();
        return new BridgeConfig(
                mqtt, kafka, routes, List.of(), CommonSettings.life(Duration.ZERO), LoopOptions.defaults(), null, null);
    }

    private Route route(String filter) {
        FromMqtt<byte[]> from = Route.fromMqtt(shared() ? "$share/" + getString(SHARE_NAME) + "/" + filter : filter)
                .qos(qos());
        if (qos() == QoS.EXACTLY_ONCE && !exactlyOnce()) {
            from.effectivelyOnce();
        }
        String template = getString(TOPIC_TEMPLATE);
        ToKafka<byte[]> to = from.toKafka(template.isEmpty() ? getString(TOPIC) : template)
                .name(filter)
                .metadataHeaders()
                .userProperties(getBoolean(USER_PROPERTIES))
                .onFailure(failurePolicy(getString(DEAD_LETTER_TOPIC)));
        if (!getString(KEY).isEmpty()) {
            to.key(getString(KEY));
        }
        return to.build();
    }
}
