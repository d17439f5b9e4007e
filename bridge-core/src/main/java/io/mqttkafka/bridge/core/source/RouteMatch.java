package io.mqttkafka.bridge.core.source;

import io.mqttkafka.bridge.core.routing.TopicTemplate;
import io.mqttkafka.bridge.message.Header;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One MQTT topic on one route, with everything that depends on nothing else: the named levels, and the Kafka topic and key
 * where their templates ask for topic and levels only. Made once per topic, used for every message.
 */
final class RouteMatch {
    final SourceRoute route;
    final RouteLane lane;
    final int subscriptionId;
    final String mqttTopic;
    final String[] levels;

    /** The Kafka topic, if it is the same for every message of this MQTT topic. */
    final @Nullable String kafkaTopic;

    /** The key as text and as bytes, if it is the same for every message of this MQTT topic. */
    final @Nullable String key;

    final byte @Nullable [] keyBytes;

    /** How many bytes of text and keys it keeps, and a message of this topic with it, besides those of the topic itself. */
    final long weight;

    /** The headers of a message that comes without properties, if they are the same for every one; null if it has none. */
    final @Nullable List<Header> marker;

    RouteMatch(SourceRoute route, RouteLane lane, int subscriptionId, String mqttTopic) {
        this.route = route;
        this.lane = lane;
        this.subscriptionId = subscriptionId;
        this.mqttTopic = mqttTopic;
        this.levels = route.filter.captures(mqttTopic);
        TopicTemplate keyTemplate = route.keyTemplate;
        TopicTemplate topicTemplate = route.topicTemplate;
        TopicTemplate.Values values = new TopicValues();
        key = keyTemplate != null && keyTemplate.isTopicOnly() ? keyTemplate.render(values) : null;
        keyBytes = key == null ? null : key.getBytes(StandardCharsets.UTF_8);
        kafkaTopic = topicTemplate != null && topicTemplate.isTopicOnly() ? topicTemplate.render(values) : null;
        weight = weigh();
        marker = route.guard.isOn() && kafkaTopic != null ? List.of(route.guard.fresh(mqttTopic, kafkaTopic)) : null;
    }

    private long weigh() {
        long sum = 0;
        for (String level : levels) {
            sum += bytesOf(level);
        }
        sum += kafkaTopic == null ? 0 : bytesOf(kafkaTopic);
        sum += keyBytes == null || key == null ? 0 : keyBytes.length + bytesOf(key);
        return sum;
    }

    /** What a text takes on the heap, at the most: beyond Latin-1 it has two bytes for each character. */
    static long bytesOf(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) > 0xFF) {
                return 2L * text.length();
            }
        }
        return text.length();
    }

    /** What topic-only templates can ask for. */
    private final class TopicValues implements TopicTemplate.Values {
        @Override
        public String topic() {
            return mqttTopic;
        }

        @Override
        public String level(int index) {
            return levels[index];
        }

        @Override
        public @Nullable String key() {
            return null;
        }

        @Override
        public @Nullable String header(String name) {
            return null;
        }
    }
}
