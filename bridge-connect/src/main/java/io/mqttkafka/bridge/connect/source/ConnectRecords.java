package io.mqttkafka.bridge.connect.source;

import io.mqttkafka.bridge.message.Header;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.header.ConnectHeaders;
import org.apache.kafka.connect.header.Headers;
import org.jspecify.annotations.Nullable;

/** Says in Kafka Connect's terms what the engine says in bytes, so that converters and transformations see what they know. */
final class ConnectRecords {
    private static final String QOS = "mqtt.qos";
    private static final Set<String> FLAGS = Set.of("mqtt.retained", "mqtt.duplicate");

    private ConnectRecords() {}

    /** A key is a text, as an MQTT topic is one; other bytes stay bytes. */
    static @Nullable Object key(byte @Nullable [] key) {
        String text = key == null ? null : text(key);
        return text != null ? text : key;
    }

    static Schema keySchema(@Nullable Object key) {
        return key instanceof byte[] ? Schema.OPTIONAL_BYTES_SCHEMA : Schema.OPTIONAL_STRING_SCHEMA;
    }

    static Headers headers(@Nullable List<Header> headers) {
        Headers all = new ConnectHeaders();
        if (headers != null) {
            headers.forEach(header -> add(all, header));
        }
        return all;
    }

    private static void add(Headers all, Header header) {
        byte[] value = header.value();
        String text = value == null ? null : text(value);
        if (text == null) {
            all.add(header.name(), value, Schema.OPTIONAL_BYTES_SCHEMA);
        } else if (header.name().equals(QOS) && text.length() == 1) {
            all.addInt(header.name(), text.charAt(0) - '0');
        } else if (FLAGS.contains(header.name())) {
            all.addBoolean(header.name(), text.equals("true"));
        } else {
            all.addString(header.name(), text);
        }
    }

    /** What bytes say in UTF-8; null if they do not. */
    private static @Nullable String text(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }
}
