package io.mqttkafka.bridge.standalone.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.Guarantee;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BridgeFileTest {
    private static final String SECRET = "canary-5f1d";
    private static final String HEAD = """
            mqtt:
              server: tcp://localhost:1883
              client-id: edge-1
            kafka: { bootstrap-servers: "localhost:9092" }
            """;
    private static final String ROUTES = """
            routes:
              telemetry: { from-mqtt: "sensors/{site}/temp", to-kafka: "telemetry.{site}" }
            """;

    @TempDir
    private Path directory;

    private BridgeFile file(String yaml, Map<String, String> environment) throws IOException {
        return BridgeFile.read(Files.writeString(directory.resolve("bridge.yaml"), yaml), environment::get);
    }

    private void check(String yaml) throws IOException {
        file(yaml, Map.of("NAME", SECRET)).check(Overrides.NONE);
    }

    private String refusal(String yaml) throws IOException {
        return String.valueOf(catchThrowable(() -> check(yaml)).getMessage());
    }

    @Test
    void whole_isRight() throws IOException {
        check(HEAD + ROUTES);
    }

    // Each line: what is appended to a right file, and what is said of it.
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            htp: {}                  | bridge.yaml:7:1: htp: is not an option here; did you mean http?
            http: { prot: 1 }        | bridge.yaml:7:9: http.prot: is not an option here; did you mean port?
            http: { port: many }     | bridge.yaml:7:15: http.port: must be a whole number
            http: { port: 70000 }    | bridge.yaml:7:9: http.port: 70000 must be from 0 to 65535
            http: [8080]             | bridge.yaml:7:7: http: must be the port with options of its own, such as port: .., not a list
            http:                    | bridge.yaml:7:1: http: has no value; give it one, or leave it out
            http: {}                 | bridge.yaml:7:7: http: port is missing; add for example port: 12
            start-timeout: soon      | bridge.yaml:7:16: start-timeout: must be a time such as 500ms, 5s, 1m30s, 2h, 7d or PT5S
            start-timeout: 2d        | bridge.yaml:7:1: start-timeout: 48h must be from 1ms to 24h
            start-mode: later        | bridge.yaml:7:13: start-mode: must be until-timeout or in-background
            start-timeout: ${NONE}   | bridge.yaml:7:16: the variable NONE is not set; export it, or write ${NONE:default}
            start-timeout: ${file:x} | bridge.yaml:7:16: the file of ${file:x} cannot be read as UTF-8 text of at most 64 KiB; check path and rights
            start-timeout: ${NAME    | bridge.yaml:7:16: '${' without a '}'; write $${ for the characters themselves
            start-timeout: ${NAME}   | bridge.yaml:7:16: start-timeout: must be a time such as 500ms, 5s, 1m30s, 2h, 7d or PT5S, which ${NAME} is not
            status: { topic: a/# }   | bridge.yaml:7:11: status.topic: 'a/#' must be 1 to 65535 bytes of UTF-8 without '+', '#' and control characters
            loops: { hop-limit: 0 }  | bridge.yaml:7:10: loops.hop-limit: 0 must be from 1 to 1000 bridges
            mqtt: { client-id: x }   | bridge.yaml:7:1: mqtt: is given twice, first in line 1; choose one
            status: *x               | bridge.yaml:7:9: an alias (*) without its anchor (&); put a value that begins with * in quotes
            status: !x y             | bridge.yaml:7:9: a tag (!); put a value that begins with ! in quotes
            status: @x               | bridge.yaml:7:9: a value begins with a character that YAML keeps for itself; put it in quotes
            status: "x               | the file ends too early: a quote or a bracket is not closed
            ? [a, b]                 | bridge.yaml:7:3: a name must be plain text, not a list or a map
            ---                      | a second document; a file has one, without '---' in it
            """)
    void mistake_isSaidWithItsPlace(String line, String said) throws IOException {
        assertThat(refusal(HEAD + ROUTES + line + "\n")).contains(said).doesNotContain(SECRET);
    }

    // Each line: the options of a route, and what is said of it.
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            from-mqtt: "a/{b}", to-kafka: "{c}"            | bridge.yaml:6:27: route 'r': to-kafka: '{c}' uses {c}
            from-mqtt: a/#/b, to-kafka: c                  | bridge.yaml:6:7: route 'r': from-mqtt: 'a/#/b' has '#'
            from-mqtt: a, to-kafka: b, key: "{level}"      | bridge.yaml:6:34: route 'r': key: '{level}' uses {level}
            from-kafka: a, to-mqtt: b/#                    | bridge.yaml:6:22: route 'r': to-mqtt
            from-kafka: a b, to-mqtt: b                    | bridge.yaml:6:7: routes.r.from-kafka: 'a b' is not a Kafka topic name
            from-mqtt: a                                   | bridge.yaml:6:6: routes.r: to-kafka is missing
            to-kafka: a                                    | bridge.yaml:6:6: routes.r: from-mqtt is missing
            to-mqtt: a                                     | bridge.yaml:6:6: routes.r: has no source; add from-mqtt: FILTER or from-kafka: TOPIC
            from-mqtt: a, to-mqtt: b                       | bridge.yaml:6:21: routes.r.to-mqtt: is not an option here
            from-mqtt: a, to-kafka: b, qos: 3              | bridge.yaml:6:39: routes.r.qos: must be 0 or 1 or 2
            from-mqtt: a, to-kafka: b, retry: 3            | routes.r.retry: is not an option here
            from-mqtt: a, to-kafka: b, on-failure: {retry: 3} | routes.r.on-failure.retry: needs backoff beside it
            from-mqtt: a, to-kafka: b, on-failure: {backoff: 1s..0s, retry: 1} | on-failure.backoff: must be times such as
            from-mqtt: a, to-kafka: b, on-failure: {skip: true, stop: true} | on-failure.stop: on-failure
            from-mqtt: a, to-kafka: b, on-failure: {dead-letter: a/b} | on-failure.dead-letter: 'a/b' is not a Kafka topic name
            from-mqtt: a, to-kafka: b, encode: json        | routes.r.encode: needs the same decode beside it
            from-kafka: a, to-mqtt: b, clear-on-tombstone: true | clear-on-tombstone
            from-kafka: a, from-kafka-pattern: a, to-mqtt: b | routes.r: has from-kafka and from-kafka-pattern; choose one
            from-kafka-pattern: "(", to-mqtt: b            | routes.r.from-kafka-pattern: must be a regular expression of Java
            from-mqtt: a, to-kafka: b, user-properties: yes | routes.r.user-properties: must be true or false
            """)
    void mistakeInARoute_isSaidWithItsPlace(String options, String said) throws IOException {
        assertThat(refusal(HEAD + "routes:\n  r: {" + options + "}\n"))
                .contains(said)
                .doesNotContain("Exception");
    }

    @Test
    void everything_isSaidAtOnce() throws IOException {
        String said = refusal("""
                mqtt: { server: "broker:1883", client-idd: edge-1, keep-alive: 1s, receive-maximum: many }
                kafka: { bootstrap-server: "x:1", properties: { compresion.type: lz4, acks: 1 } }
                routes:
                  a: { from-mqtt: x, to-kafka: y, qos: 3 }
                  a: { from-mqtt: x, to-kafka: y }
                htp: {}
                """);

        assertThat(said.lines())
                .hasSize(11)
                .allMatch(line -> line.matches("bridge\\.yaml:\\d+:\\d+: .+"))
                .isSortedAccordingTo((one, other) -> Integer.compare(lineOf(one), lineOf(other)));
        assertThat(said).contains("did you mean client-id?", "did you mean compression.type?", "a: is given twice");
    }

    private static int lineOf(String problem) {
        return Integer.parseInt(problem.split(":", 3)[1]);
    }

    @Test
    void mistakesOfTwoRoutes_areBothSaid() throws IOException {
        assertThat(refusal(HEAD + """
                routes:
                  a: { from-mqtt: "x/{y}", to-kafka: "{z}" }
                  b: { from-kafka: c, to-mqtt: "{kay}" }
                """))
                .contains("bridge.yaml:6:28: route 'a'", "bridge.yaml:7:23: route 'b'")
                .contains("did you mean {key}?");
    }

    @Test
    void tab_isSaid() throws IOException {
        assertThat(refusal("mqtt:\n\tserver: x\n")).isEqualTo("bridge.yaml:2:1: a tab; YAML is indented with spaces");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "# nothing\n", "---\n"})
    void empty_isSaid(String yaml) throws IOException {
        assertThat(refusal(yaml)).isEqualTo("bridge.yaml: the file is empty; it needs mqtt, kafka and routes");
    }

    @Test
    void largeFile_isRefusedUnread() throws IOException {
        assertThat(refusal("a".repeat(10 << 20)))
                .isEqualTo("bridge.yaml: the file has 10485760 bytes; 1048576 is the most");
    }

    @Test
    void notThere_isSaid() {
        assertThatThrownBy(() -> BridgeFile.read(directory.resolve("none.yaml"), name -> null)
                        .check(Overrides.NONE))
                .hasMessageStartingWith("none.yaml: ")
                .hasMessageEndingWith("is not there or not a file; check the path");
    }

    @Test
    void notUtf8_isSaid() throws IOException {
        Path file = Files.write(directory.resolve("bridge.yaml"), new byte[] {'a', ':', ' ', (byte) 0xff});

        assertThatThrownBy(() -> BridgeFile.read(file, name -> null).check(Overrides.NONE))
                .hasMessage("bridge.yaml: the file is not UTF-8 text; save it as UTF-8");
    }

    /** Each level stands for nine of the one before: 9^9 values in a file of 300 bytes. */
    @Test
    void bombOfAliases_isRefusedAtOnce() throws IOException {
        StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 9; i++) {
            bomb.append("a").append(i).append(": &a").append(i).append(" [");
            bomb.append(("*a" + (i - 1) + ", ").repeat(8))
                    .append("*a")
                    .append(i - 1)
                    .append("]\n");
        }

        assertThat(refusal(bomb.toString())).contains("more than");
    }

    /** Few aliases, so that their number alone does not tell. */
    @Test
    void bombOfPairs_isRefusedAtOnce() throws IOException {
        StringBuilder bomb = new StringBuilder("a0: &a0 [x, x]\n");
        for (int i = 1; i < 24; i++) {
            bomb.append("a")
                    .append(i)
                    .append(": &a")
                    .append(i)
                    .append(" [*a")
                    .append(i - 1)
                    .append(", *a")
                    .append(i - 1)
                    .append("]\n");
        }

        assertThat(refusal(bomb.toString())).contains("more than 100000 values");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a: &a [*a]", "a: &a {b: *a}"})
    void circle_isRefused(String yaml) throws IOException {
        assertThat(refusal(yaml)).contains("deeper than 32 levels");
    }

    @Test
    void depth_isBounded() throws IOException {
        assertThat(refusal("a: " + "[".repeat(200_000))).startsWith("bridge.yaml");
        assertThat(refusal("a: " + "[".repeat(40) + "]".repeat(40))).contains("deeper than 32 levels");
    }

    @Test
    void variablesAndFiles_arePutIn() throws IOException {
        Files.writeString(directory.resolve("topic"), "telemetry\n");
        BridgeFile file = file(HEAD.replace("edge-1", "${ID}-$${x}-${NONE:y}") + """
                routes:
                  r: { from-mqtt: a, to-kafka: "${file:topic}" }
                """, Map.of("ID", "a:#b"));
        file.check(Overrides.NONE);

        assertThat(file.kafkaTopics()).containsExactly("telemetry");
        assertThat(file.mqttOptions(Overrides.NONE).clientId()).isEqualTo("a:#b-${x}-y");
    }

    /** What a variable holds is no YAML and no template of variables. */
    @Test
    void whatIsPutIn_isNotLookedAtAgain() throws IOException {
        BridgeFile file = file(HEAD.replace("edge-1", "${ID}") + ROUTES, Map.of("ID", "[a, ${ID}]"));
        file.check(Overrides.NONE);

        assertThat(file.mqttOptions(Overrides.NONE).clientId()).isEqualTo("[a, ${ID}]");
    }

    @Test
    void options_reachTheBridge() throws IOException {
        BridgeFile file = file("""
                mqtt:
                  server-uri: [tcp://a:1, tcp://b:2]
                  client-id: edge-1
                  keep-alive: 1m30s
                  maximum-packet-size: 8MiB
                  max-in-flight-bytes: 16MiB
                  reconnect: 100ms..PT5S
                  qos0-overflow: pause
                  unrouted: acknowledge
                kafka:
                  bootstrap-servers: a:1,b:2
                  properties: { compression.type: lz4, security.protocol: SASL_SSL, max.poll.records: 7 }
                  transactions: { commit-interval: 20ms }
                routes:
                  r: { from-mqtt: a, to-kafka: b, qos: 2 }
                """, Map.of());
        file.check(Overrides.NONE);
        var mqtt = file.mqttOptions(Overrides.NONE);
        var kafka = file.kafkaOptions(Overrides.NONE);

        assertThat(mqtt.serverUris()).hasSize(2);
        assertThat(mqtt.keepAlive()).isEqualTo(Duration.ofSeconds(90));
        assertThat(mqtt.maximumPacketSize()).isEqualTo(8 << 20);
        assertThat(mqtt.reconnect().max()).isEqualTo(Duration.ofSeconds(5));
        assertThat(mqtt.toString()).contains("qos0Overflow=PAUSE", "unrouted=ACKNOWLEDGE");
        assertThat(kafka.bootstrapServers()).containsExactly("a:1", "b:2");
        assertThat(kafka.producer()).containsOnlyKeys("compression.type");
        assertThat(kafka.client()).containsOnlyKeys("security.protocol");
        assertThat(kafka.consumer()).containsOnlyKeys("max.poll.records");
        assertThat(kafka.transactions().commitInterval()).isEqualTo(Duration.ofMillis(20));
        try (Bridge bridge = file.builder(Overrides.NONE).build()) {
            assertThat(bridge.guarantees())
                    .singleElement()
                    .matches(route -> route.route().equals("r") && route.guarantee() == Guarantee.EXACTLY_ONCE);
        }
    }

    /** At the place of every option in turn, as a secret that somebody has put there by mistake or for good. */
    @Test
    void secretInEveryPlace_isNeverSaid() throws IOException {
        Files.writeString(directory.resolve("secret"), SECRET);
        for (Section<?> section : SchemaTest.sections().keySet()) {
            for (Setting<?, ?> setting : section.settings()) {
                for (String value : new String[] {"${NAME}", "${file:secret}", "[\"${NAME}\"]", "{x: \"${NAME}\"}"}) {
                    String yaml = SchemaTest.document(section, setting.name() + ": " + value);
                    BridgeFile file = file(yaml, Map.of("NAME", SECRET));
                    Throwable refusal = catchThrowable(() -> file.check(Overrides.NONE));
                    if (refusal != null) {
                        assertThat(refusal.getMessage()).as(yaml).doesNotContain(SECRET);
                    } else {
                        assertThat(file.exportJava()).as(yaml).doesNotContain(SECRET);
                        assertThat(file.mqttOptions(Overrides.NONE).toString())
                                .as(yaml)
                                .satisfies(shown -> {
                                    if (setting.name().contains("password")) {
                                        assertThat(shown).doesNotContain(SECRET);
                                    }
                                });
                    }
                }
            }
        }
    }

    @Test
    void passwordInTheClear_isInNoErrorAndNoExport() throws IOException {
        String yaml =
                HEAD.replace("client-id: edge-1", "client-id: edge-1\n  username: me\n  password: " + SECRET) + ROUTES;
        BridgeFile file = file(yaml, Map.of());
        file.check(Overrides.NONE);

        assertThat(file.exportJava()).contains("env(\"MQTT_PASSWORD\")").doesNotContain(SECRET);
        assertThat(refusal(yaml.replace(SECRET, "[" + SECRET + "]"))).doesNotContain(SECRET);
        assertThat(refusal(yaml.replace("password: ", "password: *"))).doesNotContain(SECRET);
        assertThat(refusal(yaml.replace("password: ", "password: !"))).doesNotContain(SECRET);
        assertThat(refusal(yaml.replace("password: ", "password: @"))).doesNotContain(SECRET);
        assertThat(refusal(yaml.replace("password: ", "password: \"\\x"))).doesNotContain(SECRET);
        assertThat(refusal(yaml.replace("password: ", "passwort: "))).doesNotContain(SECRET);
        assertThat(refusal(yaml.replace("password: " + SECRET, "password: a\n" + SECRET)))
                .doesNotContain(SECRET + " ");
    }
}
