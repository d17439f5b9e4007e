package io.mqttkafka.bridge.standalone;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.BridgeBuilder;
import io.mqttkafka.bridge.FromKafka;
import io.mqttkafka.bridge.FromMqtt;
import io.mqttkafka.bridge.NoSubscribers;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.StartMode;
import io.mqttkafka.bridge.ToKafka;
import io.mqttkafka.bridge.ToMqtt;
import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.config.LoopOptions;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.config.MqttVersion;
import io.mqttkafka.bridge.config.TlsOptions;
import io.mqttkafka.bridge.config.Unrouted;
import io.mqttkafka.bridge.error.BridgeConfigException;
import io.mqttkafka.bridge.standalone.config.HttpSettings;
import io.mqttkafka.bridge.standalone.config.KafkaProperties;
import io.mqttkafka.bridge.standalone.config.Overrides;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The options of {@link StandaloneBridge}, and how a bridge is built of them. */
final class StandaloneOptions {
    @ArgGroup(
            exclusive = false,
            multiplicity = "0..*",
            heading = "%nRoutes from MQTT to Kafka, each with these options:%n")
    List<FromMqttGroup> fromMqtt = new ArrayList<>();

    @ArgGroup(
            exclusive = false,
            multiplicity = "0..*",
            heading = "%nRoutes from Kafka to MQTT, each with these options:%n")
    List<FromKafkaGroup> fromKafka = new ArrayList<>();

    @ArgGroup(validate = false, heading = "%nMQTT:%n")
    MqttGroup mqtt = new MqttGroup();

    @ArgGroup(validate = false, heading = "%nKafka:%n")
    KafkaGroup kafka = new KafkaGroup();

    @ArgGroup(validate = false, heading = "%nThe process:%n")
    RunGroup run = new RunGroup();

    /**
     * Collects everything for the bridge.
     *
     * @throws OptionException if an option is missing or illegal, or names a file or variable that cannot be read
     * @throws RuntimeException as the API throws it for what it refuses
     */
    BridgeBuilder toBuilder(Secrets secrets, @Nullable Metrics metrics) {
        check();
        requireMqttAndKafka();
        BridgeBuilder builder =
                Bridge.builder().mqtt(m -> mqtt.apply(m, secrets)).kafka(k -> kafka.apply(k, metrics));
        if (fromMqtt.isEmpty() && fromKafka.isEmpty()) {
            throw new OptionException("--from-mqtt, --to-kafka or --from-kafka, --to-mqtt: there is no route; use for"
                    + " example --from-mqtt 'sensors/{site}/temp' --to-kafka 'telemetry.{site}', or a file:"
                    + " mqtt-kafka-bridge run bridge.yaml");
        }
        routes().forEach(builder::route);
        builder.loops(run::applyLoops);
        run.apply(builder);
        return builder;
    }

    /** Returns what the command line says beside a file. */
    Overrides beside(Secrets secrets, @Nullable Metrics metrics) {
        check();
        return new Overrides() {
            @Override
            public Set<String> given() {
                Set<String> given = new HashSet<>();
                addIf(!mqtt.uris.isEmpty(), given, "mqtt", "mqtt.server-uri", "mqtt.server");
                addIf(mqtt.clientId != null, given, "mqtt.client-id");
                addIf(mqtt.hasCredentials(), given, "mqtt.username", "mqtt.password", "mqtt.password-file");
                addIf(mqtt.sessionExpiry != null, given, "mqtt.session-expiry");
                addIf(mqtt.receiveMaximum != null, given, "mqtt.receive-maximum");
                addIf(mqtt.sendMaximum != null, given, "mqtt.send-maximum");
                addIf(mqtt.maximumPacketSize != null, given, "mqtt.maximum-packet-size");
                addIf(mqtt.maxInFlightBytes != null, given, "mqtt.max-in-flight-bytes");
                addIf(mqtt.maxUserProperties != null, given, "mqtt.max-user-properties");
                addIf(mqtt.maxUserPropertyBytes != null, given, "mqtt.max-user-property-bytes");
                addIf(mqtt.unrouted != null, given, "mqtt.unrouted");
                addIf(mqtt.keepAlive != null, given, "mqtt.keep-alive");
                addIf(mqtt.trustStore != null || mqtt.keyStore != null, given, "mqtt.tls");
                addIf(run.identity != null, given, "loops.identity", "loops.guarded");
                addIf(run.allowFeedback, given, "loops.allow-feedback");
                addIf(!kafka.servers.isEmpty(), given, "kafka", "kafka.bootstrap-servers");
                kafka.propertyNames().forEach(name -> given.add("kafka.*." + name));
                addIf(!fromMqtt.isEmpty() || !fromKafka.isEmpty(), given, "routes");
                addIf(run.statusTopic != null, given, "status");
                addIf(run.startTimeout != null, given, "start-timeout");
                addIf(run.startInBackground, given, "start-mode");
                addIf(run.drainTimeout != null, given, "drain-timeout");
                return given;
            }

            @Override
            public void mqtt(MqttOptions.Builder options) {
                inOwnWords(() -> mqtt.apply(options, secrets));
            }

            @Override
            public void kafka(KafkaOptions.Builder options) {
                inOwnWords(() -> kafka.apply(options, metrics));
            }

            @Override
            public void loops(LoopOptions.Builder options) {
                inOwnWords(() -> run.applyLoops(options));
            }

            @Override
            public void bridge(BridgeBuilder builder) {
                inOwnWords(() -> run.apply(builder));
            }

            @Override
            public List<Route> routes() {
                List<Route> routes = new ArrayList<>();
                inOwnWords(() -> routes.addAll(StandaloneOptions.this.routes()));
                return routes;
            }
        };
    }

    private static void addIf(boolean condition, Set<String> names, String... added) {
        if (condition) {
            names.addAll(List.of(added));
        }
    }

    // Else it would be taken for a mistake of the file.
    private static void inOwnWords(Runnable action) {
        try {
            action.run();
        } catch (IllegalArgumentException | BridgeConfigException e) {
            throw new OptionException(OptionNames.translate(e.getMessage()));
        }
    }

    private List<Route> routes() {
        Set<String> names = new HashSet<>();
        List<Route> routes = new ArrayList<>();
        for (FromMqttGroup group : fromMqtt) {
            Route route = group.toRoute(run.metadataHeaders);
            requireNew("--from-mqtt", route, names);
            routes.add(route);
        }
        for (FromKafkaGroup group : fromKafka) {
            Route route = group.toRoute();
            requireNew("--from-kafka", route, names);
            routes.add(route);
        }
        return routes;
    }

    private void requireMqttAndKafka() {
        if (mqtt.uris.isEmpty()) {
            mqtt.requireNoExposedPassword();
            throw new OptionException("--mqtt: is missing; add for example --mqtt tcp://broker:1883");
        }
        if (kafka.servers.isEmpty()) {
            throw new OptionException("--kafka: is missing; add for example --kafka kafka:9092");
        }
    }

    private void check() {
        if (run.statusInterval != null && run.statusInterval.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new OptionException("--status-interval: must be 1s or more");
        }
    }

    /** Returns the names of the routes that publish to MQTT; none before the command line is read. */
    List<String> publishing() {
        return fromKafka.stream().map(FromKafkaGroup::routeName).toList();
    }

    /** Says whether a route puts messages aside that it cannot deliver. */
    boolean hasDeadLetter(String route) {
        return fromMqtt.stream()
                        .anyMatch(group ->
                                group.deadLetter != null && group.routeName().equals(route))
                || fromKafka.stream()
                        .anyMatch(group ->
                                group.deadLetter != null && group.routeName().equals(route));
    }

    private static void requireNew(String option, Route route, Set<String> names) {
        if (!names.add(route.name())) {
            throw new OptionException(option + ": the route '" + route.name() + "' is there twice; leave one out");
        }
    }

    /** One route from MQTT to Kafka. */
    static final class FromMqttGroup {
        @Option(
                names = "--from-mqtt",
                paramLabel = "FILTER",
                required = true,
                description = "MQTT topic filter with named levels: 'sensors/{site}/+/temp'.")
        String from = "";

        @Option(
                names = "--to-kafka",
                paramLabel = "TEMPLATE",
                required = true,
                description = "Kafka topic: literal text, {level}, {topic}, {key}, {header:name}.")
        String to = "";

        @Option(names = "--key", paramLabel = "TEMPLATE", description = "Key of the records. Default: {topic}.")
        @Nullable
        String key;

        @Option(names = "--qos", paramLabel = "0|1|2", description = "QoS to subscribe with. Default: 1.")
        int qos = 1;

        @Option(
                names = "--dead-letter",
                paramLabel = "TOPIC",
                description = "Kafka topic for messages that cannot be delivered. Default: the bridge stops at one.")
        @Nullable
        String deadLetter;

        @Option(
                names = "--effectively-once",
                description = "Take QoS 2 to Kafka without transactions: a crash can repeat messages in flight."
                        + " Default: exactly once.")
        boolean effectivelyOnce;

        @Option(
                names = "--cleared-as-tombstone",
                description = "Write a record without a value for an empty retained message, which clears one in MQTT.")
        boolean clearedAsTombstone;

        Route toRoute(boolean metadataHeaders) {
            QoS subscribed = QoS.of(qos);
            if (effectivelyOnce && subscribed != QoS.EXACTLY_ONCE) {
                throw new OptionException("--effectively-once: is about QoS 2, but the route '" + from + " -> " + to
                        + "' has QoS " + qos + "; add --qos 2 to it, or leave it out");
            }
            FromMqtt<byte[]> source = Route.fromMqtt(from).qos(subscribed);
            ToKafka<byte[]> target = (effectivelyOnce ? source.effectivelyOnce() : source).toKafka(to);
            if (key != null) {
                target.key(key);
            }
            if (deadLetter != null) {
                String topic = deadLetter;
                target.onFailure(f -> f.deadLetter(topic));
            }
            if (clearedAsTombstone) {
                target.clearedAsTombstone();
            }
            if (metadataHeaders) {
                target.metadataHeaders();
            }
            return target.build();
        }

        String routeName() {
            return from + " -> " + to;
        }
    }

    /** One route from Kafka to MQTT. */
    static final class FromKafkaGroup {
        @Option(names = "--from-kafka", paramLabel = "TOPIC", required = true, description = "Kafka topic to read.")
        String from = "";

        @Option(
                names = "--to-mqtt",
                paramLabel = "TEMPLATE",
                required = true,
                description = "MQTT topic: literal text, {key}, {topic}, {partition}, {header:name}.")
        String to = "";

        @Option(
                names = "--group",
                paramLabel = "GROUP",
                description =
                        "Consumer group, which keeps the place over restarts. Default: bridge- and the client id.")
        @Nullable
        String group;

        @Option(names = "--publish-qos", paramLabel = "0|1|2", description = "QoS to publish with. Default: 1.")
        int qos = 1;

        @Option(
                names = "--publish-effectively-once",
                description = "Publish QoS 2 without transactions: a crash can repeat messages in flight."
                        + " Default: exactly once.")
        boolean effectivelyOnce;

        @Option(names = "--retain", description = "Publish as retained: the broker keeps the last one of each topic.")
        boolean retain;

        @Option(
                names = "--retain-header",
                paramLabel = "NAME",
                description = "Header of the record, true or false, that says whether to publish it as retained."
                        + " Default: --retain says it for all.")
        @Nullable
        String retainHeader;

        @Option(
                names = "--clear-on-tombstone",
                description =
                        "Clear the retained message for a record without a value. Needs --retain or --retain-header."
                                + " Default: such a record is a failure.")
        boolean clearOnTombstone;

        @Option(
                names = "--no-subscribers",
                paramLabel = "await|accept|fail",
                description = "What to do when the broker says that nobody subscribes to a message: await a subscriber,"
                        + " accept that, or fail the message. Default: await; accept at QoS 0.")
        @Nullable
        Unheard unheard;

        @Option(
                names = "--publish-dead-letter",
                paramLabel = "TOPIC",
                description = "Kafka topic for records that cannot be published. Default: the bridge stops at one.")
        @Nullable
        String deadLetter;

        /** What happens to messages that nobody subscribes to, as it is written on the command line. */
        enum Unheard {
            await,
            accept,
            fail;

            NoSubscribers policy() {
                return switch (this) {
                    case await -> NoSubscribers.await();
                    case accept -> NoSubscribers.accept();
                    case fail -> NoSubscribers.fail();
                };
            }
        }

        Route toRoute() {
            try {
                FromKafka<byte[]> source = Route.fromKafka(from);
                ToMqtt<byte[]> target = (group == null ? source : source.group(group))
                        .toMqtt(to)
                        .qos(QoS.of(qos))
                        .retain(retain)
                        .name(routeName());
                if (retainHeader != null) {
                    target.retainHeader(retainHeader);
                }
                if (clearOnTombstone) {
                    target.clearOnTombstone();
                }
                if (effectivelyOnce) {
                    if (qos != 2) {
                        throw new OptionException("--publish-effectively-once: is about QoS 2, but the route '"
                                + routeName() + "' has QoS " + qos + "; add --publish-qos 2 to it, or leave it out");
                    }
                    target.effectivelyOnce();
                }
                if (unheard != null) {
                    target.noSubscribers(unheard.policy());
                }
                if (deadLetter != null) {
                    String topic = deadLetter;
                    target.onFailure(f -> f.deadLetter(topic));
                }
                return target.build();
            } catch (IllegalArgumentException e) {
                throw new OptionException(OptionNames.translateOfPublishing(e.getMessage()));
            }
        }

        String routeName() {
            return from + " -> " + to;
        }
    }

    /** The MQTT side. */
    static final class MqttGroup {
        @Option(
                names = "--mqtt",
                paramLabel = "URI",
                description =
                        "tcp://host:1883, ssl://host:8883, ws://host/path or wss://host/path; mqtt and mqtts stand for tcp and ssl."
                                + " Repeat it for brokers to try in order.")
        List<String> uris = new ArrayList<>();

        @Option(
                names = "--client-id",
                paramLabel = "ID",
                description = "Names the MQTT session: the same at every start, and used by nobody else.")
        @Nullable
        String clientId;

        @Option(names = "--mqtt-user", paramLabel = "NAME", description = "User name.")
        @Nullable
        String user;

        @Option(
                names = "--mqtt-user-env",
                paramLabel = "NAME",
                description = "Environment variable that holds the user name.")
        @Nullable
        String userEnv;

        @Option(names = "--mqtt-user-file", paramLabel = "FILE", description = "File that holds the user name.")
        @Nullable
        Path userFile;

        @Option(
                names = "--mqtt-password-env",
                paramLabel = "NAME",
                description = "Environment variable that holds the password.")
        @Nullable
        String passwordEnv;

        @Option(names = "--mqtt-password-file", paramLabel = "FILE", description = "File that holds the password.")
        @Nullable
        Path passwordFile;

        @Option(
                names = {"--mqtt-password", "--mqtt-trust-store-password", "--mqtt-key-store-password"},
                hidden = true,
                arity = "0..1",
                fallbackValue = "")
        List<String> exposedPasswords = new ArrayList<>();

        @Option(
                names = "--mqtt-trust-store",
                paramLabel = "FILE",
                description = "PKCS12 or JKS file with the certificates to trust. Default: what Java trusts.")
        @Nullable
        Path trustStore;

        @Option(
                names = "--mqtt-trust-store-password-env",
                paramLabel = "NAME",
                description = "Environment variable with its password.")
        @Nullable
        String trustStorePasswordEnv;

        @Option(
                names = "--mqtt-trust-store-password-file",
                paramLabel = "FILE",
                description = "File with its password.")
        @Nullable
        Path trustStorePasswordFile;

        @Option(
                names = "--mqtt-key-store",
                paramLabel = "FILE",
                description = "PKCS12 or JKS file with the client's own certificate and key.")
        @Nullable
        Path keyStore;

        @Option(
                names = "--mqtt-key-store-password-env",
                paramLabel = "NAME",
                description = "Environment variable with its password.")
        @Nullable
        String keyStorePasswordEnv;

        @Option(names = "--mqtt-key-store-password-file", paramLabel = "FILE", description = "File with its password.")
        @Nullable
        Path keyStorePasswordFile;

        @Option(
                names = "--session-expiry",
                paramLabel = "TIME",
                converter = TimeConverter.class,
                description = "How long the broker keeps the session while the bridge is away. Default: 7d.")
        @Nullable
        Duration sessionExpiry;

        @Option(
                names = "--receive-maximum",
                paramLabel = "N",
                description = "Most messages of QoS 1 and 2 that wait for their acknowledgement. Default: 4096.")
        @Nullable
        Integer receiveMaximum;

        @Option(
                names = "--send-maximum",
                paramLabel = "N",
                description = "Most messages of QoS 1 and 2 published that wait for the broker. Default: 4096.")
        @Nullable
        Integer sendMaximum;

        @Option(
                names = "--max-packet-size",
                paramLabel = "BYTES",
                description = "Largest packet the broker may send; it drops larger ones without a word."
                        + " Default: Kafka's max.request.size and 256 KiB.")
        @Nullable
        Integer maximumPacketSize;

        @Option(
                names = "--max-in-flight-bytes",
                paramLabel = "BYTES",
                description = "Most bytes of messages that wait, for each connection."
                        + " Default: a sixteenth of the heap, at most 16 MiB.")
        @Nullable
        Long maxInFlightBytes;

        @Option(
                names = "--max-user-properties",
                paramLabel = "N",
                description = "Most user properties of a message; one with more fails. Default: 64.")
        @Nullable
        Integer maxUserProperties;

        @Option(
                names = "--max-user-property-bytes",
                paramLabel = "BYTES",
                description = "Most bytes of the user properties of a message; one with more fails. Default: 16384.")
        @Nullable
        Integer maxUserPropertyBytes;

        @Option(
                names = "--unsubscribe",
                paramLabel = "FILTER",
                description =
                        "Filter of an earlier --from-mqtt, to be removed from the MQTT session. What the broker still has"
                                + " under it is acknowledged, and lost. Repeat it for more.")
        List<String> unsubscribe = new ArrayList<>();

        @Option(
                names = "--unrouted",
                paramLabel = "stop|acknowledge",
                description = "What to do with a message that no route matches, as of an earlier --from-mqtt: stop, or"
                        + " acknowledge and lose it. Default: stop.")
        @Nullable
        WithoutRoute unrouted;

        /** What happens to messages that no route matches, as it is written on the command line. */
        enum WithoutRoute {
            stop,
            acknowledge
        }

        @Option(
                names = "--keep-alive",
                paramLabel = "TIME",
                converter = TimeConverter.class,
                description = "Longest silence before the connection counts as dead. Default: 30s.")
        @Nullable
        Duration keepAlive;

        @Option(
                names = "--mqtt-version",
                paramLabel = "5|3.1.1|auto",
                converter = VersionConverter.class,
                description =
                        "Version of MQTT to speak; auto: 5, and 3.1.1 with a broker that refuses that. Default: 5.")
        @Nullable
        MqttVersion version;

        /** Reads a version as it is written on the command line. */
        static final class VersionConverter implements ITypeConverter<MqttVersion> {
            @Override
            public MqttVersion convert(String text) {
                return switch (text.toLowerCase(Locale.ROOT)) {
                    case "5" -> MqttVersion.V5;
                    case "3.1.1" -> MqttVersion.V3_1_1;
                    case "auto" -> MqttVersion.AUTO;
                    default -> throw new TypeConversionException("'" + text + "' must be 5, 3.1.1 or auto");
                };
            }
        }

        void apply(MqttOptions.Builder options, Secrets secrets) {
            requireNoExposedPassword();
            uris.forEach(options::serverUri);
            if (clientId != null) {
                options.clientId(clientId);
            }
            String password = secrets.read("--mqtt-password", passwordEnv, passwordFile);
            String userElsewhere = secrets.read("--mqtt-user", userEnv, userFile);
            if (user != null && userElsewhere != null) {
                throw new OptionException("--mqtt-user, --mqtt-user-env and --mqtt-user-file: choose one of them");
            }
            String name = user != null ? user : userElsewhere;
            if (name != null) {
                options.credentials(name, password);
            } else if (password != null) {
                throw new OptionException("--mqtt-user: is missing; a password needs a user name");
            }
            if (sessionExpiry != null) {
                options.sessionExpiry(sessionExpiry);
            }
            if (receiveMaximum != null) {
                options.receiveMaximum(receiveMaximum);
            }
            if (keepAlive != null) {
                options.keepAlive(keepAlive);
            }
            if (version != null) {
                options.version(version);
            }
            applyLimits(options);
            unsubscribe.forEach(options::unsubscribe);
            if (unrouted != null) {
                options.unrouted(unrouted == WithoutRoute.stop ? Unrouted.STOP : Unrouted.ACKNOWLEDGE);
            }
            applyTls(options, secrets);
        }

        boolean hasCredentials() {
            return user != null || userEnv != null || userFile != null || passwordEnv != null || passwordFile != null;
        }

        private void requireNoExposedPassword() {
            if (!exposedPasswords.isEmpty()) {
                throw new OptionException("--mqtt-password: everybody on this machine can read the command line; use"
                        + " --mqtt-password-file or --mqtt-password-env, and the same for stores");
            }
        }

        private void applyLimits(MqttOptions.Builder options) {
            if (sendMaximum != null) {
                options.sendMaximum(sendMaximum);
            }
            if (maximumPacketSize != null) {
                options.maximumPacketSize(maximumPacketSize);
            }
            if (maxInFlightBytes != null) {
                options.maxInFlightBytes(maxInFlightBytes);
            }
            if (maxUserProperties != null) {
                options.maxUserProperties(maxUserProperties);
            }
            if (maxUserPropertyBytes != null) {
                options.maxUserPropertyBytes(maxUserPropertyBytes);
            }
        }

        private void applyTls(MqttOptions.Builder options, Secrets secrets) {
            String trustPassword =
                    secrets.read("--mqtt-trust-store-password", trustStorePasswordEnv, trustStorePasswordFile);
            String keyPassword = secrets.read("--mqtt-key-store-password", keyStorePasswordEnv, keyStorePasswordFile);
            if (trustStore == null && trustPassword != null) {
                throw new OptionException("--mqtt-trust-store: is missing; its password is given");
            }
            if (keyStore == null && keyPassword != null) {
                throw new OptionException("--mqtt-key-store: is missing; its password is given");
            }
            if (trustStore != null || keyStore != null) {
                options.tls(tls -> applyStores(tls, trustPassword, keyPassword));
            }
        }

        private void applyStores(TlsOptions.Builder tls, @Nullable String trustPassword, @Nullable String keyPassword) {
            if (trustStore != null) {
                tls.trustStore(trustStore, trustPassword);
            }
            if (keyStore != null) {
                tls.keyStore(keyStore, keyPassword);
            }
        }
    }

    /** The Kafka side. */
    static final class KafkaGroup {
        @Option(
                names = "--kafka",
                paramLabel = "HOST:PORT",
                description = "Kafka brokers to ask first. Repeat it, or separate them by commas.")
        List<String> servers = new ArrayList<>();

        @Option(
                names = "--kafka-config",
                paramLabel = "FILE",
                description =
                        "Properties file for the Kafka clients; the place for security.protocol, passwords and keys.")
        @Nullable
        Path config;

        @Option(
                names = "--kafka-property",
                paramLabel = "NAME=VALUE",
                description = "Property for the Kafka clients, such as compression.type=lz4. Not for secrets.")
        List<String> properties = new ArrayList<>();

        void apply(KafkaOptions.Builder options, @Nullable Metrics metrics) {
            if (metrics != null) {
                metrics.of(options);
            }
            servers.forEach(options::bootstrapServers);
            if (config != null) {
                Properties file = readConfig(config);
                for (String name : file.stringPropertyNames()) {
                    set(options, "--kafka-config", name, file.getProperty(name));
                }
            }
            for (String property : properties) {
                int equals = property.indexOf('=');
                if (equals < 1) {
                    throw new OptionException(
                            "--kafka-property: needs NAME=VALUE; use for example --kafka-property compression.type=lz4");
                }
                String name = property.substring(0, equals).strip();
                if (KafkaProperties.isSecret(name)) {
                    throw new OptionException(
                            "--kafka-property: " + name + " is a secret, and everybody on this machine"
                                    + " can read the command line; put it into a file and name that with --kafka-config");
                }
                if (!KafkaProperties.known(name)) {
                    throw new OptionException(
                            "--kafka-property: '" + name + "' is no property that Kafka's clients know;"
                                    + " check the spelling, or put it into the file of --kafka-config if a plug-in needs it");
                }
                set(
                        options,
                        "--kafka-property",
                        name,
                        property.substring(equals + 1).strip());
            }
        }

        Set<String> propertyNames() {
            Set<String> names = new HashSet<>();
            if (config != null) {
                names.addAll(readConfig(config).stringPropertyNames());
            }
            properties.forEach(
                    property -> names.add(property.replaceFirst("(?s)=.*", "").strip()));
            return names;
        }

        private static void set(KafkaOptions.Builder options, String option, String name, String value) {
            try {
                KafkaProperties.set(options, name, value);
            } catch (IllegalArgumentException e) {
                throw new OptionException(String.valueOf(e.getMessage())
                        .replaceFirst("kafka\\.\\w+", option)
                        .replace(".group(..) on the route", "--group"));
            }
        }

        private static Properties readConfig(Path file) {
            Properties properties = new Properties();
            try (Reader reader = Files.newBufferedReader(file)) {
                properties.load(reader);
                return properties;
            } catch (IOException | IllegalArgumentException e) {
                // Without the exception's message, which can repeat what stands in the file.
                throw new OptionException("--kafka-config: '" + file
                        + "' is not a readable properties file; check path, rights and form");
            }
        }
    }

    /** What is neither MQTT nor Kafka. */
    static final class RunGroup {
        @Option(
                names = "--metadata-headers",
                description = "Add what MQTT knows of a message as headers: mqtt.topic, mqtt.qos and so on.")
        boolean metadataHeaders;

        @Option(
                names = "--status-topic",
                paramLabel = "TOPIC",
                description = "MQTT topic to say online, draining or offline on, retained; offline by a will too."
                        + " Default: none.")
        @Nullable
        String statusTopic;

        @Option(
                names = "--allow-feedback",
                description =
                        "Allow routes that plainly feed each other, such as a mirror of the same topics; each message"
                                + " is stopped on its way back. Default: refused.")
        boolean allowFeedback;

        @Option(
                names = "--identity",
                paramLabel = "NAME",
                description =
                        "What bridges in both directions mark their messages with: the same for all between the same"
                                + " two brokers. Default: the client id.")
        @Nullable
        String identity;

        @Option(
                names = "--status-interval",
                paramLabel = "TIME",
                converter = TimeConverter.class,
                description = "Print a line of counts so often. Default: never.")
        @Nullable
        Duration statusInterval;

        @Option(
                names = "--start-timeout",
                paramLabel = "TIME",
                converter = TimeConverter.class,
                description = "How long to try to reach the brokers at start. Default: 30s.")
        @Nullable
        Duration startTimeout;

        @Option(
                names = "--start-in-background",
                description =
                        "Go on when a broker is away at start: wait for it in the background, after --start-timeout."
                                + " Default: the start fails.")
        boolean startInBackground;

        @Option(
                names = "--drain-timeout",
                paramLabel = "TIME",
                converter = TimeConverter.class,
                description = "How long to wait for messages in flight at the end. Default: 10s.")
        @Nullable
        Duration drainTimeout;

        @Option(
                names = "--http-port",
                paramLabel = "PORT",
                description = "Serve /health/live, /health/ready, /metrics, /status and a page for people there."
                        + " Default: none.")
        @Nullable
        Integer httpPort;

        @Option(
                names = "--http-address",
                paramLabel = "ADDRESS",
                description = "Where to serve them; 0.0.0.0 for everywhere. Default: 127.0.0.1.")
        @Nullable
        String httpAddress;

        @Option(
                names = "--http-host",
                paramLabel = "NAME",
                description = "Name by which they are called, beside localhost and addresses. Repeat it for more.")
        List<String> httpHosts = new ArrayList<>();

        @Option(
                names = "--log-level",
                paramLabel = "error|warn|info|debug|trace",
                description = "How much the bridge logs. Default: info.")
        @Nullable
        LogLevel logLevel;

        @Option(names = "--log-format", paramLabel = "text|json", description = "How it logs. Default: text.")
        @Nullable
        LogFormat logFormat;

        /** How much the bridge logs, as it is written on the command line. */
        enum LogLevel {
            error,
            warn,
            info,
            debug,
            trace
        }

        /** How the bridge logs, as it is written on the command line. */
        enum LogFormat {
            text,
            json
        }

        void apply(BridgeBuilder builder) {
            if (statusTopic != null) {
                builder.status(statusTopic);
            }
            if (startTimeout != null) {
                builder.startTimeout(startTimeout);
            }
            if (startInBackground) {
                builder.startMode(StartMode.IN_BACKGROUND);
            }
            if (drainTimeout != null) {
                builder.drainTimeout(drainTimeout);
            }
        }

        /** Returns the port of the command line, with what it does not say from the file; null if neither has one. */
        @Nullable
        HttpSettings http(@Nullable HttpSettings file) {
            if (httpPort == null && file == null) {
                if (httpAddress != null || !httpHosts.isEmpty()) {
                    throw new OptionException("--http-port: is missing; add for example --http-port 8080");
                }
                return null;
            }
            int port =
                    httpPort != null ? httpPort : Objects.requireNonNull(file).port();
            if (port < 0 || port > 65_535) {
                throw new OptionException("--http-port: " + port + " must be from 0 to 65535");
            }
            String address = httpAddress != null ? httpAddress : file == null ? "127.0.0.1" : file.address();
            List<String> hosts = new ArrayList<>(file == null ? List.of() : file.hosts());
            hosts.addAll(httpHosts);
            return new HttpSettings(port, address, hosts);
        }

        void applyLoops(LoopOptions.Builder options) {
            if (allowFeedback) {
                options.allowFeedback();
            }
            if (identity != null) {
                // To be known it must be looked at, in one direction too.
                options.identity(identity).guarded(true);
            }
        }
    }
}
