package io.mqttkafka.bridge.core.mqtt.paho;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Helps Paho's thread that opens a connection to its end. That thread starts three others, sleeps for a tenth of a second
 * before it looks whether each of them runs, and asks for CONNECT to be written at last. Here it is woken. If one of the others has
 * ended by then, because the broker closed the connection at once, it sleeps for ever: here nothing is read before CONNECT is
 * written.
 */
final class Opening {
    private static final long WAKE_NANOS = TimeUnit.MICROSECONDS.toNanos(200);
    private static final long GIVE_UP_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final CountDownLatch readable = new CountDownLatch(1);
    private volatile @Nullable Thread thread;

    /** The calling thread opens the connection. */
    void begin() {
        thread = Thread.currentThread();
    }

    /** The calling thread is about to start the others. Returns the stream for them to read. */
    InputStream starting(InputStream in) {
        Thread opener = Thread.currentThread();
        Thread alarm = new Thread(() -> wake(opener), "bridge-mqtt-opening");
        alarm.setDaemon(true);
        alarm.start();
        return new FilterInputStream(in) {
            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                awaitReadable();
                return in.read(target, offset, length);
            }

            @Override
            public int read() throws IOException {
                awaitReadable();
                return in.read();
            }
        };
    }

    /** CONNECT is written, or will never be. */
    void done() {
        readable.countDown();
    }

    /**
     * Waits for the thread to end, if there is one.
     *
     * @param patience how long to wait
     * @throws InterruptedException if the calling thread was interrupted
     */
    void awaitEnd(Duration patience) throws InterruptedException {
        Thread opener = thread;
        if (opener != null && opener != Thread.currentThread()) {
            opener.join(patience.toMillis());
        }
    }

    private static void wake(Thread opener) {
        long began = System.nanoTime();
        while (opener.isAlive() && System.nanoTime() - began < GIVE_UP_NANOS) {
            LockSupport.parkNanos(WAKE_NANOS);
            // It swallows the interrupt, and where it may wait with a limit otherwise, on the way out, it is done no
            // harm.
            if (opener.getState() == Thread.State.TIMED_WAITING) {
                opener.interrupt();
            }
        }
    }

    private void awaitReadable() throws IOException {
        if (readable.getCount() == 0) {
            // A route's code may have left the thread interrupted, at which the stream of a WebSocket would end.
            Thread.interrupted();
            return;
        }
        try {
            readable.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted before CONNECT was written");
        }
    }
}
