package io.mqttkafka.bridge.standalone.config;

import com.fasterxml.jackson.databind.JsonNode;
import io.mqttkafka.bridge.BinaryHeaders;
import io.mqttkafka.bridge.FromKafka;
import io.mqttkafka.bridge.FromMqtt;
import io.mqttkafka.bridge.Partitioner;
import io.mqttkafka.bridge.PayloadCodec;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.ToKafka;
import io.mqttkafka.bridge.ToMqtt;
import io.mqttkafka.bridge.codecs.JsonCodec;
import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.config.LoopOptions;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.config.Qos0Overflow;
import io.mqttkafka.bridge.config.StatusOptions;
import io.mqttkafka.bridge.config.TlsOptions;
import io.mqttkafka.bridge.config.TransactionOptions;
import io.mqttkafka.bridge.config.Unrouted;
import io.mqttkafka.bridge.failure.Backoff;
import io.mqttkafka.bridge.failure.FailurePolicy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Every option of the file. */
final class Sections {
    /** Options of TLS, of which some go together into one call of the API. */
    static final class TlsDraft {
        final TlsOptions.Builder options;

        @Nullable
        String trustStorePassword;

        @Nullable
        String keyStorePassword;

        TlsDraft(TlsOptions.Builder options) {
            this.options = options;
        }
    }

    /** A failure policy and the backoff that its retries take. */
    static final class FailureDraft {
        final FailurePolicy.Builder policy;

        @Nullable
        Backoff backoff;

        FailureDraft(FailurePolicy.Builder policy) {
            this.policy = policy;
        }
    }

    /** A route from MQTT, first its source, then its target. */
    static final class FromMqttDraft {
        @Nullable
        FromMqtt<?> source;

        @Nullable
        ToKafka<?> target;

        @Nullable
        Payload payload;

        FromMqtt<?> source() {
            return begun(source);
        }

        ToKafka<?> target() {
            return begun(target);
        }
    }

    /** A route from Kafka, first its source, then its target. */
    static final class FromKafkaDraft {
        @Nullable
        FromKafka<?> source;

        @Nullable
        ToMqtt<?> target;

        @Nullable
        Payload payload;

        FromKafka<?> source() {
            return begun(source);
        }

        ToMqtt<?> target() {
            return begun(target);
        }
    }

    /** A route has not got so far; why has been said. */
    static final class Unfinished extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private static <T> T begun(@Nullable T stage) {
        if (stage == null) {
            throw new Unfinished();
        }
        return stage;
    }

    /** The port for people and tools. */
    static final class HttpDraft {
        @Nullable
        Integer port;

        String address = "127.0.0.1";
        List<String> hosts = List.of();
    }

    /** How the program logs. */
    static final class LogDraft {
        @Nullable
        String level;

        @Nullable
        String format;
    }

    /** What a payload must be. */
    enum Payload {
        BYTES("PayloadCodec.bytes()"),
        UTF8("PayloadCodec.utf8()"),
        JSON("JsonCodec.of(JsonNode.class)");

        private final String java;

        Payload(String java) {
            this.java = java;
        }

        PayloadCodec<?> codec() {
            return switch (this) {
                case BYTES -> PayloadCodec.bytes();
                case UTF8 -> PayloadCodec.utf8();
                case JSON -> JsonCodec.of(JsonNode.class);
            };
        }

        void requireSame(@Nullable Payload decoded) {
            if (this != decoded) {
                throw new IllegalArgumentException("encode: needs the same decode beside it");
            }
        }
    }

    private static final Form<Integer> QOS_NUMBER = Forms.choice(levels(), value -> String.valueOf(value));
    private static final Form<Payload> PAYLOAD = Forms.choice(payloads(), value -> value.java);
    private static final Form<List<String>> TEXTS = Forms.list(Forms.text());

    static final Section<TlsDraft> TLS = Section.of(
            "TLS",
            Setting.<TlsDraft, String>of(
                            "trust-store-password",
                            "trustStore",
                            Forms.secret("TRUST_STORE_PASSWORD"),
                            (d, v) -> d.trustStorePassword = v,
                            "Password of the trust store.")
                    .needs("trust-store")
                    .writtenAs((value, tree, all) -> ""),
            Setting.<TlsDraft, Path>of(
                            "trust-store",
                            "trustStore",
                            Forms.path(),
                            (d, v) -> d.options.trustStore(v, d.trustStorePassword),
                            "PKCS12 or JKS file with the certificates to trust. Default: what Java trusts.")
                    .writtenAs((value, tree, all) -> store("trustStore", tree, all, "trust-store-password")),
            Setting.<TlsDraft, String>of(
                            "key-store-password",
                            "keyStore",
                            Forms.secret("KEY_STORE_PASSWORD"),
                            (d, v) -> d.keyStorePassword = v,
                            "Password of the key store and its key.")
                    .needs("key-store")
                    .writtenAs((value, tree, all) -> ""),
            Setting.<TlsDraft, Path>of(
                            "key-store",
                            "keyStore",
                            Forms.path(),
                            (d, v) -> d.options.keyStore(v, d.keyStorePassword),
                            "PKCS12 or JKS file with the client's own certificate and key.")
                    .writtenAs((value, tree, all) -> store("keyStore", tree, all, "key-store-password")),
            Setting.<TlsDraft, Path>of(
                            "ca-certificates",
                            "caCertificates",
                            Forms.path(),
                            (d, v) -> d.options.caCertificates(v),
                            "PEM file with the certificates to trust. Default: what Java trusts.")
                    .alias("ca"),
            Setting.<TlsDraft, Path>of(
                            "certificate",
                            "certificate",
                            Forms.path(),
                            (d, v) -> d.options.certificate(v),
                            "PEM file with the client's own certificate, then those up to its authority.")
                    .alias("cert"),
            Setting.<TlsDraft, Path>of(
                            "private-key",
                            "privateKey",
                            Forms.path(),
                            (d, v) -> d.options.privateKey(v),
                            "PEM file with the key of the certificate.")
                    .alias("key"),
            Setting.of(
                    "key-password",
                    "keyPassword",
                    Forms.secret("KEY_PASSWORD"),
                    (d, v) -> d.options.keyPassword(v),
                    "Password of an encrypted private key."),
            Setting.of(
                    "alpn",
                    "alpn",
                    TEXTS,
                    (d, v) -> d.options.alpn(v.toArray(String[]::new)),
                    "Application protocols to offer, the best first, such as mqtt."));

    static final Section<MqttOptions.Builder> MQTT = Section.of(
            "the MQTT side",
            Setting.<MqttOptions.Builder, List<String>>of(
                            "server-uri",
                            "serverUri",
                            Forms.list(example(Forms.text(), "tcp://localhost:1883")),
                            (b, v) -> v.forEach(b::serverUri),
                            "tcp://host:1883, ssl://host:8883, ws://host/path or wss://host/path; several are tried in order.")
                    .alias("server")
                    .require()
                    .writtenAs((value, tree, all) -> each("serverUri", value, tree)),
            Setting.of(
                    "client-id",
                    "clientId",
                    Forms.text(),
                    MqttOptions.Builder::clientId,
                    "Names the MQTT session: the same at every start, and used by nobody else. Needed for QoS 1 and 2."),
            Setting.<MqttOptions.Builder, String>of(
                            "username", "credentials", Forms.text(), (b, v) -> b.credentials(v, null), "User name.")
                    .writtenAs((value, tree, all) -> ".credentials(" + Java.text((Tree.Text) tree) + ", null)"),
            Setting.<MqttOptions.Builder, String>of(
                            "password",
                            "password",
                            Forms.secret("MQTT_PASSWORD"),
                            (b, v) -> b.password(() -> v),
                            "Password. Better ${MQTT_PASSWORD}, ${file:/run/secrets/mqtt} or password-file.")
                    .writtenAs((value, tree, all) ->
                            ".password(() -> " + Forms.secret("MQTT_PASSWORD").java(value, tree) + ")"),
            Setting.of(
                    "password-file",
                    "password",
                    Forms.path(),
                    (b, v) -> b.password(v),
                    "File that holds the password, read again at every connect."),
            Setting.of(
                    "version",
                    "version",
                    Forms.mqttVersion(),
                    MqttOptions.Builder::version,
                    "Version of MQTT to speak: 5, 3.1.1, or auto (5, and 3.1.1 with a broker that refuses that). Default: 5."),
            Setting.of(
                    "clean-start",
                    "cleanStart",
                    Forms.yesOrNo(),
                    MqttOptions.Builder::cleanStart,
                    "Throw the session away at every connect; refused with QoS 1 or 2. Default: false."),
            Setting.of(
                    "session-expiry",
                    "sessionExpiry",
                    Forms.time(),
                    MqttOptions.Builder::sessionExpiry,
                    "How long the broker keeps the session while the bridge is away. Default: 7d."),
            Setting.of(
                    "keep-alive",
                    "keepAlive",
                    Forms.time(),
                    MqttOptions.Builder::keepAlive,
                    "Longest silence before the connection counts as dead. Default: 30s."),
            Setting.of(
                    "connect-timeout",
                    "connectTimeout",
                    Forms.time(),
                    MqttOptions.Builder::connectTimeout,
                    "How long one attempt to connect may take. Default: 10s."),
            Setting.of(
                    "receive-maximum",
                    "receiveMaximum",
                    Forms.number(),
                    MqttOptions.Builder::receiveMaximum,
                    "Most messages of QoS 1 and 2 that wait for their acknowledgement. Default: 4096."),
            Setting.of(
                    "send-maximum",
                    "sendMaximum",
                    Forms.number(),
                    MqttOptions.Builder::sendMaximum,
                    "Most messages of QoS 1 and 2 published that wait for the broker. Default: 4096."),
            Setting.of(
                    "maximum-packet-size",
                    "maximumPacketSize",
                    Forms.size(),
                    (b, v) -> b.maximumPacketSize(toInt("mqtt.maximumPacketSize", v)),
                    "Largest packet the broker may send. Default: Kafka's max.request.size and 256KiB."),
            Setting.of(
                    "max-in-flight-bytes",
                    "maxInFlightBytes",
                    Forms.size(),
                    MqttOptions.Builder::maxInFlightBytes,
                    "Most bytes of messages that wait, for each connection. Default: a sixteenth of the heap, at most 16MiB."),
            Setting.of(
                    "max-user-properties",
                    "maxUserProperties",
                    Forms.number(),
                    MqttOptions.Builder::maxUserProperties,
                    "Most user properties of a message. Default: 64."),
            Setting.of(
                    "max-user-property-bytes",
                    "maxUserPropertyBytes",
                    Forms.size(),
                    (b, v) -> b.maxUserPropertyBytes(toInt("mqtt.maxUserPropertyBytes", v)),
                    "Most bytes of the user properties of a message. Default: 16KiB."),
            Setting.of(
                    "qos0-overflow",
                    "qos0Overflow",
                    Forms.choice(Qos0Overflow.class),
                    MqttOptions.Builder::qos0Overflow,
                    "What happens to QoS 0 when there is no room: shed or pause. Default: shed."),
            Setting.of(
                    "unrouted",
                    "unrouted",
                    Forms.choice(Unrouted.class),
                    MqttOptions.Builder::unrouted,
                    "What happens to a message that no route matches: stop, or acknowledge and lose it. Default: stop."),
            Setting.<MqttOptions.Builder, List<String>>of(
                            "unsubscribe",
                            "unsubscribe",
                            TEXTS,
                            (b, v) -> v.forEach(b::unsubscribe),
                            "Filters of earlier routes, to be removed from the MQTT session.")
                    .writtenAs((value, tree, all) -> each("unsubscribe", value, tree)),
            Setting.of(
                    "reconnect",
                    "reconnect",
                    Forms.backoff(),
                    MqttOptions.Builder::reconnect,
                    "Delays between attempts to connect. Default: 200ms..30s."),
            Setting.within(
                    "tls",
                    "tls",
                    TLS,
                    (b, fill) -> b.tls(t -> fill.accept(new TlsDraft(t))),
                    "TLS of ssl:// and wss://."));

    static final Section<TransactionOptions.Builder> TRANSACTIONS = Section.of(
            "transactions",
            Setting.of(
                    "id-prefix",
                    "idPrefix",
                    Forms.text(),
                    TransactionOptions.Builder::idPrefix,
                    "What the transactional id starts with; the client id follows. Default: mqtt-bridge-."),
            Setting.of(
                    "state-topic",
                    "stateTopic",
                    Forms.text(),
                    TransactionOptions.Builder::stateTopic,
                    "Compacted Kafka topic that holds packet ids. Default: __mqtt_bridge_state."),
            Setting.of(
                    "commit-interval",
                    "commitInterval",
                    Forms.time(),
                    TransactionOptions.Builder::commitInterval,
                    "Shortest time from one transaction to the next. Default: 10ms."),
            Setting.of(
                    "commit-records",
                    "commitRecords",
                    Forms.number(),
                    TransactionOptions.Builder::commitRecords,
                    "How many records make a transaction begin at once. Default: 10000."));

    static final Section<KafkaOptions.Builder> KAFKA = Section.of(
            "the Kafka side",
            Setting.<KafkaOptions.Builder, List<String>>of(
                            "bootstrap-servers",
                            "bootstrapServers",
                            Forms.list(example(Forms.text(), "localhost:9092")),
                            (b, v) -> b.bootstrapServers(v.toArray(String[]::new)),
                            "host:port of brokers to ask first; several in a list, or separated by commas.")
                    .require(),
            Setting.<KafkaOptions.Builder>each(
                            "properties",
                            "client",
                            KafkaProperties::setKnown,
                            "Properties of Kafka's clients, each for the client that knows it, such as compression.type: lz4.")
                    .writtenAs((values, tree, all) -> properties(values, tree)),
            Setting.each("client", "client", KafkaOptions.Builder::client, "Properties for all Kafka clients."),
            Setting.each("producer", "producer", KafkaOptions.Builder::producer, "Properties for producers only."),
            Setting.each("consumer", "consumer", KafkaOptions.Builder::consumer, "Properties for consumers only."),
            Setting.of(
                    "delivery-timeout",
                    "deliveryTimeout",
                    Forms.time(),
                    KafkaOptions.Builder::deliveryTimeout,
                    "How long a record is tried. Default: as long as it takes."),
            Setting.within(
                    "transactions",
                    "transactions",
                    TRANSACTIONS,
                    KafkaOptions.Builder::transactions,
                    "How messages of QoS 2 are written exactly once."));

    static final Section<LoopOptions.Builder> LOOPS = Section.of(
            "loops",
            Setting.of(
                    "guarded",
                    "guarded",
                    Forms.yesOrNo(),
                    LoopOptions.Builder::guarded,
                    "Whether messages are marked and stopped on their way back. Default: if there are routes in both directions."),
            Setting.of(
                    "identity",
                    "identity",
                    Forms.text(),
                    LoopOptions.Builder::identity,
                    "What the marker calls the bridge. Default: the client id."),
            Setting.of(
                    "marker",
                    "marker",
                    Forms.text(),
                    LoopOptions.Builder::marker,
                    "Name of the header and user property. Default: bridge.origin."),
            Setting.of(
                    "hop-limit",
                    "hopLimit",
                    Forms.number(),
                    LoopOptions.Builder::hopLimit,
                    "How many bridges a message may pass. Default: 8."),
            Setting.flag(
                    "allow-feedback",
                    "allowFeedback",
                    (b, v) -> b.allowFeedback(),
                    "Allow routes that plainly feed each other."));

    static final Section<StatusOptions.Builder> STATUS = Section.of(
            "the status",
            Setting.<StatusOptions.Builder, String>of(
                            "topic",
                            "topic",
                            Forms.text(),
                            StatusOptions.Builder::topic,
                            "MQTT topic to say online, draining or offline on, retained.")
                    .require(),
            Setting.of(
                    "will-delay",
                    "willDelay",
                    Forms.time(),
                    StatusOptions.Builder::willDelay,
                    "How long the bridge has to be gone before the broker says offline. Default: 30s."),
            Setting.of(
                    "client-id",
                    "clientId",
                    Forms.text(),
                    StatusOptions.Builder::clientId,
                    "Client id of its connection. Default: that of the bridge and -status."));

    static final Section<FailureDraft> ON_FAILURE = Section.of(
            "a failure policy",
            Setting.<FailureDraft, Backoff>of(
                            "backoff",
                            "retry",
                            Forms.backoff(),
                            (d, v) -> d.backoff = v,
                            "Delays between the attempts, such as 100ms..5s.")
                    .needs("retry")
                    .writtenAs((value, tree, all) -> ""),
            Setting.<FailureDraft, Integer>of(
                            "retry",
                            "retry",
                            Forms.number(),
                            (d, v) -> d.policy.retry(v, Objects.requireNonNull(d.backoff)),
                            "How often to try again.")
                    .needs("backoff")
                    .writtenAs((value, tree, all) ->
                            ".retry(" + value + ", " + argument(all, "backoff", Forms.backoff()) + ")"),
            Setting.of(
                    "dead-letter",
                    "deadLetter",
                    Forms.text(),
                    (d, v) -> d.policy.deadLetter(v),
                    "Kafka topic for what cannot be delivered."),
            Setting.flag(
                    "skip", "skip", (d, v) -> d.policy.skip(), "Acknowledge what cannot be delivered, and lose it."),
            Setting.flag("stop", "stop", (d, v) -> d.policy.stop(), "Stop at what cannot be delivered. The default."));

    static final Section<FromMqttDraft> FROM_MQTT = Section.of(
            "a route from MQTT",
            Setting.<FromMqttDraft, String>of(
                            "from-mqtt",
                            "fromMqtt",
                            Forms.text(),
                            (d, v) -> d.source = Route.fromMqtt(v),
                            "MQTT topic filter with named levels: sensors/{site}/+/temp.")
                    .require(),
            Setting.<FromMqttDraft, Integer>of(
                            "qos",
                            "qos",
                            QOS_NUMBER,
                            (d, v) -> d.source = d.source().qos(QoS.of(v)),
                            "QoS to subscribe with. Default: 1.")
                    .writtenAs((value, tree, all) -> ".qos(QoS.of(" + value + "))"),
            Setting.flag(
                    "effectively-once",
                    "effectivelyOnce",
                    (d, v) -> d.source = d.source().effectivelyOnce(),
                    "Take QoS 2 to Kafka without transactions: a crash can repeat messages in flight."),
            Setting.of(
                    "client-id",
                    "clientId",
                    Forms.text(),
                    (d, v) -> d.source = d.source().clientId(v),
                    "Client id of a connection of its own."),
            Setting.of(
                    "decode",
                    "decode",
                    PAYLOAD,
                    Sections::decode,
                    "What the payload must be, or the message fails: bytes, utf8 or json. The original bytes go on."),
            Setting.of("encode", "encode", PAYLOAD, Sections::encode, "Write the payload anew; the same as decode."),
            Setting.<FromMqttDraft, String>of(
                            "to-kafka",
                            "toKafka",
                            Forms.text(),
                            (d, v) -> d.target = d.source().toKafka(v),
                            "Kafka topic: literal text, {level}, {topic}, {key}, {header:name}.")
                    .require(),
            Setting.of(
                    "key", "key", Forms.text(), (d, v) -> d.target().key(v), "Key of the records. Default: {topic}."),
            Setting.<FromMqttDraft, Map<String, List<String>>>of(
                            "headers",
                            "header",
                            Forms.map(TEXTS),
                            (d, v) -> v.forEach(
                                    (name, all) -> all.forEach(one -> d.target().header(name, one))),
                            "Headers to add: names with templates, or lists of them.")
                    .writtenAs((value, tree, all) -> headers(value, (Tree.Entries) tree)),
            Setting.of(
                    "user-properties",
                    "userProperties",
                    Forms.yesOrNo(),
                    (d, v) -> d.target().userProperties(v),
                    "Whether user properties become headers. Default: true."),
            Setting.flag(
                    "metadata-headers",
                    "metadataHeaders",
                    (d, v) -> d.target().metadataHeaders(),
                    "Add what MQTT knows of the message as headers: mqtt.topic, mqtt.qos and so on."),
            Setting.<FromMqttDraft, Integer>of(
                            "partition",
                            "partitioner",
                            Forms.number(),
                            (d, v) -> d.target().partitioner(Partitioner.single(v)),
                            "One partition for all records, which keeps the order of the whole route. Default: by the key.")
                    .writtenAs((value, tree, all) -> ".partitioner(Partitioner.single(" + value + "))"),
            Setting.within(
                    "on-failure",
                    "onFailure",
                    ON_FAILURE,
                    (d, fill) -> d.target().onFailure(f -> fill.accept(new FailureDraft(f))),
                    "What to do with messages that cannot be delivered. Default: stop."),
            Setting.of(
                    "max-topics",
                    "maxTopics",
                    Forms.number(),
                    (d, v) -> d.target().maxTopics(v),
                    "Most Kafka topics that the route may write to. Default: 100."),
            Setting.flag(
                    "allow-internal-topics",
                    "allowInternalTopics",
                    (d, v) -> d.target().allowInternalTopics(),
                    "Allow Kafka topics whose names start with __."),
            Setting.flag(
                    "cleared-as-tombstone",
                    "clearedAsTombstone",
                    (d, v) -> d.target().clearedAsTombstone(),
                    "Write a record without a value for an empty retained message."));

    static final Section<FromKafkaDraft> FROM_KAFKA = Section.of(
            "a route from Kafka",
            Setting.of(
                    "from-kafka",
                    "fromKafka",
                    TEXTS,
                    (d, v) -> d.source = Route.fromKafka(v.toArray(String[]::new)),
                    "Kafka topics to read."),
            Setting.<FromKafkaDraft, Pattern>of(
                    "from-kafka-pattern",
                    "fromKafka",
                    Forms.pattern(),
                    (d, v) -> d.source = Route.fromKafka(v),
                    "All Kafka topics that match a regular expression, also those created later."),
            Setting.of(
                    "group",
                    "group",
                    Forms.text(),
                    (d, v) -> d.source = d.source().group(v),
                    "Consumer group. Default: bridge- and the client id."),
            Setting.of(
                    "client-id",
                    "clientId",
                    Forms.text(),
                    (d, v) -> d.source = d.source().clientId(v),
                    "Client id of a connection of its own."),
            Setting.of(
                    "decode",
                    "decode",
                    PAYLOAD,
                    Sections::decode,
                    "What the value must be, or the record fails: bytes, utf8 or json. The original bytes go on."),
            Setting.of("encode", "encode", PAYLOAD, Sections::encode, "Write the value anew; the same as decode."),
            Setting.<FromKafkaDraft, String>of(
                            "to-mqtt",
                            "toMqtt",
                            Forms.text(),
                            (d, v) -> d.target = d.source().toMqtt(v),
                            "MQTT topic: literal text, {key}, {topic}, {partition}, {header:name}.")
                    .require(),
            Setting.<FromKafkaDraft, Integer>of(
                            "qos",
                            "qos",
                            QOS_NUMBER,
                            (d, v) -> d.target().qos(QoS.of(v)),
                            "QoS to publish with. Default: 1.")
                    .writtenAs((value, tree, all) -> ".qos(QoS.of(" + value + "))"),
            Setting.flag(
                    "effectively-once",
                    "effectivelyOnce",
                    (d, v) -> d.target().effectivelyOnce(),
                    "Publish QoS 2 without transactions: a crash can repeat messages in flight."),
            Setting.of(
                    "retain",
                    "retain",
                    Forms.yesOrNo(),
                    (d, v) -> d.target().retain(v),
                    "Publish as retained. Default: false."),
            Setting.of(
                    "retain-header",
                    "retainHeader",
                    Forms.text(),
                    (d, v) -> d.target().retainHeader(v),
                    "Header, true or false, that says for each record whether it is retained."),
            Setting.flag(
                    "clear-on-tombstone",
                    "clearOnTombstone",
                    (d, v) -> d.target().clearOnTombstone(),
                    "Clear the retained message for a record without a value. Needs retain or retain-header."),
            Setting.of(
                    "user-properties",
                    "userProperties",
                    Forms.yesOrNo(),
                    (d, v) -> d.target().userProperties(v),
                    "Whether headers become user properties. Default: true."),
            Setting.flag(
                    "metadata-properties",
                    "metadataProperties",
                    (d, v) -> d.target().metadataProperties(),
                    "Add topic, partition and offset as user properties."),
            Setting.of(
                    "binary-headers",
                    "binaryHeaders",
                    Forms.choice(BinaryHeaders.class),
                    (d, v) -> d.target().binaryHeaders(v),
                    "What happens to headers that are no MQTT strings: fail or base64. Default: fail."),
            Setting.of(
                    "no-subscribers",
                    "noSubscribers",
                    new NoSubscribersForm(),
                    (d, v) -> d.target().noSubscribers(v),
                    "What happens when nobody subscribes: await, await and times such as await 1s..5s, accept or fail. Default: await."),
            Setting.within(
                    "on-failure",
                    "onFailure",
                    ON_FAILURE,
                    (d, fill) -> d.target().onFailure(f -> fill.accept(new FailureDraft(f))),
                    "What to do with messages that cannot be delivered. Default: stop."));

    static final Section<HttpDraft> HTTP = Section.of(
            "the port",
            Setting.<HttpDraft, Integer>of(
                            "port",
                            "port",
                            Forms.number(),
                            (d, v) -> d.port = inRange(v),
                            "Port to listen on; 0 for any.")
                    .require(),
            Setting.of(
                    "address",
                    "address",
                    Forms.text(),
                    (d, v) -> d.address = v,
                    "Address to listen on. Default: 127.0.0.1, which is reached from this machine only."),
            Setting.of(
                    "hosts",
                    "hosts",
                    TEXTS,
                    (d, v) -> d.hosts = v,
                    "Names by which it is called, beside localhost and addresses; others are refused."));

    static final Section<LogDraft> LOG = Section.of(
            "the log",
            Setting.of(
                    "level",
                    "level",
                    Forms.choice(words("error", "warn", "info", "debug", "trace"), v -> v),
                    (d, v) -> d.level = v,
                    "error, warn, info, debug or trace. Default: info."),
            Setting.of(
                    "format",
                    "format",
                    Forms.choice(words("text", "json"), v -> v),
                    (d, v) -> d.format = v,
                    "text or json. Default: text."));

    private Sections() {}

    @SuppressWarnings("unchecked") // before it is decoded, a payload is bytes
    private static void decode(FromMqttDraft draft, Payload payload) {
        draft.payload = payload;
        draft.source = ((FromMqtt<byte[]>) draft.source()).decode(payload.codec());
    }

    @SuppressWarnings("unchecked") // the codec is the one that has decoded
    private static void encode(FromMqttDraft draft, Payload payload) {
        payload.requireSame(draft.payload);
        draft.source = ((FromMqtt<Object>) draft.source()).encode((PayloadCodec<Object>) payload.codec());
    }

    @SuppressWarnings("unchecked") // before it is decoded, a value is bytes
    private static void decode(FromKafkaDraft draft, Payload payload) {
        draft.payload = payload;
        draft.source = ((FromKafka<byte[]>) draft.source()).decode(payload.codec());
    }

    @SuppressWarnings("unchecked") // the codec is the one that has decoded
    private static void encode(FromKafkaDraft draft, Payload payload) {
        payload.requireSame(draft.payload);
        draft.source = ((FromKafka<Object>) draft.source()).encode((PayloadCodec<Object>) payload.codec());
    }

    private static int inRange(int port) {
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("port: " + port + " must be from 0 to 65535");
        }
        return port;
    }

    private static int toInt(String option, long value) {
        if (value > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(option + ": " + value + " must be at most 268435455 bytes");
        }
        return (int) value;
    }

    private static Map<String, Integer> levels() {
        Map<String, Integer> levels = new LinkedHashMap<>();
        for (QoS qos : QoS.values()) {
            levels.put(String.valueOf(qos.level()), qos.level());
        }
        return levels;
    }

    private static Map<String, Payload> payloads() {
        Map<String, Payload> payloads = new LinkedHashMap<>();
        payloads.put("bytes", Payload.BYTES);
        payloads.put("utf8", Payload.UTF8);
        payloads.put("json", Payload.JSON);
        return payloads;
    }

    private static Map<String, String> words(String... words) {
        Map<String, String> choices = new LinkedHashMap<>();
        for (String word : words) {
            choices.put(word, word);
        }
        return choices;
    }

    /** The same form with another example. */
    private static Form<String> example(Form<String> form, String example) {
        return new Form<>() {
            @Override
            public String read(Tree tree, Reading reading) throws Refused {
                return form.read(tree, reading);
            }

            @Override
            public Map<String, Object> schema() {
                return form.schema();
            }

            @Override
            public String java(String value, Tree tree) {
                return form.java(value, tree);
            }

            @Override
            public List<String> examples() {
                return List.of(example);
            }

            @Override
            public List<String> counterExamples() {
                return form.counterExamples();
            }
        };
    }

    private static String each(String method, List<String> values, Tree tree) {
        List<String> calls = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            Tree one = tree instanceof Tree.Items items ? items.items().get(i) : tree;
            calls.add("." + method + "(" + Java.text((Tree.Text) one) + ")");
        }
        return String.join("\n", calls);
    }

    private static String headers(Map<String, List<String>> headers, Tree.Entries tree) {
        List<String> calls = new ArrayList<>();
        headers.forEach((name, values) -> {
            Tree value = Objects.requireNonNull(tree.get(name)).value();
            for (int i = 0; i < values.size(); i++) {
                Tree one = value instanceof Tree.Items items ? items.items().get(i) : value;
                calls.add(".header(" + Java.quoted(name) + ", " + Java.text((Tree.Text) one) + ")");
            }
        });
        return String.join("\n", calls);
    }

    private static String properties(Map<String, String> values, Tree tree) {
        List<String> calls = new ArrayList<>();
        for (String name : values.keySet()) {
            Tree.Text value = (Tree.Text)
                    Objects.requireNonNull(((Tree.Entries) tree).get(name)).value();
            calls.add("." + KafkaProperties.method(name) + "(" + Java.quoted(name) + ", " + Java.property(name, value)
                    + ")");
        }
        return String.join("\n", calls);
    }

    private static String store(String method, Tree tree, Assignments<?> all, String password) {
        return "." + method + "(Path.of(" + Java.text((Tree.Text) tree) + "), "
                + (all.get(password) == null
                        ? "null"
                        : argument(
                                all,
                                password,
                                Forms.secret(password.replace('-', '_').toUpperCase(Locale.ROOT))))
                + ")";
    }

    @SuppressWarnings("unchecked") // the form is that of the option
    private static <V> String argument(Assignments<?> all, String name, Form<V> form) {
        Assignments.Assigned<?, ?> one = Objects.requireNonNull(all.get(name));
        return form.java((V) one.value(), one.entry().value());
    }
}
