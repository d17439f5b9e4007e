package io.mqttkafka.bridge.core.route;

import io.mqttkafka.bridge.config.LoopOptions;
import io.mqttkafka.bridge.core.mqtt.wire.Bytes;
import io.mqttkafka.bridge.core.routing.MqttText;
import io.mqttkafka.bridge.error.BridgeConfigException;
import io.mqttkafka.bridge.message.Header;
import io.mqttkafka.bridge.message.KafkaMessage;
import io.mqttkafka.bridge.message.MqttMessage;
import io.mqttkafka.bridge.message.UserProperty;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Marks what the bridge writes, and knows what would go back to where it came from. A marker reads {@code identity;hops;way}:
 * who wrote the message last, how many bridges it has passed, and a hash of the two topics it was moved between. So only the
 * very message that the bridge wrote is taken for its own; what somebody made of it under another topic is not.
 *
 * <p>Immutable.
 */
public final class LoopGuard {
    /** Names of headers and user properties that start so belong to the bridge. */
    public static final String RESERVED_PREFIX = "bridge.";

    private static final int TO_KAFKA = 1;
    private static final int TO_MQTT = 2;
    private static final int WAY_LENGTH = 16;

    private final boolean on;
    private final String name;
    private final byte[] nameBytes;
    private final String prefix;
    private final int hopLimit;

    private LoopGuard(boolean on, String name, byte[] nameBytes, String identity, int hopLimit) {
        this.on = on;
        this.name = name;
        this.nameBytes = nameBytes;
        this.prefix = identity + ";";
        this.hopLimit = hopLimit;
    }

    /**
     * Makes the guard of a bridge.
     *
     * @param options what the user asks for
     * @param bothWays whether the bridge has routes in both directions
     * @param clientId the client id of the bridge, its identity unless the options name another
     * @return the guard
     * @throws BridgeConfigException if identity or name are no MQTT strings
     */
    public static LoopGuard of(LoopOptions options, boolean bothWays, String clientId) {
        boolean on = options.guarded() == null ? bothWays : options.guarded();
        String identity = options.identity() == null ? clientId : options.identity();
        byte[] name = MqttText.bytes(options.marker());
        if (name == null) {
            throw new BridgeConfigException(
                    "loops.marker: the name cannot be an MQTT string; choose one of ordinary characters");
        }
        if (on && !isIdentity(identity)) {
            throw new BridgeConfigException("loops.identity: "
                    + (options.identity() == null ? "is not set, and the client id" : "the text")
                    + " cannot be one; set loops.identity(..) to a short name of ordinary characters");
        }
        return new LoopGuard(on, options.marker(), name, identity, options.hopLimit());
    }

    private static boolean isIdentity(String text) {
        try {
            return LoopOptions.builder().identity(text).build().identity() != null && MqttText.bytes(text) != null;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** Says whether messages are marked. */
    public boolean isOn() {
        return on;
    }

    /** Returns the name of the marker as MQTT writes it. */
    public byte[] nameBytes() {
        return nameBytes;
    }

    /** Says whether a header or user property is handed on as it came; markers are by bridges that make none. */
    public boolean handsOn(String other) {
        return other.equals(name) ? !on : !other.startsWith(RESERVED_PREFIX);
    }

    /** Returns the marker that a message from MQTT came with, or null. */
    @Nullable
    public UserProperty find(MqttMessage message) {
        UserProperty found = null;
        for (UserProperty property : message.properties().userProperties()) {
            if (property.name().equals(name)) {
                found = property;
            }
        }
        return found;
    }

    /** Makes the marker of a message that comes from MQTT without one. */
    public Header fresh(String mqttTopic, String kafkaTopic) {
        return new Header(name, value(0, way(TO_KAFKA, bytes(mqttTopic), kafkaTopic)));
    }

    /**
     * Makes the marker of a message on its way to Kafka.
     *
     * @return the marker; null if the message would go back to where the bridge took it from
     * @throws HopLimitException if it has passed too many bridges
     */
    @Nullable
    public Header toKafka(MqttMessage message, String kafkaTopic) {
        UserProperty property = find(message);
        byte[] topic = bytes(message.topic());
        int hops = property == null ? 0 : hops(property.value(), TO_MQTT, topic, kafkaTopic);
        return hops < 0 ? null : new Header(name, value(hops, way(TO_KAFKA, topic, kafkaTopic)));
    }

    /**
     * Makes the marker of a record on its way to MQTT.
     *
     * @return its value; null if the message would go back to where the bridge took it from
     * @throws HopLimitException if it has passed too many bridges
     */
    // NullAway cannot see in class files of JDK 17 that an array may be null.
    @SuppressWarnings("NullAway")
    public byte @Nullable [] toMqtt(KafkaMessage message, byte[] mqttTopic) {
        Header header = message.lastHeader(name);
        byte[] value = header == null ? null : header.value();
        int hops = value == null
                ? 0
                : hops(new String(value, StandardCharsets.UTF_8), TO_KAFKA, mqttTopic, message.topic());
        return hops < 0 ? null : value(hops, way(TO_MQTT, mqttTopic, message.topic()));
    }

    /** Reads how many bridges a message has passed; -1 if this one moved it the other way. What is no marker counts as none. */
    private int hops(String marker, int cameBy, byte[] mqttTopic, String kafkaTopic) {
        int wayAt = marker.length() - WAY_LENGTH;
        int hopsAt = wayAt < 2 ? -1 : marker.lastIndexOf(';', wayAt - 2) + 1;
        if (hopsAt < 1 || marker.charAt(wayAt - 1) != ';') {
            return 0;
        }
        int hops = number(marker, hopsAt, wayAt - 1);
        if (hops < 0) {
            return 0;
        }
        boolean ours = hopsAt == prefix.length() && marker.startsWith(prefix);
        if (ours && isHex(marker, wayAt, way(cameBy, mqttTopic, kafkaTopic))) {
            return -1;
        }
        if (hops >= hopLimit) {
            throw new HopLimitException("loops.hopLimit: the message has passed " + hops
                    + " bridges and may pass no more; find the routes that feed each other, or raise hopLimit(..)");
        }
        return hops;
    }

    private static int number(String text, int from, int to) {
        if (from == to || to - from > 6) {
            return -1;
        }
        int number = 0;
        for (int i = from; i < to; i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            number = number * 10 + digit;
        }
        return number;
    }

    private static boolean isHex(String text, int from, long number) {
        for (int i = 0; i < WAY_LENGTH; i++) {
            if (text.charAt(from + i) != digit(number, i)) {
                return false;
            }
        }
        return true;
    }

    private byte[] value(int hops, long way) {
        byte[] start = bytes(prefix + (hops + 1) + ";");
        byte[] value = Arrays.copyOf(start, start.length + WAY_LENGTH);
        for (int i = 0; i < WAY_LENGTH; i++) {
            value[start.length + i] = (byte) digit(way, i);
        }
        return value;
    }

    private static char digit(long number, int index) {
        return Character.forDigit((int) (number >>> (60 - 4 * index)) & 0xF, 16);
    }

    private static long way(int direction, byte[] mqttTopic, String kafkaTopic) {
        byte[] kafka = bytes(kafkaTopic);
        return Bytes.hash(kafka, 0, kafka.length, Bytes.hash(mqttTopic, 0, mqttTopic.length, direction));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
