package io.mqttkafka.bridge.core.mqtt.socket;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that writes what neither the reader nor the keeper of a connection may: a broker that does not read holds up it
 * alone. It is there only while there is something to write. Thread-safe.
 */
final class Talker {
    private static final Logger log = LoggerFactory.getLogger(Talker.class);
    private static final int MOST_WAITING = 16;

    private final String clientId;
    private final ThreadPoolExecutor thread;

    Talker(String clientId) {
        this.clientId = clientId;
        thread = new ThreadPoolExecutor(1, 1, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(MOST_WAITING), task -> {
            Thread made = new Thread(task, "bridge-" + clientId + "-talker");
            made.setDaemon(true);
            return made;
        });
        thread.allowCoreThreadTimeOut(true);
    }

    /** Lets something be written; false if nothing can be any more. */
    boolean later(Runnable task) {
        try {
            thread.execute(task);
            return true;
        } catch (RejectedExecutionException e) {
            log.debug("'{}' has nothing more to say, or cannot", clientId, e);
            return false;
        }
    }

    /** Writes nothing more; what waits is dropped. */
    void end() {
        thread.shutdownNow();
    }

    void awaitEnd() throws InterruptedException {
        thread.awaitTermination(Long.MAX_VALUE, TimeUnit.NANOSECONDS);
    }
}
