package io.mqttkafka.bridge.core.pipeline;

import io.mqttkafka.bridge.core.mqtt.wire.MalformedPacketException;
import io.mqttkafka.bridge.core.mqtt.wire.PublishFrame;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Remembers what was found out about recent MQTT topics, by the bytes they have on the wire: a topic that comes again costs
 * one hash and one comparison. Bounded: a topic can push another one out. For one thread.
 */
final class TopicCache {
    private static final int SLOTS = 8192;

    /** What is remembered of a topic. */
    static final class Entry {
        final String topic;
        final RouteMatch[] matches;
        private final long hash;
        private final byte[] bytes;

        private Entry(long hash, byte[] bytes, String topic, RouteMatch[] matches) {
            this.hash = hash;
            this.bytes = bytes;
            this.topic = topic;
            this.matches = matches;
        }
    }

    private final @Nullable Entry[] slots = new Entry[SLOTS];
    private final Function<String, RouteMatch[]> routesOf;

    TopicCache(Function<String, RouteMatch[]> routesOf) {
        this.routesOf = routesOf;
    }

    Entry lookUp(PublishFrame frame, long hash) throws MalformedPacketException {
        int slot = (int) hash & SLOTS - 1;
        Entry entry = slots[slot];
        if (entry != null && entry.hash == hash && frame.topicEquals(entry.bytes)) {
            return entry;
        }
        String topic = frame.topic();
        Entry found = new Entry(hash, frame.topicBytes(), topic, routesOf.apply(topic));
        slots[slot] = found;
        return found;
    }
}
