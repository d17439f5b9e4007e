package io.mqttkafka.bridge.core.mqtt.wire;

import org.jspecify.annotations.Nullable;

/**
 * A variable byte integer that was read. Not for the hot path.
 *
 * @param value the number
 * @param next where the bytes after it begin
 */
record VariableInt(int value, int next) {
    /** Reads one; null if it ends beyond the range or is longer than 4 bytes. */
    static @Nullable VariableInt read(byte[] bytes, int from, int end) {
        int value = 0;
        for (int i = 0; i < 4 && from + i < end; i++) {
            value |= (bytes[from + i] & 0x7F) << (7 * i);
            if (bytes[from + i] >= 0) {
                return new VariableInt(value, from + i + 1);
            }
        }
        return null;
    }
}
