package io.mqttkafka.bridge.testkit.junit;

import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Knows the threads of bridges that a test has begun from those of others.
 *
 * <p>Where tests run one after the other these are the threads that were not there before. Where they run in parallel the
 * test's thread gets a context class loader of its own, which threads inherit from those that begin them. Not
 * thread-safe.
 */
final class ThreadWatch {

    private static final Pattern OF_BRIDGES =
            Pattern.compile("bridge-.*|MQTT (Ping|Rec|Snd|Call|Con): .*|kafka-.* \\| bridge-.*|fake-kafka-producer-.*");

    private final Set<Thread> before;
    private final @Nullable Mark mark;
    private final Thread testThread;
    private final @Nullable ClassLoader classLoader;

    /** Finds what its parent finds. */
    private static final class Mark extends ClassLoader {
        Mark(@Nullable ClassLoader parent) {
            super(parent);
        }
    }

    private ThreadWatch(Set<Thread> before, boolean marked) {
        this.before = before;
        testThread = Thread.currentThread();
        classLoader = testThread.getContextClassLoader();
        mark = marked ? new Mark(classLoader) : null;
        if (mark != null) {
            testThread.setContextClassLoader(mark);
        }
    }

    /** Begins; what the calling thread begins from now on is the test's. */
    static ThreadWatch begin(boolean parallel) {
        return new ThreadWatch(Thread.getAllStackTraces().keySet(), parallel);
    }

    /** Returns in words the threads of the test's bridges that live. */
    List<String> living() {
        return Thread.getAllStackTraces().entrySet().stream()
                .filter(entry -> isOfTest(entry.getKey()))
                .filter(entry -> OF_BRIDGES.matcher(entry.getKey().getName()).matches())
                .map(entry -> "'%s' in %s"
                        .formatted(
                                entry.getKey().getName(),
                                entry.getValue().length == 0 ? "no method" : entry.getValue()[0]))
                .sorted()
                .toList();
    }

    /** Gives the test's thread back the class loader it had. */
    void end() {
        if (mark != null) {
            testThread.setContextClassLoader(classLoader);
        }
    }

    private boolean isOfTest(Thread thread) {
        return thread.isAlive() && (mark == null ? !before.contains(thread) : thread.getContextClassLoader() == mark);
    }
}
