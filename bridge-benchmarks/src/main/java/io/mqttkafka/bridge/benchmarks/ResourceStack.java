package io.mqttkafka.bridge.benchmarks;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Closes what was opened, last first: at the end of a block, after a failure, and when the program is interrupted.
 * Thread-safe.
 */
final class ResourceStack implements AutoCloseable {
    private final Deque<AutoCloseable> resources = new ArrayDeque<>();
    private final Thread closeAtExit = new Thread(this::closeAll, "close-at-exit");
    private boolean closed;

    ResourceStack() {
        Runtime.getRuntime().addShutdownHook(closeAtExit);
    }

    synchronized <T extends AutoCloseable> T add(T resource) {
        resources.push(resource);
        if (closed) {
            closeAll();
            throw new IllegalStateException("The benchmark is shutting down");
        }
        return resource;
    }

    @Override
    public void close() {
        closeAll();
        try {
            Runtime.getRuntime().removeShutdownHook(closeAtExit);
        } catch (IllegalStateException e) {
            // The program is ending, so the hook runs now and finds nothing left to close.
        }
    }

    private synchronized void closeAll() {
        closed = true;
        while (!resources.isEmpty()) {
            AutoCloseable resource = resources.pop();
            try {
                resource.close();
            } catch (Exception e) {
                System.err.println("Could not close " + resource + ": " + e);
            }
        }
    }
}
