package io.mqttkafka.bridge.connect.config;

import io.mqttkafka.bridge.FromKafka;
import io.mqttkafka.bridge.NoSubscribers;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.ToMqtt;
import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.config.LoopOptions;
import io.mqttkafka.bridge.spi.BridgeConfig;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.ValidString;
import org.apache.kafka.common.config.ConfigDef.Width;

/** What the properties of a sink connector, or of one of its tasks, say. Immutable. */
public final class SinkSettings extends CommonSettings {
    // Confluent's names.
    public static final String RETAINED = "mqtt.retained.enabled";
    public static final String PUBLISH_TIMEOUT = "mqtt.publish.timeout.ms";

    // Ours.
    public static final String TOPIC_TEMPLATE = "mqtt.topic.template";
    public static final String USER_PROPERTIES = "mqtt.user.properties";
    public static final String NO_SUBSCRIBERS = "mqtt.no.subscribers";
    public static final String CLEAR_ON_TOMBSTONE = "mqtt.clear.on.tombstone";
    public static final String WINDOW = "mqtt.send.maximum";
    public static final String BOOTSTRAP_SERVERS = "kafka.bootstrap.servers";
    public static final String STATE_TOPIC = "state.topic";

    /** What follows is a property of Kafka's clients. */
    public static final String CLIENT_PREFIX = "kafka.client.";

    private static final String ERRORS_TOLERANCE = "errors.tolerance";

    private static final String SINK = "Sink";
    private static final String WAIT = "wait";
    private static final String FAIL = "fail";
    private static final String ACCEPT = "accept";
    private static final String TOPICS = "topics";
    private static final String TOPICS_REGEX = "topics.regex";

    /** The name that the worker's reporter goes by in the engine; the topic is a matter of the worker. */
    private static final String REPORTER = "errors.deadletterqueue";

    private static final int LARGEST_WINDOW = 65_535;
    private static final int DEFAULT_WINDOW = 1000;

    private static final ConfigDef DEFINITION = definition();

    /**
     * Reads properties.
     *
     * @param properties the properties, with the names of Lenses where its author prefers them
     * @throws org.apache.kafka.common.config.ConfigException if one is missing or illegal
     */
    public SinkSettings(Map<String, String> properties) {
        super(DEFINITION, LensesNames.translate(properties, false));
    }

    /** Returns what the properties are. */
    public static ConfigDef definition() {
        ConfigDef all = define(new ConfigDef(), QoS.AT_LEAST_ONCE.level());
        int order = 0;
        all.define(
                TOPIC_TEMPLATE,
                ConfigDef.Type.STRING,
                "{topic}",
                new ConfigDef.NonEmptyString(),
                Importance.HIGH,
                "A template of the MQTT topic: {topic}, {key} and {partition} stand for those of the record.",
                SINK,
                ++order,
                Width.MEDIUM,
                "MQTT topic template");
        all.define(
                RETAINED,
                ConfigDef.Type.BOOLEAN,
                false,
                Importance.MEDIUM,
                "Whether messages are retained. (Confluent's default is true.)",
                SINK,
                ++order,
                Width.SHORT,
                "Retained");
        all.define(
                CLEAR_ON_TOMBSTONE,
                ConfigDef.Type.BOOLEAN,
                false,
                Importance.MEDIUM,
                "Whether a record without a value clears the retained message of its topic, rather than publish an empty one.",
                SINK,
                ++order,
                Width.SHORT,
                "Clear on tombstone");
        all.define(
                USER_PROPERTIES,
                ConfigDef.Type.BOOLEAN,
                true,
                Importance.LOW,
                "Whether headers become user properties of MQTT 5.",
                SINK,
                ++order,
                Width.SHORT,
                "User properties");
        all.define(
                NO_SUBSCRIBERS,
                ConfigDef.Type.STRING,
                WAIT,
                ValidString.in(WAIT, FAIL, ACCEPT),
                Importance.MEDIUM,
                "What becomes of a message that the broker throws away because nobody subscribes: wait keeps it, in order, fail goes"
                        + " by on.failure, accept counts it as delivered.",
                SINK,
                ++order,
                Width.SHORT,
                "No subscribers");
        all.define(
                WINDOW,
                ConfigDef.Type.INT,
                DEFAULT_WINDOW,
                ConfigDef.Range.between(1, LARGEST_WINDOW),
                Importance.LOW,
                "How many messages may wait for the broker's acknowledgement.",
                SINK,
                ++order,
                Width.SHORT,
                "Window");
        all.define(
                PUBLISH_TIMEOUT,
                ConfigDef.Type.INT,
                30_000,
                Importance.LOW,
                "Kept for configurations of Confluent's connector, and not used: a message waits for its acknowledgement.",
                SINK,
                ++order,
                Width.SHORT,
                "Publish timeout");
        all.define(
                BOOTSTRAP_SERVERS,
                ConfigDef.Type.LIST,
                "",
                Importance.MEDIUM,
                "Addresses of a Kafka that keeps the packet ids of QoS 2, by which messages go exactly once; mostly that of the"
                        + " worker. Properties of its clients, such as security.protocol, follow kafka.client. Without it QoS 2"
                        + " repeats what was on its way when a task dies.",
                SINK,
                ++order,
                Width.LONG,
                "Kafka of packet ids");
        all.define(
                STATE_TOPIC,
                ConfigDef.Type.STRING,
                "",
                Importance.LOW,
                "The compacted topic there that keeps them. Default: the name of the connector and .state.",
                SINK,
                ++order,
                Width.MEDIUM,
                "State topic");
        return all;
    }

    /** Says whether the packet ids of the messages are kept in Kafka. */
    public boolean exactlyOnce() {
        return qos() == QoS.EXACTLY_ONCE && !getList(BOOTSTRAP_SERVERS).isEmpty();
    }

    /** Returns the consumer group of the connector. */
    public String group() {
        Object given = originals().get("consumer.override.group.id");
        return given == null ? "connect-" + connector() : given.toString();
    }

    /** Says whether a record that fails goes to the reporter of the worker: if asked to, or if errors are tolerated anyway. */
    @Override
    public boolean deadLetters() {
        return super.deadLetters()
                || (!originals().containsKey(ON_FAILURE)
                        && "all".equals(String.valueOf(originals().get(ERRORS_TOLERANCE))));
    }

    /** Returns the Kafka that keeps the packet ids, or a name for that of the worker, which is the worker's matter. */
    public KafkaOptions kafka() {
        KafkaOptions.Builder kafka = KafkaOptions.builder();
        if (!exactlyOnce()) {
            return kafka.bootstrapServers("worker:9092").build();
        }
        kafka.bootstrapServers(getList(BOOTSTRAP_SERVERS).toArray(new String[0]));
        originalsWithPrefix(CLIENT_PREFIX).forEach(kafka::client);
        String topic = getString(STATE_TOPIC);
        return kafka.transactions(options -> options.stateTopic(topic.isEmpty() ? connector() + ".state" : topic))
                .build();
    }

    /**
     * Returns the bridge of a task.
     *
     * @throws io.mqttkafka.bridge.error.BridgeConfigException if something is illegal or does not fit; the message names it
     */
    public BridgeConfig bridge() {
        return new BridgeConfig(
                mqtt().sendMaximum(getInt(WINDOW)).build(),
                kafka(),
                List.of(route()),
                List.of(),
                CommonSettings.life(Duration.ofSeconds(3)),
                LoopOptions.defaults(),
                null,
                null);
    }

    private Route route() {
        ToMqtt<byte[]> to = from().group(group())
                .clientId(clientId())
                .toMqtt(getString(TOPIC_TEMPLATE))
                .name(connector())
                .qos(qos())
                .retain(getBoolean(RETAINED))
                .userProperties(getBoolean(USER_PROPERTIES))
                .noSubscribers(noSubscribers())
                .onFailure(failurePolicy(REPORTER));
        if (qos() == QoS.EXACTLY_ONCE && !exactlyOnce()) {
            to.effectivelyOnce();
        }
        if (getBoolean(CLEAR_ON_TOMBSTONE)) {
            to.clearOnTombstone();
        }
        return to.build();
    }

    private FromKafka<byte[]> from() {
        Object topics = originals().get(TOPICS);
        Object pattern = originals().get(TOPICS_REGEX);
        if (topics == null && pattern != null) {
            return Route.fromKafka(Pattern.compile(pattern.toString()));
        }
        String names = topics == null ? connector() : topics.toString();
        return Route.fromKafka(Arrays.stream(names.split(",", -1))
                .map(String::trim)
                .filter(name -> !name.isEmpty())
                .toArray(String[]::new));
    }

    private NoSubscribers noSubscribers() {
        return switch (getString(NO_SUBSCRIBERS)) {
            case FAIL -> NoSubscribers.fail();
            case ACCEPT -> NoSubscribers.accept();
            default -> NoSubscribers.await();
        };
    }
}
