package io.mqttkafka.bridge.core.route;

import io.mqttkafka.bridge.core.routing.UntrustedText;
import io.mqttkafka.bridge.message.Header;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes dead letters: the payload as it came, and headers that say where the message came from and why it is here. One that
 * Kafka finds too large is cut, the payload at its end, until it fits: the last resort must not fail for its size.
 */
public final class DeadLetters {
    private static final String PREFIX = "bridge.dead-letter.";

    /** More than Kafka adds to a record, and to each of its headers. */
    private static final int RECORD_OVERHEAD = 128;

    private static final int HEADER_OVERHEAD = 10;

    private static final int SMALLEST_ROOM = 512;

    private DeadLetters() {}

    /**
     * What goes to Kafka.
     *
     * @param room how many bytes it may have; {@link Integer#MAX_VALUE} if it is not cut
     */
    // An array of a record is compared by nobody here.
    @SuppressWarnings("ArrayRecordComponent")
    public record Letter(byte @Nullable [] key, byte @Nullable [] value, List<Header> headers, int room) {
        /** Says how many bytes the next one may have, now that Kafka has found this one too large; 0 if there is no use. */
        public int smallerRoom(int largestRecord) {
            long size = size(key) + size(value) + sizeOf(headers) + RECORD_OVERHEAD;
            long smaller = Math.min(room, size) > largestRecord ? largestRecord : Math.min(room, size) / 2;
            return smaller < SMALLEST_ROOM ? 0 : (int) smaller;
        }

        /** Says whether something was left out. */
        public boolean isCut() {
            return room < Integer.MAX_VALUE;
        }
    }

    /**
     * Makes the headers that say why there is one.
     *
     * @param route the name of the route
     * @param attempts how often it has been tried
     * @param cause why it was given up
     * @return the headers, to be added to
     */
    public static List<Header> cause(String route, int attempts, Throwable cause) {
        List<Header> headers = new ArrayList<>();
        headers.add(MetadataHeaders.text(PREFIX + "route", route));
        headers.add(MetadataHeaders.text(PREFIX + "cause", cause.getClass().getName()));
        headers.add(MetadataHeaders.text(PREFIX + "message", UntrustedText.escape(String.valueOf(cause.getMessage()))));
        headers.add(MetadataHeaders.text(PREFIX + "attempts", Integer.toString(attempts)));
        return headers;
    }

    /** Makes the header that says where in Kafka the record was. */
    public static Header origin(String origin) {
        return MetadataHeaders.text(PREFIX + "origin", origin);
    }

    /** Says whether a header is of a dead letter that a record was before. */
    public static boolean isOwn(Header header) {
        return header.name().startsWith(PREFIX);
    }

    /** Says in the log why there is one. */
    public static String why(Throwable cause, boolean cut) {
        return SafeText.withFrames(cause) + (cut ? " (the dead letter is cut, as Kafka takes none so large)" : "");
    }

    /**
     * Makes the dead letter.
     *
     * @param key its key
     * @param value its payload
     * @param own the headers that say why there is one
     * @param others those that the message had
     * @param room how many bytes it may have; {@link Integer#MAX_VALUE} for as many as it needs
     * @return the dead letter, cut if need be
     */
    // NullAway cannot see in class files of JDK 17 that an array may be null.
    @SuppressWarnings("NullAway")
    public static Letter fitted(
            byte @Nullable [] key, byte @Nullable [] value, List<Header> own, List<Header> others, int room) {
        if (room == Integer.MAX_VALUE) {
            List<Header> all = new ArrayList<>(own);
            all.addAll(others);
            return new Letter(key, value, all, room);
        }
        List<String> cut = new ArrayList<>();
        List<Header> headers = new ArrayList<>(own);
        if (value != null) {
            headers.add(MetadataHeaders.text(PREFIX + "size", Integer.toString(value.length)));
            headers.add(MetadataHeaders.text(PREFIX + "sha-256", sha256(value)));
        }
        Header longestMarker = MetadataHeaders.text(PREFIX + "cut", "payload,headers,key");
        long left = room - RECORD_OVERHEAD - sizeOf(headers) - sizeOf(List.of(longestMarker));
        byte[] keptKey = size(key) <= left / 4 ? key : null;
        left -= size(keptKey);
        List<Header> kept = within(others, left / 2);
        left -= sizeOf(kept);
        byte[] keptValue = size(value) <= left ? value : Arrays.copyOf(value, (int) Math.max(0, left));
        if (keptValue != value) {
            cut.add("payload");
        }
        if (kept.size() < others.size()) {
            cut.add("headers");
        }
        if (keptKey != key) {
            cut.add("key");
        }
        if (!cut.isEmpty()) {
            headers.add(MetadataHeaders.text(PREFIX + "cut", String.join(",", cut)));
        }
        headers.addAll(kept);
        return new Letter(keptKey, keptValue, headers, room);
    }

    /** The first headers that together take no more than this, and those behind them that fit where a large one does not. */
    private static List<Header> within(List<Header> headers, long most) {
        List<Header> kept = new ArrayList<>();
        long left = most;
        for (Header header : headers) {
            long size = sizeOf(List.of(header));
            if (size <= left) {
                kept.add(header);
                left -= size;
            }
        }
        return kept;
    }

    // NullAway cannot see in class files of JDK 17 that an array may be null.
    @SuppressWarnings("NullAway")
    private static long sizeOf(List<Header> headers) {
        long size = 0;
        for (Header header : headers) {
            size += HEADER_OVERHEAD + header.name().getBytes(StandardCharsets.UTF_8).length + size(header.value());
        }
        return size;
    }

    private static long size(byte @Nullable [] bytes) {
        return bytes == null ? 0 : bytes.length;
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
