package io.mqttkafka.bridge.core.source;

import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.config.Qos0Overflow;
import io.mqttkafka.bridge.core.session.InFlightWindow;
import io.mqttkafka.bridge.core.session.SourceSession;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes the reader wait while the window is full, but not so long that the keep-alive suffers.
 *
 * <p>{@link #wake} may be called by any thread, everything else belongs to the reader.
 */
final class ReceiveRoom {
    private final MqttOptions options;
    private final SourceSession session;
    private final InFlightWindow window;
    private final BooleanSupplier takingMessages;
    private volatile @Nullable Thread waiting;

    /** Whether QoS 0 has waited in vain, and what had been released then. */
    private boolean gaveUp;

    private long releasedThen;

    ReceiveRoom(MqttOptions options, SourceSession session, InFlightWindow window, BooleanSupplier takingMessages) {
        this.options = options;
        this.session = session;
        this.window = window;
        this.takingMessages = takingMessages;
    }

    /** Waits this long at the most for room for a message of QoS 1 or 2; false if there is none, or nothing is taken any more. */
    boolean await(long bytes, long nanos) {
        if (has(bytes)) {
            return true;
        }
        long deadline = System.nanoTime() + nanos;
        waiting = Thread.currentThread();
        try {
            while (takingMessages.getAsBoolean()) {
                if (has(bytes)) {
                    return true;
                }
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                LockSupport.parkNanos(this, Math.min(left, TimeUnit.MILLISECONDS.toNanos(50)));
            }
            return false;
        } finally {
            waiting = null;
        }
    }

    /** The count comes first: mosquitto 2.0 does not keep to the receive maximum when a session resumes with a backlog. */
    private boolean has(long bytes) {
        return session.hasRoom(options.receiveMaximum()) && window.tryAcquire(bytes, 1);
    }

    /**
     * Waits this long at the most for room for a message of QoS 0, which may fill half of the window, if so asked. Once that
     * was in vain it waits no more until Kafka has made room again, or the connection would rest for many times as long.
     */
    boolean awaitQos0(long bytes, long nanos) {
        if (window.tryAcquire(bytes, 2)) {
            // A small message may still fit while Kafka hangs.
            gaveUp = gaveUp && window.released() == releasedThen;
            return true;
        }
        if (gaveUp || options.qos0Overflow() == Qos0Overflow.SHED) {
            return false;
        }
        long deadline = System.nanoTime() + nanos;
        while (takingMessages.getAsBoolean()) {
            LockSupport.parkNanos(this, TimeUnit.MILLISECONDS.toNanos(1));
            if (window.tryAcquire(bytes, 2)) {
                return true;
            }
            if (System.nanoTime() >= deadline) {
                gaveUp = true;
                releasedThen = window.released();
                return false;
            }
        }
        return false;
    }

    /** Tells the reader that there may be room. */
    void wake() {
        Thread reader = waiting;
        if (reader != null) {
            LockSupport.unpark(reader);
        }
    }
}
