package io.mqttkafka.bridge.core.sink;

import io.mqttkafka.bridge.CodecContext;
import io.mqttkafka.bridge.core.route.MetadataHeaders;
import io.mqttkafka.bridge.core.routing.TopicTemplate;
import io.mqttkafka.bridge.error.CodecException;
import io.mqttkafka.bridge.error.MappingException;
import io.mqttkafka.bridge.message.Consumed;
import io.mqttkafka.bridge.message.Header;
import io.mqttkafka.bridge.message.KafkaMessage;
import io.mqttkafka.bridge.spi.KafkaToMqttRoute.Filter;
import io.mqttkafka.bridge.spi.KafkaToMqttRoute.Mapping;
import io.mqttkafka.bridge.spi.KafkaToMqttRoute.Step;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One record becoming an MQTT message, step by step: what user code sees of it, and what templates can ask for. */
final class SinkTransformation implements Consumed<Object>, CodecContext, TopicTemplate.Values {
    private static final byte[] EMPTY = {};

    private final SinkRoute route;
    private final KafkaMessage message;
    private Object value;
    private byte[] payload;
    private @Nullable String mqttTopic;
    private @Nullable List<Header> added;
    private boolean encoding;

    SinkTransformation(SinkRoute route, KafkaMessage message) {
        this.route = route;
        this.message = message;
        byte[] bytes = message.payload();
        if (bytes == null && route.clearOnTombstone) {
            bytes = EMPTY;
        }
        if (bytes == null) {
            throw new MappingException(
                    "fromKafka: the record is a tombstone (it has no value), which is no MQTT message; see clearOnTombstone()");
        }
        this.value = bytes;
        this.payload = bytes;
    }

    /** Runs decode, filter and map; false if a filter refuses the record. */
    boolean decode() {
        if (tombstone()) {
            return true;
        }
        if (route.decoder != null) {
            value = required("decode", route.decoder.decode(payload, this));
        }
        for (Step step : route.steps) {
            if (step instanceof Filter filter) {
                if (!SinkRoute.keeps(filter, value, message)) {
                    return false;
                }
            } else if (step instanceof Mapping mapping) {
                Object mapped = SinkRoute.map(mapping, value);
                if (mapped == null) {
                    throw new MappingException("map: returned null; filter records out with filter(..)");
                }
                value = mapped;
            }
        }
        return true;
    }

    /** Finds the topic and encodes the value. */
    void encode() {
        if (route.topicTemplate != null) {
            mqttTopic = route.topicTemplate.render(this);
        } else if (route.topicMapper != null) {
            String mapped = route.topicMapper.map(this);
            if (mapped == null) {
                throw new MappingException("toMqtt: the MqttTopicMapper returned null; it must name a topic");
            }
            mqttTopic = mapped;
        }
        if (route.encoder != null && !tombstone()) {
            encoding = true;
            payload = (byte[]) required("encode", route.encoder.encode(value, this));
        }
    }

    /** Says whether the record has no value, and so clears a retained message. */
    boolean tombstone() {
        return message.payload() == null;
    }

    private static Object required(String step, @Nullable Object result) {
        if (result == null) {
            throw new CodecException(step + ": the codec returned null; it must return a value or throw");
        }
        return result;
    }

    String requireMqttTopic() {
        if (mqttTopic == null) {
            throw new IllegalStateException("the topic is not mapped yet");
        }
        return mqttTopic;
    }

    byte[] payload() {
        return payload;
    }

    @Override
    public KafkaMessage message() {
        return message;
    }

    @Override
    public Object value() {
        return value;
    }

    // What templates ask for.

    @Override
    public String topic() {
        return message.topic();
    }

    @Override
    public String level(int index) {
        return Integer.toString(message.partition());
    }

    @Override
    public @Nullable String key() {
        byte[] key = message.key();
        return key == null ? null : text("the key", key);
    }

    @Override
    public @Nullable String header(String name) {
        Header header = message.lastHeader(name);
        byte[] bytes = header == null ? null : header.value();
        return bytes == null ? null : text("a header", bytes);
    }

    private static String text(String what, byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new MappingException(
                    "toMqtt: the template needs " + what + " as text, but it is not UTF-8; use a MqttTopicMapper", e);
        }
    }

    // What codecs ask for.

    @Override
    public @Nullable String mqttTopic() {
        return mqttTopic;
    }

    @Override
    public String kafkaTopic() {
        return message.topic();
    }

    @Override
    public @Nullable String contentType() {
        Header header = message.lastHeader(MetadataHeaders.CONTENT_TYPE);
        byte[] bytes = header == null ? null : header.value();
        return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
    }

    @Override
    public List<Header> headers() {
        List<Header> more = added;
        if (more == null) {
            return message.headers();
        }
        List<Header> all = new ArrayList<>(message.headers());
        all.addAll(more);
        return List.copyOf(all);
    }

    /** Returns the last header of a name, which is the codec's if it added one; null if there is none. */
    static @Nullable Header last(List<Header> headers, String name) {
        for (int i = headers.size() - 1; i >= 0; i--) {
            if (headers.get(i).name().equals(name)) {
                return headers.get(i);
            }
        }
        return null;
    }

    // NullAway cannot see in class files of JDK 17 that an array may be null.
    @SuppressWarnings("NullAway")
    @Override
    public void addHeader(String name, byte @Nullable [] headerValue) {
        if (!encoding) {
            throw new IllegalStateException("addHeader: a record that is being decoded has its headers already");
        }
        if (added == null) {
            added = new ArrayList<>();
        }
        added.add(new Header(name, headerValue));
    }
}
