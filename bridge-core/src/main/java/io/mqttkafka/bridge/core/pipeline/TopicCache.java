package io.mqttkafka.bridge.core.pipeline;

import io.mqttkafka.bridge.core.mqtt.wire.MalformedPacketException;
import io.mqttkafka.bridge.core.mqtt.wire.PublishFrame;
import java.util.Arrays;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Remembers what was found out about recent MQTT topics, by the bytes they have on the wire: a topic that comes again costs
 * one hash and one comparison. Bounded in number, as a topic can push another one out, and in bytes, as too many long ones
 * push all out. For one thread.
 */
final class TopicCache {
    private static final int SLOTS = 8192;
    private static final long MOST_BYTES = 32L * 1024 * 1024;
    private static final long OVERHEAD_BYTES = 48;

    /** How often the topic, or something about as long, is kept: as text and bytes, and for each route levels, topic, keys. */
    private static final int COPIES = 2;

    private static final int COPIES_PER_ROUTE = 5;

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

        /** About how many bytes it keeps. */
        long weight() {
            return (OVERHEAD_BYTES + bytes.length) * (COPIES + (long) COPIES_PER_ROUTE * matches.length);
        }
    }

    private final @Nullable Entry[] slots = new Entry[SLOTS];
    private final Function<String, RouteMatch[]> routesOf;
    private long weight;

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
        keep(slot, found);
        return found;
    }

    private void keep(int slot, Entry found) {
        long added = found.weight();
        if (added > MOST_BYTES) {
            return;
        }
        Entry replaced = slots[slot];
        weight += added - (replaced == null ? 0 : replaced.weight());
        if (weight > MOST_BYTES) {
            Arrays.fill(slots, null);
            weight = added;
        }
        slots[slot] = found;
    }
}
