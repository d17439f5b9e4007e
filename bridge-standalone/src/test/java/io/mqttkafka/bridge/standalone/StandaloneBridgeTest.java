package io.mqttkafka.bridge.standalone;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StandaloneBridgeTest {
    private static final String SECRET = "canary-5f1d";
    private static final List<String> BROKERS =
            List.of("--mqtt", "tcp://localhost:1883", "--client-id", "test", "--kafka", "localhost:9092");
    private static final List<String> ROUTE = List.of("--from-mqtt", "sensors/{site}/temp", "--to-kafka", "telemetry");

    private static final String ROUTE_NAME = "route 'sensors/{site}/temp -> telemetry': ";

    @TempDir
    private Path directory;

    @Test
    void help_namesEveryOptionAndExitCode() {
        Run run = Run.standaloneBridge("--help");

        assertThat(run.exitCode()).isZero();
        assertThat(run.err()).isEmpty();
        assertThat(run.out())
                .contains("--mqtt=", "--client-id=", "--mqtt-user=", "--mqtt-user-env=", "--mqtt-user-file=")
                .contains("--mqtt-password-env=", "--mqtt-password-file=")
                .contains(
                        "--mqtt-trust-store=", "--mqtt-trust-store-password-env=", "--mqtt-trust-store-password-file=")
                .contains("--mqtt-key-store=", "--mqtt-key-store-password-env=", "--mqtt-key-store-password-file=")
                .contains("--session-expiry=", "--receive-maximum=", "--keep-alive=", "--kafka=", "--kafka-config=")
                .contains("--kafka-property=", "--from-mqtt=", "--to-kafka=", "--key=", "--qos=", "--dead-letter=")
                .contains("--effectively-once", "--from-kafka=", "--to-mqtt=", "--group=", "--publish-qos=", "--retain")
                .contains("--publish-dead-letter=")
                .contains("--metadata-headers", "--status-interval=", "--start-timeout=", "--drain-timeout=")
                .contains("--start-in-background", "--unsubscribe=", "--unrouted=")
                .contains("--allow-feedback", "--identity=", "--status-topic=")
                .contains("--cleared-as-tombstone", "--retain-header=", "--clear-on-tombstone")
                .contains("0   Stopped on request", "2   Wrong usage", "3   Could not", "4   A route", "5   Stopped");
    }

    @Test
    void version_isPrinted() {
        Run run = Run.standaloneBridge("--version");

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).startsWith("mqtt-kafka-bridge ");
    }

    // Each line: what is added to a complete command line, and what the complaint starts with and contains.
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            --mqt tcp://x:1          | '--mqt' is not an option                | but --mqtt is
            --client-id=a             | --client-id: is given twice             | choose one
            --client-id              | Missing required parameter              | '--client-id'
            --client-id --kafka      | Expected parameter for option '--client-id' | '--kafka'
            stray                    | an argument belongs to no option        | quotes
            --mqtt broker:1883       | --mqtt: 'broker:1883' has no scheme     | use tcp://host:1883
            --mqtt 127.0.0.1:1       | --mqtt: not a URI                       | '127.0.0.1:1'; use tcp://host:1883
            --mqtt tcp://            | --mqtt: not a URI                       | use tcp://host:1883
            --mqtt tcp://me:pw@x:1   | --mqtt: holds a user name or password   | --mqtt-user
            --kafka kafka            | --kafka: 'kafka' is not host:port       | kafka:9092
            --receive-maximum many   | Invalid value for option '--receive-maximum' | 'many' is not an int
            --max-packet-size 9      | --max-packet-size: 9 must be from 1024 | 268435455
            --max-in-flight-bytes 9  | --max-in-flight-bytes: 9 must be from 1024 | bytes
            --send-maximum 0         | --send-maximum: 0 must be from 1        | 65535
            --max-user-properties -1 | --max-user-properties: -1 must be from 0 | properties
            --max-user-property-bytes -1 | --max-user-property-bytes: -1 must be from 0 | bytes
            --receive-maximum 0      | --receive-maximum: 0 must be from 1     | 65535
            --keep-alive 1s          | --keep-alive: 1s must be from 2s        | 18h12m15s
            --keep-alive soon        | Invalid value for option '--keep-alive' | 1h30m
            --session-expiry 0.5s    | --session-expiry: 0.5s must be whole seconds | seconds
            --start-timeout 0        | --start-timeout: 0s must be from 0.001s | 24h
            --drain-timeout 2d       | --drain-timeout: 48h must be from 0s    | 24h
            --status-interval 0      | --status-interval: must be 1s or more   | 1s
            --mqtt-trust-store no.p12 | --mqtt-trust-store: 'no.p12' is not a readable file | check path
            --mqtt-user-env X        | --mqtt-user-env: the variable           | export it
            --mqtt-password-env X    | --mqtt-password-env: the variable       | export it
            --mqtt-password-file no  | --mqtt-password-file: the file          | check path
            --mqtt-key-store-password-file no | --mqtt-key-store-password-file: the file | check path
            --mqtt-password pw       | --mqtt-password: everybody              | --mqtt-password-file
            --mqtt-trust-store-password=pw | --mqtt-password: everybody        | stores
            --kafka-config no        | --kafka-config: 'no' is not a readable  | check path
            --kafka-property lz4     | --kafka-property: needs NAME=VALUE      | compression.type=lz4
            --kafka-property compresion.type=lz4 | --kafka-property: 'compresion.type' is no property | check the spelling
            --kafka-property acks=1  | --kafka-property: acks=1                | leave it at 'all'
            --kafka-property enable.idempotence=false | --kafka-property: enable.idempotence | leave it at 'true'
            --kafka-property bootstrap.servers=x:1 | --kafka-property: 'bootstrap.servers' belongs | --kafka
            --kafka-property sasl.jaas.config=x | --kafka-property: sasl.jaas.config is a secret | --kafka-config
            --kafka-property ssl.keystore.password=x | --kafka-property: ssl.keystore.password is a secret | --kafka-config
            --from-mqtt b            | --from-mqtt, --to-kafka: each route     | --to-kafka 'telemetry.{site}'
            --qos 1 --qos 2          | --from-mqtt, --to-kafka: each route     | at most once
            --effectively-once       | --effectively-once: is about QoS 2      | add --qos 2
            --kafka-property group.id=g | --kafka-property: 'group.id' belongs | set it with --group
            --from-kafka c           | --from-kafka, --to-mqtt: each route     | --to-mqtt 'devices/{key}/cmd'
            --to-mqtt c              | --from-kafka, --to-mqtt: each route     | --to-mqtt 'devices/{key}/cmd'
            --group g                | --from-kafka, --to-mqtt: each route     | at most once
            --from-kafka c/d --to-mqtt t | --from-kafka: 'c/d' is not a Kafka topic name | a-z A-Z 0-9 . _ -
            --from-kafka c --to-mqtt t --group= | --group: '' is blank         | name the consumer group
            --from-kafka c --to-mqtt t --publish-qos 3 | --publish-qos: 3 is not a QoS | use 0, 1 or 2
            --from-kafka c --to-mqtt t --publish-dead-letter a/b | --publish-dead-letter: 'a/b' is not | a-z A-Z 0-9
            --from-kafka c --to-mqtt t --publish-dead-letter c | route 'c -> t': --publish-dead-letter: 'c' is a topic | another
            --from-kafka c --to-mqtt {kay}/t | route 'c -> {kay}/t': --to-mqtt: '{kay}/t' uses {kay} | did you mean {key}?
            --from-kafka c --to-mqtt t/# | route 'c -> t/#': --to-mqtt: 't/#'  | +
            --from-kafka c --to-mqtt t --from-kafka c --to-mqtt t | --from-kafka: the route | leave one out
            --from-kafka c --to-mqtt t --from-kafka c --to-mqtt u | route 'c -> u': --group: 'bridge-test' is also | of its own
            """)
    void wrongOption_isOneLineThatNamesItAndTheMend(String added, String start, String mend) {
        List<String> args = new ArrayList<>(BROKERS);
        args.addAll(ROUTE);
        args.addAll(List.of(added.split(" ")));

        assertWrongUsage(args, start, mend);
    }

    // What only the engine can judge, told in the words of the command line as well.
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            a/#/b       | t          | --from-mqtt: 'a/#/b' has '#'    | use '+'
            {}/a        | t          | --from-mqtt: '{}/a' has a level named '' | start the name with
            a           | t/u        | --to-kafka: 't/u' has '/'       | a-z A-Z 0-9 . _ -
            {site}/a    | t.{cite}   | --to-kafka: 't.{cite}' uses {cite} | did you mean {site}?
            """)
    void wrongRoute_isOneLineThatNamesItAndTheMend(String from, String to, String start, String mend) {
        assertWrongUsage(
                with(BROKERS, "--from-mqtt", from, "--to-kafka", to),
                "route '" + from + " -> " + to + "': " + start,
                mend);
    }

    @Test
    void wrongKey_isNamed() {
        assertWrongUsage(
                complete("--key", "{cite}"), ROUTE_NAME + "--key: '{cite}' uses {cite}", "did you mean {site}?");
    }

    @Test
    void wrongQos_isNamed() {
        assertWrongUsage(complete("--qos", "3"), "--qos: 3 is not a QoS", "use 0, 1 or 2");
    }

    @Test
    void wrongDeadLetter_isNamed() {
        assertWrongUsage(
                complete("--dead-letter", "a/b"),
                "--dead-letter: 'a/b' is not a Kafka topic name",
                "a-z A-Z 0-9 . _ -");
    }

    @Test
    void missingClientId_isNamed() {
        assertWrongUsage(
                with(ROUTE, "--mqtt", "tcp://localhost", "--kafka", "k:9092"),
                "--client-id: is not set",
                "same over restarts");
    }

    @Test
    void sessionThatDoesNotLast_isNamed() {
        assertWrongUsage(complete("--session-expiry", "0"), "--session-expiry: 0 ends the session", "longest outage");
    }

    @Test
    void sameRouteTwice_isNamed() {
        assertWrongUsage(complete(ROUTE.toArray(String[]::new)), "--from-mqtt: the route", "leave one out");
    }

    @Test
    void routesThatFeedEachOther_areNamedWithTheMend() {
        assertWrongUsage(
                complete("--from-kafka", "telemetry", "--to-mqtt", "sensors/{key}/temp"),
                "route: 'telemetry -> sensors/{key}/temp' and 'sensors/{site}/temp -> telemetry' feed each other: ",
                "or set --allow-feedback, with which");
    }

    @Test
    void clearingWithoutRetaining_isNamed() {
        assertWrongUsage(
                complete("--from-kafka", "states", "--to-mqtt", "{key}", "--clear-on-tombstone"),
                "--clear-on-tombstone: needs ",
                "--retain-header, or there is nothing to clear");
    }

    @Test
    void noSubscribersThatQos0CannotTell_isNamed() {
        assertWrongUsage(
                complete(
                        "--from-kafka",
                        "states",
                        "--to-mqtt",
                        "{key}",
                        "--publish-qos",
                        "0",
                        "--no-subscribers",
                        "fail"),
                "--no-subscribers: ",
                "QoS 0");
    }

    @Test
    void noSubscribersOfAnotherName_isNamed() {
        assertWrongUsage(
                complete("--from-kafka", "states", "--to-mqtt", "{key}", "--no-subscribers", "drop"),
                "Invalid value for option '--no-subscribers'",
                "await, accept, fail");
    }

    @Test
    void statusTopicWithWildcard_isNamed() {
        assertWrongUsage(complete("--status-topic", "a/#"), "--status-topic: 'a/#' must be ", "without '+', '#'");
    }

    @Test
    void missingMqtt_isNamed() {
        assertWrongUsage(with(ROUTE, "--kafka", "k:9092"), "--mqtt: is missing", "--mqtt tcp://broker:1883");
    }

    @Test
    void missingKafka_isNamed() {
        assertWrongUsage(with(ROUTE, "--mqtt", "tcp://m"), "--kafka: is missing", "--kafka kafka:9092");
    }

    @Test
    void missingRoute_isNamed() {
        assertWrongUsage(
                BROKERS,
                "--from-mqtt, --to-kafka or --from-kafka, --to-mqtt: there is no route",
                "--from-mqtt 'sensors/{site}/temp'");
    }

    @Test
    void passwordWithoutUser_isNamed() throws IOException {
        Path file = Files.writeString(directory.resolve("password"), SECRET);

        assertWrongUsage(complete("--mqtt-password-file", file.toString()), "--mqtt-user: is missing", "user name");
    }

    @Test
    void userFromTwoPlaces_isRefused() throws IOException {
        Path file = Files.writeString(directory.resolve("user"), "edge");

        assertWrongUsage(
                complete("--mqtt-user", "edge", "--mqtt-user-file", file.toString()),
                "--mqtt-user, --mqtt-user-env",
                "choose one");
    }

    @Test
    void passwordFromBothPlaces_isRefused() {
        assertWrongUsage(
                complete("--mqtt-password-file", "f", "--mqtt-password-env", "E"),
                "--mqtt-password-env and",
                "choose one");
    }

    @Test
    void storePasswordWithoutStore_isNamed() throws IOException {
        Path file = Files.writeString(directory.resolve("password"), SECRET);

        assertWrongUsage(
                complete("--mqtt-trust-store-password-file", file.toString()),
                "--mqtt-trust-store: is missing",
                "password");
        assertWrongUsage(
                complete("--mqtt-key-store-password-file", file.toString()),
                "--mqtt-key-store: is missing",
                "password");
    }

    @Test
    void emptyPasswordFile_isNamed() throws IOException {
        Path file = Files.writeString(directory.resolve("password"), "\n");

        assertWrongUsage(
                complete("--mqtt-user", "me", "--mqtt-password-file", file.toString()),
                "--mqtt-password-file:",
                "empty");
    }

    @Test
    void trustStoreWithoutTls_isNamed() throws IOException {
        Path file = Files.writeString(directory.resolve("trust.p12"), "");

        assertWrongUsage(
                complete("--mqtt-trust-store", file.toString()),
                "--mqtt-trust-store or --mqtt-key-store:",
                "use ssl://");
    }

    @Test
    void kafkaConfigThatIsNoPropertiesFile_isNamedWithoutItsContents() throws IOException {
        Path file = Files.writeString(directory.resolve("kafka.properties"), "password=\\uzzzz" + SECRET);

        assertWrongUsage(
                complete("--kafka-config", file.toString()), "--kafka-config: '", "is not a readable properties");
    }

    @Test
    void kafkaConfigWithPropertyOfTheBridge_isNamed() throws IOException {
        Path file = Files.writeString(directory.resolve("kafka.properties"), "transactional.id=mine");

        assertWrongUsage(
                complete("--kafka-config", file.toString()), "--kafka-config: 'transactional.id' belongs", "client id");
    }

    @Test
    void secrets_neverAppearInComplaints() throws IOException {
        Path file = Files.write(directory.resolve("latin1"), (SECRET + "\u00e9").getBytes(ISO_8859_1));
        List<List<String>> commandLines = List.of(
                complete("--mqtt-password", SECRET),
                complete("--mqtt-password=" + SECRET),
                complete("--mqtt-pasword=" + SECRET),
                complete("--password", SECRET),
                complete(SECRET),
                complete("-p" + SECRET),
                complete("--mqtt", "tcp://me:" + SECRET + "@broker:1883"),
                complete("--mqtt", "tcp://me:" + SECRET + "@bro ker:1883"),
                complete("--mqtt-user", "me", "--mqtt-password-env", SECRET),
                complete("--mqtt-user", "me", "--mqtt-password-file", SECRET),
                complete("--mqtt-user", "me", "--mqtt-password-file", file.toString()),
                complete("--mqtt-user", "--mqtt-password=" + SECRET),
                complete("--kafka-property", "sasl.jaas.config=" + SECRET),
                complete("--kafka-property", SECRET),
                complete("--kafka-property", "x=" + SECRET, "--client-id", "again"),
                complete("--kafka-property", "ssl.key.password=" + SECRET));

        assertThat(commandLines).allSatisfy(args -> {
            Run run = Run.standaloneBridge(Map.of("PASSWORD", SECRET), args.toArray(String[]::new));
            assertThat(run.exitCode()).isEqualTo(2);
            assertThat(run.output()).isNotEmpty().doesNotContain(SECRET);
        });
    }

    private static List<String> complete(String... added) {
        List<String> args = with(BROKERS, ROUTE.toArray(String[]::new));
        args.addAll(List.of(added));
        return args;
    }

    private static List<String> with(List<String> first, String... added) {
        List<String> args = new ArrayList<>(first);
        args.addAll(List.of(added));
        return args;
    }

    private static void assertWrongUsage(List<String> args, String start, String mend) {
        Run run = Run.standaloneBridge(args.toArray(String[]::new));

        assertThat(run.err())
                .startsWith("mqtt-kafka-bridge: " + start)
                .contains(mend)
                .endsWith("; see --help" + System.lineSeparator());
        assertThat(run.err().lines()).hasSize(1);
        assertThat(run.err()).hasSizeLessThan(400);
        assertThat(run.out()).isEmpty();
        assertThat(run.exitCode()).isEqualTo(2);
    }
}
