package io.mqttkafka.bridge.standalone.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The cases of a test: messages that go in, and what comes out. */
public final class Cases {
    /** One message or record; what it does not have is null or empty. */
    public static final class Item {
        private String topic = "";
        private @Nullable String key;
        private @Nullable String payload;
        private int qos = 1;
        private boolean retain;
        private Map<String, String> properties = new LinkedHashMap<>();

        /** The MQTT or Kafka topic. */
        public String topic() {
            return topic;
        }

        /** The key of a record; null if there is none, or if any will do. */
        public @Nullable String key() {
            return key;
        }

        /** The payload or value; null if there is none, or if any will do. */
        public @Nullable String payload() {
            return payload;
        }

        /** The QoS of a message. */
        public int qos() {
            return qos;
        }

        /** Whether a message is retained. */
        public boolean retain() {
            return retain;
        }

        /** User properties or headers. */
        public Map<String, String> properties() {
            return properties;
        }
    }

    /** A case. */
    public static final class Case {
        private String name = "";
        private final List<Item> mqtt = new ArrayList<>();
        private final List<Item> kafka = new ArrayList<>();
        private final List<Item> expectedKafka = new ArrayList<>();
        private final List<Item> expectedMqtt = new ArrayList<>();

        /** What it is about. */
        public String name() {
            return name;
        }

        /** Messages that devices publish. */
        public List<Item> mqtt() {
            return mqtt;
        }

        /** Records that applications write. */
        public List<Item> kafka() {
            return kafka;
        }

        /** The records that the bridge must have written, all of them. */
        public List<Item> expectedKafka() {
            return expectedKafka;
        }

        /** The messages that the bridge must have published, all of them. */
        public List<Item> expectedMqtt() {
            return expectedMqtt;
        }
    }

    private static final Section<Item> MESSAGE = Section.of(
            "a message",
            Setting.<Item, String>of("topic", "topic", Forms.text(), (i, v) -> i.topic = v, "MQTT topic.")
                    .require(),
            Setting.of("payload", "payload", Forms.text(), (i, v) -> i.payload = v, "Payload."),
            Setting.of(
                    "qos",
                    "qos",
                    Forms.choice(Map.of("0", 0, "1", 1, "2", 2), String::valueOf),
                    (i, v) -> i.qos = v,
                    "QoS. Default: 1."),
            Setting.of("retain", "retain", Forms.yesOrNo(), (i, v) -> i.retain = v, "Whether it is retained."),
            Setting.of(
                    "user-properties",
                    "userProperties",
                    Forms.map(Forms.text()),
                    (i, v) -> i.properties = v,
                    "User properties."));

    private static final Section<Item> RECORD = Section.of(
            "a record",
            Setting.<Item, String>of("topic", "topic", Forms.text(), (i, v) -> i.topic = v, "Kafka topic.")
                    .require(),
            Setting.of("key", "key", Forms.text(), (i, v) -> i.key = v, "Key."),
            Setting.of("value", "value", Forms.text(), (i, v) -> i.payload = v, "Value."),
            Setting.of("headers", "headers", Forms.map(Forms.text()), (i, v) -> i.properties = v, "Headers."));

    private static final Section<Case> CASE = Section.of(
            "a case",
            Setting.<Case, String>of("name", "name", Forms.text(), (c, v) -> c.name = v, "What it is about.")
                    .require(),
            items("mqtt", MESSAGE, Case::mqtt, "Messages that devices publish."),
            items("kafka", RECORD, Case::kafka, "Records that applications write."),
            items("expect-kafka", RECORD, Case::expectedKafka, "All records that the bridge must write."),
            items("expect-mqtt", MESSAGE, Case::expectedMqtt, "All messages that the bridge must publish."));

    private static final Section<List<Case>> ROOT = Section.of(
            "cases",
            Setting.<List<Case>, List<Assignments<Case>>>of(
                            "cases",
                            "cases",
                            Forms.list(CASE),
                            (all, v) -> v.forEach(one -> fill(all, Case::new, one)),
                            "The cases.")
                    .require());

    private Cases() {}

    private static Setting<Case, List<Assignments<Item>>> items(
            String name, Section<Item> form, Function<Case, List<Item>> of, String description) {
        return Setting.of(
                name,
                name,
                Forms.list(form),
                (c, v) -> v.forEach(one -> fill(of.apply(c), Item::new, one)),
                description);
    }

    private static <T> void fill(List<T> all, Supplier<T> maker, Assignments<T> options) {
        T one = maker.get();
        options.applyTo(one, new ArrayList<>());
        all.add(one);
    }

    /**
     * Reads a file.
     *
     * @throws ConfigException if it is wrong, with everything that is
     */
    public static List<Case> read(Path file, Function<String, @Nullable String> environment) {
        Path directory = file.toAbsolutePath().getParent();
        List<Problem> problems = new ArrayList<>();
        Path base = directory == null ? Path.of("") : directory;
        Tree tree = YamlFile.read(file, new Variables(environment, base), problems);
        List<Case> cases = new ArrayList<>();
        try {
            ROOT.read(tree, new Reading(base, "", problems)).applyTo(cases, problems);
        } catch (Refused e) {
            problems.add(new Problem(e.place(), String.valueOf(e.getMessage())));
        }
        if (!problems.isEmpty()) {
            throw new ConfigException(problems);
        }
        return cases;
    }
}
