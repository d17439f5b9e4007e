package io.mqttkafka.bridge.core.source;

import io.mqttkafka.bridge.CodecContext;
import io.mqttkafka.bridge.core.routing.TopicTemplate;
import io.mqttkafka.bridge.core.routing.UntrustedText;
import io.mqttkafka.bridge.error.CodecException;
import io.mqttkafka.bridge.error.MappingException;
import io.mqttkafka.bridge.message.Header;
import io.mqttkafka.bridge.message.MqttMessage;
import io.mqttkafka.bridge.message.Received;
import io.mqttkafka.bridge.message.UserProperty;
import io.mqttkafka.bridge.spi.MqttToKafkaRoute.Filter;
import io.mqttkafka.bridge.spi.MqttToKafkaRoute.Mapping;
import io.mqttkafka.bridge.spi.MqttToKafkaRoute.Step;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One message becoming a Kafka record, step by step: what user code sees of it, and what templates can ask for. Made for
 * the messages whose record is not simply the payload under a topic and key known already.
 */
final class Transformation implements Received<Object>, CodecContext, TopicTemplate.Values {
    private final RouteMatch match;
    private final MqttMessage message;
    private Object value;
    private @Nullable String kafkaTopic;
    private @Nullable String key;
    private byte @Nullable [] keyBytes;
    private byte @Nullable [] payload;
    private @Nullable List<Header> headers;
    private boolean encoding;

    Transformation(RouteMatch match, MqttMessage message) {
        this.match = match;
        this.message = message;
        this.value = message.payload();
        this.payload = message.payload();
    }

    /** Runs decode, filter and map; false if a filter refuses the message. */
    boolean decode() {
        SourceRoute route = match.route;
        if (route.clears(message)) {
            return true;
        }
        if (route.decoder != null) {
            value = required("decode", route.decoder.decode(message.payload(), this));
        }
        for (Step step : route.steps) {
            if (step instanceof Filter filter) {
                if (!SourceRoute.keeps(filter, value, message)) {
                    return false;
                }
            } else if (step instanceof Mapping mapping) {
                Object mapped = SourceRoute.map(mapping, value);
                if (mapped == null) {
                    throw new MappingException("map: returned null; filter messages out with filter(..)");
                }
                value = mapped;
            }
        }
        return true;
    }

    /** Finds topic and key, makes the headers and encodes the value; false if the message would go back to Kafka. */
    boolean encode() {
        SourceRoute route = match.route;
        if (route.keyTemplate != null) {
            key = match.key != null ? match.key : route.keyTemplate.render(this);
            keyBytes = match.keyBytes != null ? match.keyBytes : key.getBytes(StandardCharsets.UTF_8);
        } else if (route.keyMapper != null) {
            keyBytes = route.keyMapper.apply(this);
        }
        if (match.kafkaTopic != null) {
            kafkaTopic = match.kafkaTopic;
        } else if (route.topicTemplate != null) {
            kafkaTopic = route.topicTemplate.render(this);
        } else if (route.topicMapper != null) {
            String mapped = route.topicMapper.map(this);
            if (mapped == null) {
                throw new MappingException("toKafka: the TopicMapper returned null; it must name a topic");
            }
            kafkaTopic = mapped;
        }
        Header marker = null;
        if (route.guard.isOn()) {
            marker = route.guard.toKafka(message, requireKafkaTopic());
            if (marker == null) {
                return false;
            }
        }
        headers = RecordHeaders.of(route, message, this, marker);
        if (route.clears(message)) {
            payload = null;
        } else if (route.encoder != null) {
            encoding = true;
            payload = (byte[]) required("encode", route.encoder.encode(value, this));
        }
        return true;
    }

    private static Object required(String step, @Nullable Object result) {
        if (result == null) {
            throw new CodecException(step + ": the codec returned null; it must return a value or throw");
        }
        return result;
    }

    String requireKafkaTopic() {
        if (kafkaTopic == null) {
            throw new IllegalStateException("the topic is not mapped yet");
        }
        return kafkaTopic;
    }

    byte @Nullable [] keyBytes() {
        return keyBytes;
    }

    /** The value of the record; null if it is a tombstone. */
    byte @Nullable [] payload() {
        return payload;
    }

    @Nullable
    List<Header> recordHeaders() {
        return headers;
    }

    @Override
    public MqttMessage message() {
        return message;
    }

    @Override
    public Object value() {
        return value;
    }

    @Override
    public String level(String name) {
        int index = match.route.filter.levelNames().indexOf(name);
        if (index < 0) {
            throw new IllegalArgumentException("level: the filter '" + match.route.filter + "' names no level '"
                    + UntrustedText.escape(name) + "', only " + match.route.filter.levelNames());
        }
        return match.levels[index];
    }

    @Override
    public String level(int index) {
        return match.levels[index];
    }

    @Override
    public String topic() {
        return match.mqttTopic;
    }

    @Override
    public @Nullable String key() {
        return key == null ? match.key : key;
    }

    @Override
    public @Nullable String header(String name) {
        for (UserProperty property : message.properties().userProperties()) {
            if (property.name().equals(name)) {
                return property.value();
            }
        }
        return null;
    }

    @Override
    public String mqttTopic() {
        return match.mqttTopic;
    }

    @Override
    public @Nullable String kafkaTopic() {
        return kafkaTopic;
    }

    @Override
    public @Nullable String contentType() {
        return message.properties().contentType();
    }

    @Override
    public List<Header> headers() {
        if (!encoding) {
            List<Header> incoming = new ArrayList<>();
            RecordHeaders.addUserProperties(incoming, message, match.route.guard);
            return List.copyOf(incoming);
        }
        return headers == null ? List.of() : List.copyOf(headers);
    }

    // NullAway cannot see in class files of JDK 17 that an array may be null.
    @SuppressWarnings("NullAway")
    @Override
    public void addHeader(String name, byte @Nullable [] headerValue) {
        if (!encoding) {
            throw new IllegalStateException("addHeader: a message that is being decoded has its headers already");
        }
        if (headers == null) {
            headers = new ArrayList<>();
        }
        headers.add(new Header(name, headerValue));
    }
}
