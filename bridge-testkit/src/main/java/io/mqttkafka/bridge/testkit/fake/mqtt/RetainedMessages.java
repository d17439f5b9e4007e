package io.mqttkafka.bridge.testkit.fake.mqtt;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The latest retained message of each topic. Not thread-safe. */
final class RetainedMessages {

    private final Map<String, Message> byTopic = new LinkedHashMap<>();

    /** Keeps a retained message in place of the one before; one without a payload only removes that. */
    void retain(Message message) {
        byTopic.remove(message.topic());
        if (message.payload().length > 0) {
            byTopic.put(message.topic(), message);
        }
    }

    /** Returns those that have not expired, and forgets the others. */
    List<Message> all(long now) {
        byTopic.values().removeIf(message -> message.isExpired(now));
        return List.copyOf(byTopic.values());
    }

    /** Returns those whose topics match, but for the expired. */
    List<Message> matching(String filter, long now) {
        return all(now).stream()
                .filter(message -> TopicFilters.matches(filter, message.topic()))
                .toList();
    }
}
