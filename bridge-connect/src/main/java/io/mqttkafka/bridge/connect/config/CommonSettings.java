package io.mqttkafka.bridge.connect.config;

import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.StartMode;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.config.MqttVersion;
import io.mqttkafka.bridge.config.TlsOptions;
import io.mqttkafka.bridge.failure.Backoff;
import io.mqttkafka.bridge.failure.FailurePolicy;
import io.mqttkafka.bridge.spi.BridgeConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Range;
import org.apache.kafka.common.config.ConfigDef.ValidString;
import org.apache.kafka.common.config.ConfigDef.Width;
import org.apache.kafka.common.config.types.Password;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the properties of both connectors have in common: the MQTT side, and what becomes of messages that fail. Immutable. */
public class CommonSettings extends AbstractConfig {
    private static final Logger log = LoggerFactory.getLogger(CommonSettings.class);

    // Confluent's names.
    public static final String SERVER_URI = "mqtt.server.uri";
    public static final String USERNAME = "mqtt.username";
    public static final String PASSWORD = "mqtt.password";
    public static final String CLEAN_SESSION = "mqtt.clean.session.enabled";
    public static final String CONNECT_TIMEOUT = "mqtt.connect.timeout.seconds";
    public static final String KEEP_ALIVE = "mqtt.keepalive.interval.seconds";
    public static final String QOS = "mqtt.qos";
    public static final String MAX_RETRY_TIME = "max.retry.time.ms";
    public static final String TRUST_STORE = "mqtt.ssl.trust.store.path";
    public static final String TRUST_STORE_PASSWORD = "mqtt.ssl.trust.store.password";
    public static final String KEY_STORE = "mqtt.ssl.key.store.path";
    public static final String KEY_STORE_PASSWORD = "mqtt.ssl.key.store.password";
    public static final String KEY_PASSWORD = "mqtt.ssl.key.password";

    // Ours.
    public static final String CLIENT_ID = "mqtt.client.id";
    public static final String VERSION = "mqtt.version";
    public static final String SESSION_EXPIRY = "mqtt.session.expiry.seconds";
    public static final String CA_CERTIFICATES = "mqtt.ssl.ca.certificates.path";
    public static final String CERTIFICATE = "mqtt.ssl.certificate.path";
    public static final String PRIVATE_KEY = "mqtt.ssl.private.key.path";
    public static final String ON_FAILURE = "on.failure";
    public static final String RETRIES = "on.failure.retries";

    /** Given to each task by its connector. */
    public static final String TASK = "task.number";

    static final String STOP = "stop";
    static final String SKIP = "skip";
    static final String DEAD_LETTER = "dead-letter";

    private static final String HIDDEN = "[hidden]";
    private static final String MQTT = "MQTT";
    private static final String TLS = "TLS";
    private static final String FAILURES = "Failures";
    private static final int WEEK_SECONDS = 7 * 24 * 3600;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);
    private static final Duration NO_WAIT = Duration.ofMillis(1);
    private static final Duration STALL_THRESHOLD = Duration.ofSeconds(30);

    /** Less is taken for this; the engine takes no less. */
    private static final int SHORTEST_KEEP_ALIVE = 2;

    private static final int DEFAULT_RETRIES = 10;

    private static final Map<String, MqttVersion> VERSIONS =
            Map.of("5", MqttVersion.V5, "3.1.1", MqttVersion.V3_1_1, "auto", MqttVersion.AUTO);

    /**
     * Reads properties.
     *
     * @param definition what they are
     * @param properties the properties
     * @throws org.apache.kafka.common.config.ConfigException if one is missing or illegal
     */
    protected CommonSettings(ConfigDef definition, Map<String, String> properties) {
        super(definition, properties, false);
    }

    static ConfigDef define(ConfigDef all, int defaultQos) {
        int order = 0;
        all.define(
                SERVER_URI,
                ConfigDef.Type.LIST,
                ConfigDef.NO_DEFAULT_VALUE,
                new NotEmpty(),
                Importance.HIGH,
                "Addresses of the MQTT broker, tried in order: tcp://, ssl://, ws:// or wss://.",
                MQTT,
                ++order,
                Width.LONG,
                "MQTT broker");
        all.define(
                USERNAME,
                ConfigDef.Type.STRING,
                "",
                Importance.HIGH,
                "User name.",
                MQTT,
                ++order,
                Width.MEDIUM,
                "User name");
        all.define(
                PASSWORD,
                ConfigDef.Type.PASSWORD,
                "",
                Importance.HIGH,
                "Password or token.",
                MQTT,
                ++order,
                Width.MEDIUM,
                "Password");
        all.define(
                QOS,
                ConfigDef.Type.INT,
                defaultQos,
                Range.between(0, 2),
                Importance.HIGH,
                "MQTT quality of service: 0 at most once, 1 at least once, 2 exactly once. (Confluent's default is 0.)",
                MQTT,
                ++order,
                Width.SHORT,
                "QoS");
        all.define(
                CLEAN_SESSION,
                ConfigDef.Type.BOOLEAN,
                false,
                Importance.HIGH,
                "Whether the broker forgets the session with each connection, and so loses what comes while the task is away."
                        + " (Confluent's default is true.)",
                MQTT,
                ++order,
                Width.SHORT,
                "Clean session");
        all.define(
                CLIENT_ID,
                ConfigDef.Type.STRING,
                "",
                Importance.MEDIUM,
                "Client ids are this, a hyphen and the number of the task. Default: the name of the connector.",
                MQTT,
                ++order,
                Width.MEDIUM,
                "Client id");
        all.define(
                VERSION,
                ConfigDef.Type.STRING,
                "5",
                ValidString.in("5", "3.1.1", "auto"),
                Importance.MEDIUM,
                "MQTT version: 5, 3.1.1, or auto, which tries 5 first.",
                MQTT,
                ++order,
                Width.SHORT,
                "MQTT version");
        all.define(
                SESSION_EXPIRY,
                ConfigDef.Type.LONG,
                (long) WEEK_SECONDS,
                Range.between(0, 0xFFFFFFFFL),
                Importance.MEDIUM,
                "How long the broker keeps the session while the task is away, in seconds.",
                MQTT,
                ++order,
                Width.SHORT,
                "Session expiry");
        all.define(
                CONNECT_TIMEOUT,
                ConfigDef.Type.INT,
                30,
                Range.atLeast(1),
                Importance.LOW,
                "How long to wait for the broker to answer CONNECT, in seconds.",
                MQTT,
                ++order,
                Width.SHORT,
                "Connect timeout");
        all.define(
                KEEP_ALIVE,
                ConfigDef.Type.INT,
                60,
                Range.between(1, 65_535),
                Importance.LOW,
                "Keep-alive, in seconds.",
                MQTT,
                ++order,
                Width.SHORT,
                "Keep-alive");
        all.define(
                MAX_RETRY_TIME,
                ConfigDef.Type.LONG,
                30_000L,
                Range.atLeast(0),
                Importance.LOW,
                "Kept for configurations of Confluent's connector, and not used: the task goes on connecting.",
                MQTT,
                ++order,
                Width.SHORT,
                "Retry time");
        defineTls(all);
        defineFailures(all);
        return all;
    }

    private static void defineTls(ConfigDef all) {
        int order = 0;
        tls(all, TRUST_STORE, ConfigDef.Type.STRING, ++order, "Trust store (PKCS #12 or JKS).");
        tls(all, TRUST_STORE_PASSWORD, ConfigDef.Type.PASSWORD, ++order, "Password of the trust store.");
        tls(
                all,
                KEY_STORE,
                ConfigDef.Type.STRING,
                ++order,
                "Key store with the client's certificate (PKCS #12 or JKS).");
        tls(all, KEY_STORE_PASSWORD, ConfigDef.Type.PASSWORD, ++order, "Password of the key store.");
        tls(all, KEY_PASSWORD, ConfigDef.Type.PASSWORD, ++order, "Password of the private key.");
        tls(
                all,
                CA_CERTIFICATES,
                ConfigDef.Type.STRING,
                ++order,
                "PEM file of the certificates of authorities that are trusted.");
        tls(all, CERTIFICATE, ConfigDef.Type.STRING, ++order, "PEM file of the client's certificate.");
        tls(all, PRIVATE_KEY, ConfigDef.Type.STRING, ++order, "PEM file of the client's private key.");
    }

    private static void tls(ConfigDef all, String name, ConfigDef.Type type, int order, String text) {
        all.define(name, type, "", Importance.MEDIUM, text, TLS, order, Width.LONG, name);
    }

    private static void defineFailures(ConfigDef all) {
        int order = 0;
        all.define(
                ON_FAILURE,
                ConfigDef.Type.STRING,
                STOP,
                ValidString.in(STOP, SKIP, DEAD_LETTER),
                Importance.MEDIUM,
                "What becomes of a message that cannot go on: stop fails the task and loses nothing, skip leaves it out,"
                        + " dead-letter puts it aside.",
                FAILURES,
                ++order,
                Width.SHORT,
                "On failure");
        all.define(
                RETRIES,
                ConfigDef.Type.INT,
                DEFAULT_RETRIES,
                Range.atLeast(0),
                Importance.LOW,
                "How often it is tried again before that, with pauses from 200 ms to 10 s.",
                FAILURES,
                ++order,
                Width.SHORT,
                "Retries");
    }

    /** A list that has something in it. */
    static final class NotEmpty implements ConfigDef.Validator {
        @Override
        public void ensureValid(String name, @Nullable Object value) {
            if (value instanceof List<?> list && list.isEmpty()) {
                throw new org.apache.kafka.common.config.ConfigException(name, value, "must not be empty");
            }
        }

        @Override
        public String toString() {
            return "not empty";
        }
    }

    /** Tells what of a configuration is not used, and which defaults are not those that its author may expect. */
    public final void tellDifferences() {
        List<String> ignored = unusedOf("confluent.");
        if (!ignored.isEmpty()) {
            log.info("Not used: {}", ignored);
        }
        if (getBoolean(CLEAN_SESSION) && !clean()) {
            log.warn(
                    "{}=true would lose at QoS {} what comes while the task is away: the session is kept; set it to false, or"
                            + " use QoS 0",
                    CLEAN_SESSION,
                    getInt(QOS));
        }
        if (!originals().containsKey(CLEAN_SESSION) && !originals().containsKey(QOS)) {
            log.info(
                    "{} is {} and {} is false, unless they are set: other connectors begin with QoS 0 and a clean session, which"
                            + " lose messages",
                    QOS,
                    getInt(QOS),
                    CLEAN_SESSION);
        }
    }

    private List<String> unusedOf(String prefix) {
        return originals().keySet().stream()
                .filter(name -> name.startsWith(prefix))
                .sorted()
                .toList();
    }

    /** A clean session keeps no promise of QoS 1 and 2, so it is begun at QoS 0 only. */
    private boolean clean() {
        return getBoolean(CLEAN_SESSION) && qos() == QoS.AT_MOST_ONCE;
    }

    /** Returns the QoS. */
    public final QoS qos() {
        return QoS.values()[getInt(QOS)];
    }

    /** Returns the name of the connector. */
    public final String connector() {
        Object name = originals().get("name");
        return name == null ? "mqtt-kafka" : name.toString();
    }

    /** Returns the client id of this task. */
    public final String clientId() {
        String base = getString(CLIENT_ID);
        Object task = originals().get(TASK);
        return (base.isEmpty() ? connector() : base) + "-" + (task == null ? "0" : task);
    }

    /** Returns how many bytes a record of the worker's producer may have. */
    public final int largestRecord() {
        Object given = originals().get("producer.override.max.request.size");
        return given == null ? 1_048_576 : Integer.parseInt(given.toString().trim());
    }

    /**
     * Returns the MQTT side.
     *
     * @throws io.mqttkafka.bridge.error.BridgeConfigException if it does not fit
     */
    public final MqttOptions.Builder mqtt() {
        MqttOptions.Builder mqtt = MqttOptions.builder()
                .clientId(clientId())
                .version(VERSIONS.getOrDefault(getString(VERSION), MqttVersion.V5))
                .cleanStart(clean())
                .sessionExpiry(clean() ? Duration.ZERO : Duration.ofSeconds(getLong(SESSION_EXPIRY)))
                .connectTimeout(Duration.ofSeconds(getInt(CONNECT_TIMEOUT)))
                .keepAlive(Duration.ofSeconds(Math.max(SHORTEST_KEEP_ALIVE, getInt(KEEP_ALIVE))));
        getList(SERVER_URI).forEach(mqtt::serverUri);
        String user = getString(USERNAME);
        String password = secret(PASSWORD);
        if (HIDDEN.equals(password)) {
            throw new io.mqttkafka.bridge.error.BridgeConfigException(
                    PASSWORD + ": is the text " + HIDDEN + " that a REST answer shows; write the password itself");
        }
        if (!user.isEmpty()) {
            mqtt.credentials(user, password);
        }
        TlsOptions tls = tls();
        if (tls != null) {
            mqtt.tls(tls);
        }
        return mqtt;
    }

    private @Nullable TlsOptions tls() {
        TlsOptions.Builder tls = TlsOptions.builder();
        boolean any = false;
        if (!getString(TRUST_STORE).isEmpty()) {
            tls.trustStore(Path.of(getString(TRUST_STORE)), secret(TRUST_STORE_PASSWORD));
            any = true;
        }
        if (!getString(KEY_STORE).isEmpty()) {
            tls.keyStore(Path.of(getString(KEY_STORE)), secret(KEY_STORE_PASSWORD));
            any = true;
        }
        if (!getString(CA_CERTIFICATES).isEmpty()) {
            tls.caCertificates(Path.of(getString(CA_CERTIFICATES)));
            any = true;
        }
        if (!getString(CERTIFICATE).isEmpty()) {
            tls.certificate(Path.of(getString(CERTIFICATE)));
            any = true;
        }
        if (!getString(PRIVATE_KEY).isEmpty()) {
            tls.privateKey(Path.of(getString(PRIVATE_KEY)));
            any = true;
        }
        String keyPassword = secret(KEY_PASSWORD);
        if (any && keyPassword != null && !keyPassword.isEmpty()) {
            tls.keyPassword(keyPassword);
        }
        return any ? tls.build() : null;
    }

    /** A secret; null if it is empty. */
    private @Nullable String secret(String name) {
        Password password = getPassword(name);
        return password == null || password.value().isEmpty() ? null : password.value();
    }

    /** A worker must not be held up, so the start goes on behind its back. */
    static BridgeConfig.Life life(Duration drainTimeout) {
        return new BridgeConfig.Life(NO_WAIT, StartMode.IN_BACKGROUND, drainTimeout, STALL_THRESHOLD);
    }

    /** Says whether a failed message goes to the dead letter topic. */
    public boolean deadLetters() {
        return getString(ON_FAILURE).equals(DEAD_LETTER);
    }

    /**
     * Returns what becomes of a message that fails.
     *
     * @param deadLetterTopic where it goes if it goes there
     */
    final FailurePolicy failurePolicy(String deadLetterTopic) {
        FailurePolicy.Builder policy = FailurePolicy.builder();
        if (getInt(RETRIES) > 0) {
            policy.retry(getInt(RETRIES), Backoff.exponential(FIRST_PAUSE, LONGEST_PAUSE));
        }
        if (deadLetters()) {
            policy.deadLetter(deadLetterTopic);
        } else if (getString(ON_FAILURE).equals(SKIP)) {
            policy.skip();
        } else {
            policy.stop();
        }
        return policy.build();
    }
}
