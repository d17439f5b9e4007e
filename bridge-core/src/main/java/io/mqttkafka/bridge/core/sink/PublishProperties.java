package io.mqttkafka.bridge.core.sink;

import io.mqttkafka.bridge.BinaryHeaders;
import io.mqttkafka.bridge.core.mqtt.wire.PropertyWriter;
import io.mqttkafka.bridge.core.mqtt.wire.UserPropertyLimit;
import io.mqttkafka.bridge.core.route.MetadataHeaders;
import io.mqttkafka.bridge.core.routing.MqttText;
import io.mqttkafka.bridge.core.routing.MqttTopicName;
import io.mqttkafka.bridge.core.routing.UntrustedText;
import io.mqttkafka.bridge.error.MappingException;
import io.mqttkafka.bridge.message.Header;
import io.mqttkafka.bridge.message.KafkaMessage;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes the properties of MQTT messages of the headers of records: what the way to Kafka wrote goes back to where it came
 * from, everything else becomes a user property.
 */
final class PublishProperties {
    private static final String BASE64_PREFIX = "base64:";
    private static final byte[] BASE64_BYTES = ascii(BASE64_PREFIX);
    private static final int MAX_LENGTH = 65_535;

    private static final byte[] KAFKA_TOPIC = ascii("kafka.topic");
    private static final byte[] KAFKA_PARTITION = ascii("kafka.partition");
    private static final byte[] KAFKA_OFFSET = ascii("kafka.offset");

    private PublishProperties() {}

    /**
     * Reads the deadline of a record.
     *
     * @param headers its headers and those that its codec added; the last one of a name counts, here and below
     * @return milliseconds since 1970, or {@link Outgoing#never}
     */
    static long deadlineMillis(List<Header> headers) {
        byte[] value = last(headers, MetadataHeaders.EXPIRES_AT);
        if (value == null) {
            return Outgoing.never();
        }
        try {
            return Long.parseLong(new String(value, StandardCharsets.UTF_8));
        } catch (NumberFormatException e) {
            throw new MappingException(
                    "header " + MetadataHeaders.EXPIRES_AT
                            + ": is not a number of milliseconds since 1970; mend who writes it",
                    e);
        }
    }

    /** Makes the properties, with the value of the marker if there is one; null if there are none. */
    static @Nullable PropertyWriter of(
            SinkRoute route,
            KafkaMessage message,
            List<Header> headers,
            UserPropertyLimit limit,
            byte @Nullable [] marker) {
        if (headers.isEmpty() && !route.metadataProperties) {
            return marked(route, marker);
        }
        PropertyWriter properties = new PropertyWriter();
        metadata(properties, headers);
        if (route.userProperties) {
            int count = 0;
            long bytes = 0;
            for (Header header : headers) {
                if (!MetadataHeaders.contains(header.name())
                        && !header.name().equals(route.retainHeader)
                        && route.guard.handsOn(header.name())) {
                    byte[] value = header.value();
                    count++;
                    bytes += header.name().length() + (value == null ? 0 : value.length);
                    requireFew(count, bytes, limit);
                    userProperty(properties, route, header);
                }
            }
        }
        if (route.metadataProperties) {
            properties.userProperty(KAFKA_TOPIC, ascii(message.topic()));
            properties.userProperty(KAFKA_PARTITION, ascii(Integer.toString(message.partition())));
            properties.userProperty(KAFKA_OFFSET, ascii(Long.toString(message.offset())));
        }
        if (marker != null) {
            properties.userProperty(route.guard.nameBytes(), marker);
        }
        return properties;
    }

    /** Adds headers as user properties, but for those that MQTT does not take. */
    static @Nullable PropertyWriter with(List<Header> added, @Nullable PropertyWriter properties) {
        if (added.isEmpty()) {
            return properties;
        }
        PropertyWriter all = properties == null ? new PropertyWriter() : properties;
        for (Header header : added) {
            byte[] name = MqttText.bytes(header.name());
            byte[] value = header.value();
            if (name != null && value != null && MqttText.isLegal(value)) {
                all.userProperty(name, value);
            }
        }
        return all;
    }

    private static void requireFew(int count, long bytes, UserPropertyLimit limit) {
        if (!limit.allows(count, bytes)) {
            throw new MappingException(
                    count > limit.most()
                            ? "mqtt.maxUserProperties: more than " + limit.most()
                                    + " headers of the record become user properties; raise mqtt.maxUserProperties(..)"
                            : "mqtt.maxUserPropertyBytes: the headers that become user properties have more than "
                                    + limit.mostBytes() + " bytes; raise mqtt.maxUserPropertyBytes(..)");
        }
    }

    /** Makes the properties of a message that has none but the marker; null if it has not even that. */
    static @Nullable PropertyWriter marked(SinkRoute route, byte @Nullable [] marker) {
        if (marker == null) {
            return null;
        }
        PropertyWriter properties = new PropertyWriter();
        properties.userProperty(route.guard.nameBytes(), marker);
        return properties;
    }

    private static void metadata(PropertyWriter properties, List<Header> headers) {
        byte[] format = last(headers, MetadataHeaders.PAYLOAD_FORMAT);
        if (format != null) {
            properties.payloadFormat(isUtf8(new String(format, StandardCharsets.UTF_8)));
        }
        if (last(headers, MetadataHeaders.EXPIRES_AT) != null) {
            properties.expiry();
        }
        byte[] contentType = last(headers, MetadataHeaders.CONTENT_TYPE);
        if (contentType != null) {
            if (!MqttText.isLegal(contentType)) {
                throw notText(MetadataHeaders.CONTENT_TYPE);
            }
            properties.contentType(contentType);
        }
        byte[] responseTopic = last(headers, MetadataHeaders.RESPONSE_TOPIC);
        if (responseTopic != null) {
            if (!MqttText.isLegal(responseTopic)) {
                throw notText(MetadataHeaders.RESPONSE_TOPIC);
            }
            properties.responseTopic(MqttTopicName.checked(
                    "header " + MetadataHeaders.RESPONSE_TOPIC,
                    new String(responseTopic, StandardCharsets.UTF_8),
                    true));
        }
        byte[] correlationData = last(headers, MetadataHeaders.CORRELATION_DATA);
        if (correlationData != null) {
            if (correlationData.length > MAX_LENGTH) {
                throw new MappingException("header " + MetadataHeaders.CORRELATION_DATA + ": has "
                        + correlationData.length + " bytes; MQTT takes at most " + MAX_LENGTH);
            }
            properties.correlationData(correlationData);
        }
    }

    private static boolean isUtf8(String format) {
        return switch (format) {
            case "utf-8" -> true;
            case "bytes" -> false;
            default ->
                throw new MappingException("header " + MetadataHeaders.PAYLOAD_FORMAT + ": '"
                        + UntrustedText.escape(format) + "' is neither 'utf-8' nor 'bytes'");
        };
    }

    /** Returns the value of the last header of a name; null if there is none. One without a value is a failure, as any is. */
    // NullAway cannot see in class files of JDK 17 that an array may be null.
    @SuppressWarnings("NullAway")
    private static byte @Nullable [] last(List<Header> headers, String name) {
        Header header = SinkTransformation.last(headers, name);
        if (header != null && header.value() == null) {
            throw new MappingException(
                    "header " + name + ": has no value; leave it out, or give it one, where the record is written");
        }
        return header == null ? null : header.value();
    }

    // NullAway cannot see in class files of JDK 17 that an array may be null.
    @SuppressWarnings("NullAway")
    private static void userProperty(PropertyWriter properties, SinkRoute route, Header header) {
        byte[] name = MqttText.bytes(MetadataHeaders.propertyName(header.name()));
        if (name == null) {
            throw new MappingException("header '" + UntrustedText.escape(header.name())
                    + "': its name cannot be an MQTT string; rename it, or set userProperties(false)");
        }
        byte[] value = header.value();
        boolean base64 = route.binaryHeaders == BinaryHeaders.BASE64;
        boolean plain = value != null && MqttText.isLegal(value) && !(base64 && startsWithPrefix(value));
        if (plain) {
            properties.userProperty(name, value);
            return;
        }
        if (value == null) {
            throw new MappingException("header '" + UntrustedText.escape(header.name())
                    + "': has no value, and a user property of MQTT must have one; give it one where the record is written, or"
                    + " leave all headers out with userProperties(false)");
        }
        byte[] encoded = base64 ? base64(value) : null;
        if (encoded == null || encoded.length > MAX_LENGTH) {
            throw new MappingException("header '" + UntrustedText.escape(header.name()) + "': "
                    + "its value of " + value.length + " bytes cannot be an MQTT string"
                    + "; MQTT takes at most 65535 bytes of UTF-8 text without control characters, "
                    + (base64 ? "also in Base64" : "see binaryHeaders(..)"));
        }
        properties.userProperty(name, encoded);
    }

    private static boolean startsWithPrefix(byte[] value) {
        return value.length >= BASE64_BYTES.length
                && Arrays.equals(value, 0, BASE64_BYTES.length, BASE64_BYTES, 0, BASE64_BYTES.length);
    }

    private static byte[] base64(byte[] value) {
        return ascii(BASE64_PREFIX + Base64.getEncoder().encodeToString(value));
    }

    private static MappingException notText(String header) {
        return new MappingException("header " + header
                + ": its value cannot be an MQTT string: at most 65535 bytes of UTF-8 text without control characters");
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
