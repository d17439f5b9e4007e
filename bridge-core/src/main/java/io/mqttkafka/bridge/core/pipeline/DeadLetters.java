package io.mqttkafka.bridge.core.pipeline;

import io.mqttkafka.bridge.core.routing.UntrustedText;
import io.mqttkafka.bridge.message.Header;
import io.mqttkafka.bridge.message.UserProperty;
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
final class DeadLetters {
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
    record Letter(byte @Nullable [] key, byte @Nullable [] value, List<Header> headers, int room) {
        /** Says how many bytes the next one may have, now that Kafka has found this one too large; 0 if there is no use. */
        int smallerRoom(int largestRecord) {
            long size = size(key) + size(value) + sizeOf(headers) + RECORD_OVERHEAD;
            long smaller = Math.min(room, size) > largestRecord ? largestRecord : Math.min(room, size) / 2;
            return smaller < SMALLEST_ROOM ? 0 : (int) smaller;
        }

        /** Says whether something was left out. */
        boolean isCut() {
            return room < Integer.MAX_VALUE;
        }
    }

    /** Makes the dead letter of a message from MQTT that has so much room. */
    static Letter of(Attempt attempt, Throwable cause, int room) {
        byte[] topic = attempt.match.keyBytes;
        byte[] key = topic != null ? topic : attempt.message.topic().getBytes(StandardCharsets.UTF_8);
        List<Header> headers = new ArrayList<>();
        RecordHeaders.addMetadata(headers, attempt.message);
        RecordHeaders.addUserProperties(headers, attempt.message, attempt.route().guard);
        if (attempt.route().guard.isOn()) {
            UserProperty marker = attempt.route().guard.find(attempt.message);
            if (marker != null) {
                headers.add(RecordHeaders.text(marker.name(), marker.value()));
            }
        }
        List<Header> own = cause(attempt.route().name(), attempt.failures, cause);
        return fitted(key, attempt.message.payload(), own, headers, room);
    }

    /** Does so for a record from Kafka: its own headers follow, repeats and all, but for those of a dead letter that it was before. */
    static Letter of(SinkRoute route, SinkAttempt attempt, Throwable cause, int room) {
        List<Header> own = cause(route.name(), attempt.failures, cause);
        own.add(RecordHeaders.text(PREFIX + "origin", attempt.message.origin()));
        List<Header> headers = new ArrayList<>();
        for (Header header : attempt.message.headers()) {
            // Whoever asks for the last one of a name would be told the old cause.
            if (!header.name().startsWith(PREFIX)) {
                headers.add(header);
            }
        }
        return fitted(attempt.message.key(), attempt.message.payload(), own, headers, room);
    }

    /** Says in the log why there is one. */
    static String why(Throwable cause, boolean cut) {
        return SafeText.withFrames(cause) + (cut ? " (the dead letter is cut, as Kafka takes none so large)" : "");
    }

    private static List<Header> cause(String route, int attempts, Throwable cause) {
        List<Header> headers = new ArrayList<>();
        headers.add(RecordHeaders.text(PREFIX + "route", route));
        headers.add(RecordHeaders.text(PREFIX + "cause", cause.getClass().getName()));
        headers.add(RecordHeaders.text(PREFIX + "message", UntrustedText.escape(String.valueOf(cause.getMessage()))));
        headers.add(RecordHeaders.text(PREFIX + "attempts", Integer.toString(attempts)));
        return headers;
    }

    // NullAway cannot see in class files of JDK 17 that an array may be null.
    @SuppressWarnings("NullAway")
    private static Letter fitted(
            byte @Nullable [] key, byte @Nullable [] value, List<Header> own, List<Header> others, int room) {
        if (room == Integer.MAX_VALUE) {
            List<Header> all = new ArrayList<>(own);
            all.addAll(others);
            return new Letter(key, value, all, room);
        }
        List<String> cut = new ArrayList<>();
        List<Header> headers = new ArrayList<>(own);
        if (value != null) {
            headers.add(RecordHeaders.text(PREFIX + "size", Integer.toString(value.length)));
            headers.add(RecordHeaders.text(PREFIX + "sha-256", sha256(value)));
        }
        Header longestMarker = RecordHeaders.text(PREFIX + "cut", "payload,headers,key");
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
            headers.add(RecordHeaders.text(PREFIX + "cut", String.join(",", cut)));
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
