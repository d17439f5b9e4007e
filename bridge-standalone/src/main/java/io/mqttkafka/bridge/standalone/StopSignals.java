package io.mqttkafka.bridge.standalone;

import java.lang.reflect.Proxy;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Runs an action at SIGTERM and SIGINT (Ctrl-C); the same signal a second time ends the process at once.
 *
 * <p>A shutdown hook cannot do this: with one, the JVM always exits with 128 plus the number of the signal, and a second
 * signal waits for the first. {@code sun.misc.Signal} can, and every JDK has it, but javac warns of it; hence the
 * reflection.
 */
public final class StopSignals {
    private StopSignals() {}

    /**
     * Handles the signals from now on.
     *
     * @param stop asks the process to stop; runs on a thread of its own
     * @param statusAtSecond the exit status if the same signal comes again
     */
    public static void handle(Runnable stop, int statusAtSecond) {
        Set<Object> seen = ConcurrentHashMap.newKeySet();
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object action = Proxy.newProxyInstance(
                    StopSignals.class.getClassLoader(), new Class<?>[] {handler}, (proxy, method, args) -> {
                        if (!seen.add(args[0])) {
                            Runtime.getRuntime().halt(statusAtSecond);
                        }
                        stop.run();
                        return null;
                    });
            for (String name : new String[] {"TERM", "INT"}) {
                signal.getMethod("handle", signal, handler)
                        .invoke(null, signal.getConstructor(String.class).newInstance(name), action);
            }
        } catch (ReflectiveOperationException e) {
            // As with java -Xrs: a signal then ends the process at once. What was not acknowledged is delivered again.
            System.getLogger(StopSignals.class.getName())
                    .log(System.Logger.Level.WARNING, "this JVM leaves SIGTERM and Ctrl-C to the operating system");
        }
    }
}
