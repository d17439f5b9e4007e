package io.mqttkafka.bridge.core.source;

import io.mqttkafka.bridge.core.mqtt.wire.MalformedPacketException;
import io.mqttkafka.bridge.core.mqtt.wire.PublishFrame;
import io.mqttkafka.bridge.core.route.RouteMeter;
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

    /** What an entry takes besides texts and bytes, and what each of its matches takes. */
    private static final long OVERHEAD_BYTES = 160;

    private static final long OVERHEAD_OF_A_MATCH_BYTES = 240;

    /** What is remembered of a topic. */
    static final class Entry {
        private static final int QOS_LEVELS = 3;

        final String topic;
        final RouteMatch[] matches;

        /** How many bytes of text a message on this topic keeps for one of its routes, the heaviest of them. */
        final long weight;

        private final long hash;
        private final byte[] bytes;
        private final @Nullable RouteMeter[] @Nullable [] meters = new RouteMeter[QOS_LEVELS][];

        private Entry(long hash, byte[] bytes, String topic, RouteMatch[] matches) {
            this.hash = hash;
            this.bytes = bytes;
            this.topic = topic;
            this.matches = matches;
            long heaviest = 0;
            for (RouteMatch match : matches) {
                heaviest = Math.max(heaviest, match.weight);
            }
            weight = heaviest + bytes.length + RouteMatch.bytesOf(topic);
        }

        /**
         * The meters of all routes, which is all that is kept of a message once they are done with it: not the topic, which
         * can have 64 KiB.
         */
        RouteMeter[] meters(int qos) {
            RouteMeter[] known = meters[qos];
            if (known == null) {
                known = new RouteMeter[matches.length];
                for (int i = 0; i < known.length; i++) {
                    known[i] = matches[i].route.meter(qos);
                }
                meters[qos] = known;
            }
            return known;
        }

        /** About how many bytes it keeps. */
        private long kept() {
            return OVERHEAD_BYTES + (OVERHEAD_OF_A_MATCH_BYTES + weight) * Math.max(1, matches.length);
        }
    }

    private final @Nullable Entry[] slots = new Entry[SLOTS];
    private final Function<String, RouteMatch[]> routesOf;
    private final long mostBytes;
    private long bytes;

    /**
     * Makes an empty cache.
     *
     * @param mostBytes how many bytes it may keep
     * @param routesOf finds out about a topic
     */
    TopicCache(long mostBytes, Function<String, RouteMatch[]> routesOf) {
        this.mostBytes = mostBytes;
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
        long added = found.kept();
        if (added > mostBytes) {
            return;
        }
        Entry replaced = slots[slot];
        bytes += added - (replaced == null ? 0 : replaced.kept());
        if (bytes > mostBytes) {
            Arrays.fill(slots, null);
            bytes = added;
        }
        slots[slot] = found;
    }
}
