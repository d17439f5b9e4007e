package io.mqttkafka.bridge.connect;

import java.util.Collection;
import java.util.Map;
import org.apache.kafka.connect.storage.OffsetStorageReader;
import org.jspecify.annotations.Nullable;

/** The offsets of a task that is only looked at. */
final class NoOffsets implements OffsetStorageReader {
    // NullAway cannot see in class files that this may be null.
    @SuppressWarnings("NullAway")
    @Override
    public <T> @Nullable Map<String, Object> offset(Map<String, T> partition) {
        return null;
    }

    @Override
    public <T> Map<Map<String, T>, Map<String, Object>> offsets(Collection<Map<String, T>> partitions) {
        return Map.of();
    }
}
