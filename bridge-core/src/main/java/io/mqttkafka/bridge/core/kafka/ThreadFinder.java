package io.mqttkafka.bridge.core.kafka;

import java.util.Arrays;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/** Finds threads that others have started. */
final class ThreadFinder {
    private static final int SPARE = 16;

    private ThreadFinder() {}

    /** Returns the thread of this name and the present group that was started last; null if there is none. */
    static @Nullable Thread newest(String name) {
        ThreadGroup group = Thread.currentThread().getThreadGroup();
        Thread[] threads = new Thread[group.activeCount() + SPARE];
        int count = group.enumerate(threads);
        return Arrays.stream(threads, 0, count)
                .filter(thread -> thread.getName().equals(name))
                .max(Comparator.comparingLong(Thread::getId))
                .orElse(null);
    }
}
