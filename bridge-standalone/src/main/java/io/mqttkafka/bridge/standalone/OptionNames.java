package io.mqttkafka.bridge.standalone;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Says what the bridge says of its options, in the words of the command line. */
final class OptionNames {
    // Where one name begins like another, the longer one stands first.
    private static final Map<String, String> OPTIONS = new LinkedHashMap<>();

    static {
        OPTIONS.put("mqtt.serverUri", "--mqtt");
        OPTIONS.put("mqtt.version(V3_1_1) or version(AUTO)", "--mqtt-version 3.1.1 or auto");
        OPTIONS.put("mqtt.version", "--mqtt-version");
        OPTIONS.put("mqtt.clientId", "--client-id");
        OPTIONS.put("mqtt.credentials", "--mqtt-user, --mqtt-password-env or --mqtt-password-file");
        OPTIONS.put("mqtt.sessionExpiry", "--session-expiry");
        OPTIONS.put("mqtt.receiveMaximum", "--receive-maximum");
        OPTIONS.put("mqtt.sendMaximum", "--send-maximum");
        OPTIONS.put("mqtt.maximumPacketSize", "--max-packet-size");
        OPTIONS.put("mqtt.maxInFlightBytes", "--max-in-flight-bytes");
        OPTIONS.put("mqtt.maxUserPropertyBytes", "--max-user-property-bytes");
        OPTIONS.put("mqtt.maxUserProperties", "--max-user-properties");
        OPTIONS.put("mqtt.keepAlive", "--keep-alive");
        OPTIONS.put("mqtt.unsubscribe", "--unsubscribe");
        OPTIONS.put("mqtt.unrouted(ACKNOWLEDGE)", "--unrouted acknowledge");
        OPTIONS.put("mqtt.unrouted", "--unrouted");
        OPTIONS.put("mqtt.tls.trustStore", "--mqtt-trust-store");
        OPTIONS.put("mqtt.tls.keyStore", "--mqtt-key-store");
        OPTIONS.put("mqtt.tls", "--mqtt-trust-store or --mqtt-key-store");
        OPTIONS.put("tls.trustStore", "--mqtt-trust-store");
        OPTIONS.put("tls.keyStore", "--mqtt-key-store");
        OPTIONS.put("kafka.bootstrapServers", "--kafka");
        OPTIONS.put("kafka.client, kafka.producer", "--kafka-property or --kafka-config");
        OPTIONS.put("kafka.client", "--kafka-property or --kafka-config");
        // Of its choices the command has one.
        OPTIONS.put(
                "onFailure(..) of the route can try it again (retry), put it aside (deadLetter) or leave it out (skip)",
                "--dead-letter puts it aside");
        OPTIONS.put("a longer startTimeout", "a longer --start-timeout");
        OPTIONS.put("retainHeader", "--retain-header");
        OPTIONS.put("clearOnTombstone", "--clear-on-tombstone");
        OPTIONS.put("noSubscribers", "--no-subscribers");
        OPTIONS.put("retain(true)", "--retain");
        OPTIONS.put("status.topic", "--status-topic");
        OPTIONS.put("loops.identity", "--identity");
        OPTIONS.put("loops.allowFeedback", "--allow-feedback");
        OPTIONS.put("effectivelyOnce", "--effectively-once");
        OPTIONS.put("kafka.consumer", "--kafka-property or --kafka-config");
        OPTIONS.put("kafka.producer", "--kafka-property or --kafka-config");
    }

    // Names that are ordinary words too: they count only in front of a colon.
    private static final Map<String, String> WORDS = Map.ofEntries(
            Map.entry("filter", "--from-mqtt"),
            Map.entry("fromMqtt", "--from-mqtt"),
            Map.entry("toKafka", "--to-kafka"),
            Map.entry("fromKafka", "--from-kafka"),
            Map.entry("toMqtt", "--to-mqtt"),
            Map.entry("group", "--group"),
            Map.entry("retain", "--retain"),
            Map.entry("key", "--key"),
            Map.entry("qos", "--qos"),
            Map.entry("deadLetter", "--dead-letter"),
            Map.entry("onFailure.deadLetter", "--dead-letter"),
            Map.entry("startTimeout", "--start-timeout"),
            Map.entry("drainTimeout", "--drain-timeout"));

    // Where a route that publishes has an option of its own.
    private static final Map<String, String> PUBLISHING = Map.of(
            "--qos",
            "--publish-qos",
            "--dead-letter",
            "--publish-dead-letter",
            "--effectively-once",
            "--publish-effectively-once");

    private static final Pattern PUBLISHING_OPTION = Pattern.compile("(?<=^|: )(" + anyOf(PUBLISHING) + ")(?=:)");
    private static final Pattern OPTION = Pattern.compile("(?<![\\w.])(" + anyOf(OPTIONS) + ")(\\([^()]*\\))?(?!\\w)");
    private static final Pattern WORD = Pattern.compile("(?<=^|: )(" + anyOf(WORDS) + ")(?=:)");
    private static final Pattern TIME = Pattern.compile("\\bPT([0-9][0-9.HMS]*)\\b");

    private OptionNames() {}

    /** Names the option of the command line wherever the message names one of the bridge, and writes 30s for PT30S. */
    static String translate(@Nullable String message) {
        if (message == null) {
            return "no reason given";
        }
        String options = OPTION.matcher(message).replaceAll(match -> replacement(OPTIONS, match.group(1)));
        String words = WORD.matcher(options).replaceAll(match -> replacement(WORDS, match.group(1)));
        return TIME.matcher(words).replaceAll(match -> match.group(1).toLowerCase(Locale.ROOT));
    }

    /** Does the same for a message about a route from Kafka to MQTT. */
    static String translateOfPublishing(@Nullable String message) {
        return PUBLISHING_OPTION
                .matcher(translate(message))
                .replaceAll(match -> replacement(PUBLISHING, match.group(1)));
    }

    private static String anyOf(Map<String, String> names) {
        return names.keySet().stream().map(Pattern::quote).collect(Collectors.joining("|"));
    }

    private static String replacement(Map<String, String> names, String name) {
        return Matcher.quoteReplacement(names.getOrDefault(name, name));
    }
}
