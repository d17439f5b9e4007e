package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.message.Header;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The headers of a record as far as they are kept: an empty one has three bytes in Kafka and takes fifty times as much on the
 * heap.
 *
 * @param headers the first of them, up to the limit
 * @param excess says in words what was too much; null if nothing was
 */
public record KeptHeaders(List<Header> headers, @Nullable String excess) {
    private static final KeptHeaders NONE = new KeptHeaders(List.of(), null);

    /**
     * Which headers are kept.
     *
     * @param most the most that become user properties
     * @param mostBytes the most bytes of their names and values
     * @param ours how many more the bridge itself may have written
     * @param oursBytes how many more bytes those may have
     */
    public record Limit(int most, int mostBytes, int ours, int oursBytes) {}

    /**
     * Takes the headers of a record, up to the limit.
     *
     * @param all its headers
     * @param limit which are kept
     * @return what is kept
     */
    public static KeptHeaders of(org.apache.kafka.common.header.Header[] all, Limit limit) {
        if (all.length == 0) {
            return NONE;
        }
        if (all.length > limit.most() + limit.ours()) {
            return new KeptHeaders(
                    converted(all, limit.most()),
                    "mqtt.maxUserProperties: the record has " + all.length + " headers, but a message may have "
                            + limit.most() + " user properties; raise mqtt.maxUserProperties(..)");
        }
        long bytes = 0;
        for (int i = 0; i < all.length; i++) {
            byte[] value = all[i].value();
            bytes += all[i].key().length() + (value == null ? 0 : value.length);
            if (bytes > (long) limit.mostBytes() + limit.oursBytes()) {
                return new KeptHeaders(
                        converted(all, i),
                        "mqtt.maxUserPropertyBytes: the headers of the record have more than " + bytes
                                + " bytes, but the user properties of a message may have " + limit.mostBytes()
                                + "; raise mqtt.maxUserPropertyBytes(..)");
            }
        }
        return new KeptHeaders(converted(all, all.length), null);
    }

    private static List<Header> converted(org.apache.kafka.common.header.Header[] all, int count) {
        List<Header> headers = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            headers.add(new Header(all[i].key(), all[i].value()));
        }
        return headers;
    }
}
