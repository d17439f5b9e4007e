package io.mqttkafka.bridge.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mqttkafka.bridge.connect.config.FilterSplit;
import io.mqttkafka.bridge.connect.config.SinkSettings;
import io.mqttkafka.bridge.connect.config.SourceSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.common.config.Config;
import org.apache.kafka.common.config.ConfigValue;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.source.ExactlyOnceSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What properties are taken, refused, and told about; without a worker. */
class ConfigurationTest {
    private final MqttKafkaSourceConnector source = new MqttKafkaSourceConnector();
    private final MqttKafkaSinkConnector sink = new MqttKafkaSinkConnector();

    private static Map<String, String> with(Map<String, String> base, String... more) {
        Map<String, String> all = new HashMap<>(base);
        for (int i = 0; i < more.length; i += 2) {
            all.put(more[i], more[i + 1]);
        }
        return all;
    }

    private static final Map<String, String> SOURCE =
            Map.of("name", "c", "mqtt.server.uri", "tcp://broker:1883", "mqtt.topics", "a/+,b/#", "kafka.topic", "t");

    private static Map<String, List<String>> errors(Config config) {
        Map<String, List<String>> errors = new HashMap<>();
        for (ConfigValue value : config.configValues()) {
            if (!value.errorMessages().isEmpty()) {
                errors.put(value.name(), value.errorMessages());
            }
        }
        return errors;
    }

    @Test
    void validate_manyThingsWrong_tellsAllAtOnce() {
        Map<String, List<String>> errors = errors(source.validate(
                Map.of("name", "c", "mqtt.qos", "3", "mqtt.version", "4", "mqtt.keepalive.interval.seconds", "0")));

        assertThat(errors)
                .containsOnlyKeys(
                        "mqtt.server.uri",
                        "mqtt.topics",
                        "mqtt.qos",
                        "mqtt.version",
                        "mqtt.keepalive.interval.seconds");
    }

    @Test
    void validate_illegalFilter_namesIt() {
        assertThat(errors(source.validate(with(SOURCE, "mqtt.topics", "a/#/b")))
                        .values()
                        .toString())
                .contains("a/#/b");
    }

    @Test
    void validate_templateWithoutItsLevel_namesIt() {
        Map<String, String> properties = with(SOURCE, "kafka.topic.template", "t.{site}");
        properties.remove("kafka.topic");

        assertThat(errors(source.validate(properties)).values().toString()).contains("{site}");
    }

    @Test
    void validate_topicAndTemplate_areRefused() {
        assertThat(errors(source.validate(with(SOURCE, "kafka.topic.template", "t2"))))
                .containsOnlyKeys("kafka.topic.template");
    }

    @Test
    void validate_deadLetterWithoutTopic_namesTheProperty() {
        assertThat(errors(source.validate(with(SOURCE, "on.failure", "dead-letter"))))
                .containsOnlyKeys("on.failure.dead.letter.topic");
    }

    @Test
    void validate_passwordThatARestAnswerHid_isRefused() {
        assertThat(errors(source.validate(with(SOURCE, "mqtt.username", "u", "mqtt.password", "[hidden]"))))
                .containsOnlyKeys("mqtt.password");
    }

    @Test
    void settings_neverShowSecrets() {
        SourceSettings settings =
                new SourceSettings(with(SOURCE, "mqtt.username", "u", "mqtt.password", "s3cret-word"));

        assertThat(settings.toString() + settings.values() + settings.bridge()).doesNotContain("s3cret-word");
    }

    @Test
    void confluentSource_withTlsAndCredentials_isTaken() {
        Map<String, String> properties = new HashMap<>(Map.of(
                "name", "mqtt-source",
                "connector.class", "io.mqttkafka.bridge.connect.MqttKafkaSourceConnector",
                "tasks.max", "1",
                "mqtt.server.uri", "ssl://mosquitto:8883",
                "mqtt.topics", "my-mqtt-topic",
                "kafka.topic", "mqtt-source-1",
                "mqtt.qos", "2",
                "mqtt.username", "myuser",
                "mqtt.password", "mypassword"));
        properties.putAll(Map.of(
                "mqtt.clean.session.enabled", "true",
                "max.retry.time.ms", "30000",
                "records.buffer.queue.size", "50000",
                "records.buffer.max.batch.size", "4096",
                "confluent.license", "",
                "confluent.topic.bootstrap.servers", "broker:9092",
                "confluent.topic.replication.factor", "1"));

        assertThat(errors(source.validate(properties))).isEmpty();
    }

    @Test
    void confluentSink_isTaken() {
        assertThat(errors(sink.validate(Map.of(
                        "name", "mqtt-sink",
                        "connector.class", "io.mqttkafka.bridge.connect.MqttKafkaSinkConnector",
                        "topics", "sink-messages",
                        "mqtt.server.uri", "tcp://mosquitto:1883",
                        "mqtt.qos", "2",
                        "mqtt.retained.enabled", "true",
                        "mqtt.publish.timeout.ms", "30000",
                        "confluent.topic.bootstrap.servers", "broker:9092"))))
                .isEmpty();
    }

    private static final Map<String, String> LENSES = Map.of(
            "name", "mqtt",
            "connect.mqtt.hosts", "tcp://mqtt:1883",
            "connect.mqtt.service.quality", "1",
            "connect.mqtt.clean", "true",
            "connect.mqtt.timeout", "1000",
            "connect.mqtt.keep.alive", "1000",
            "connect.mqtt.client.id", "lenses");

    @Test
    void lensesSource_isTaken() {
        Map<String, String> properties = with(
                LENSES,
                "connect.mqtt.kcql",
                "INSERT INTO `kafka-topic` SELECT * FROM /mjson/{site}/+ WITHCONVERTER=`com.datamountaineer.BytesConverter`"
                        + " WITHKEY(site)");
        assertThat(errors(source.validate(properties))).isEmpty();

        SourceSettings settings = new SourceSettings(properties);

        assertThat(settings.filters()).containsExactly("/mjson/{site}/+");
        assertThat(settings.getString("kafka.topic")).isEqualTo("kafka-topic");
        assertThat(settings.getString("kafka.key")).isEqualTo("{site}");
        assertThat(settings.clientId()).isEqualTo("lenses-0");
    }

    @Test
    void lensesSink_isTaken() {
        SinkSettings settings = new SinkSettings(
                with(LENSES, "topics", "t", "connect.mqtt.kcql", "INSERT INTO devices/all SELECT * FROM t"));

        assertThat(settings.getString("mqtt.topic.template")).isEqualTo("devices/all");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "INSERT INTO t SELECT a, b FROM x",
                "UPSERT INTO t SELECT * FROM x",
                "INSERT INTO t SELECT * FROM x WITHCONVERTER=`JsonSimpleConverter`",
                "INSERT INTO t SELECT * FROM x WITHKEY(a, b)",
                "INSERT INTO t SELECT * FROM x; INSERT INTO u SELECT * FROM y"
            })
    void lensesStatementThatSaysMore_isRefusedWithWhatToWrite(String statement) {
        String errors = errors(source.validate(with(LENSES, "connect.mqtt.kcql", statement)))
                .toString();

        assertThat(errors).contains("connect.mqtt.kcql").containsAnyOf("kafka.topic", "value.converter");
    }

    @Test
    void exactlyOnceSupport_isSaidOnlyWhereItHolds() {
        assertThat(source.exactlyOnceSupport(with(SOURCE, "mqtt.qos", "2"))).isEqualTo(ExactlyOnceSupport.SUPPORTED);
        Stream.of(
                        with(SOURCE, "mqtt.qos", "1"),
                        with(SOURCE, "mqtt.qos", "2", "mqtt.clean.session.enabled", "true"),
                        with(SOURCE, "mqtt.qos", "2", "mqtt.session.expiry.seconds", "0"),
                        with(SOURCE, "mqtt.qos", "2", "mqtt.share.name", "s"),
                        Map.of("name", "c"))
                .forEach(properties ->
                        assertThat(source.exactlyOnceSupport(properties)).isEqualTo(ExactlyOnceSupport.UNSUPPORTED));
    }

    @Test
    void taskConfigs_givesEachFilterToOneTask_underANumberThatStays() {
        source.start(with(SOURCE, "mqtt.topics", "a,b,c,d,e,f,g"));

        List<Map<String, String>> tasks = source.taskConfigs(3);

        List<String> filters = new ArrayList<>();
        Set<String> ids = new HashSet<>();
        for (Map<String, String> task : tasks) {
            SourceSettings settings = new SourceSettings(task);
            filters.addAll(settings.filters());
            assertThat(ids.add(settings.clientId())).isTrue();
        }
        assertThat(filters).containsExactlyInAnyOrder("a", "b", "c", "d", "e", "f", "g");
    }

    @Test
    void taskConfigs_shared_givesEachTaskEveryFilter() {
        source.start(with(SOURCE, "mqtt.share.name", "s"));

        assertThat(source.taskConfigs(2)).hasSize(2).allSatisfy(task -> assertThat(task)
                .containsEntry("mqtt.topics", "a/+,b/#"));
    }

    /** A filter or a task more moves nothing but what it has to. */
    @Test
    void split_changesAsLittleAsItCan() {
        Random random = new Random(7);
        for (int round = 0; round < 200; round++) {
            List<String> filters = IntStream.range(0, 1 + random.nextInt(20))
                    .mapToObj(i -> "f" + random.nextInt(1000))
                    .distinct()
                    .toList();
            int tasks = 1 + random.nextInt(6);
            List<List<String>> before = FilterSplit.among(filters, tasks);
            List<String> more = new ArrayList<>(filters);
            more.add("new/" + round);
            List<List<String>> after = FilterSplit.among(more, tasks);
            List<List<String>> larger = FilterSplit.among(filters, tasks + 1);
            for (int task = 0; task < tasks; task++) {
                assertThat(after.get(task)).containsAll(before.get(task));
                assertThat(before.get(task)).containsAll(larger.get(task));
            }
        }
    }

    @Test
    void split_spreadsFiltersOfOnePattern() {
        List<String> filters =
                IntStream.range(100, 400).mapToObj(i -> "site/" + i + "/#").toList();
        for (int tasks = 2; tasks <= 5; tasks++) {
            int share = filters.size() / tasks;
            assertThat(FilterSplit.among(filters, tasks))
                    .allSatisfy(one -> assertThat(one).hasSizeBetween(share * 2 / 3, share * 4 / 3));
        }
    }

    @Test
    void offsets_canBeForgotten_notMadeUp() {
        Map<String, ?> partition = Map.of("client", "c-0", "slot", 3);
        Map<Map<String, ?>, Map<String, ?>> forget = new HashMap<>();
        forget.put(partition, null);

        assertThat(source.alterOffsets(SOURCE, forget)).isTrue();
        assertThatThrownBy(() -> source.alterOffsets(SOURCE, Map.of(partition, Map.of("entry", "AAAA"))))
                .isInstanceOf(ConnectException.class)
                .hasMessageContaining("null");
        assertThatThrownBy(() -> source.alterOffsets(SOURCE, Map.of(Map.of("file", "x"), Map.of("position", 1))))
                .isInstanceOf(ConnectException.class)
                .hasMessageContaining("client");
    }

    @Test
    void everyProperty_isInThePage() throws IOException {
        String page = Files.readString(Path.of("..", "docs", "connect.md"));

        assertThat(source.config().names()).allSatisfy(name -> assertThat(page).contains("`" + name + "`"));
        assertThat(sink.config().names()).allSatisfy(name -> assertThat(page).contains("`" + name + "`"));
    }

    @Test
    void version_isThatOfTheBuild() {
        assertThat(source.version()).matches("\\d+\\.\\d+\\.\\d+.*").isEqualTo(sink.version());
    }
}
