package io.mqttkafka.bridge.core.source;

import io.mqttkafka.bridge.core.failpoint.Failpoint;
import io.mqttkafka.bridge.core.failpoint.Failpoints;
import io.mqttkafka.bridge.core.mqtt.PacketOutput;
import io.mqttkafka.bridge.core.mqtt.wire.PacketBatch;
import io.mqttkafka.bridge.core.route.RouteMeter;
import io.mqttkafka.bridge.core.session.Delivery;
import io.mqttkafka.bridge.core.session.SourceSession;
import io.mqttkafka.bridge.core.time.BridgeClock;
import java.io.IOException;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that writes acknowledgements, many in one write. So a broker that does not read holds up neither the reader nor
 * Kafka's client.
 */
final class Acknowledger implements Runnable, SourceSession.Acknowledgements {
    private static final Logger log = LoggerFactory.getLogger(Acknowledger.class);
    private static final int MOST_AT_ONCE = 1024;
    private static final int LONGEST = 5;
    private static final long GATHER_NANOS = TimeUnit.MICROSECONDS.toNanos(500);
    private static final long PAUSE_AFTER_ERROR_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final SourceSession session;
    private final Runnable progress;
    private final Failpoints failpoints;
    private final BridgeClock clock;
    private final Consumer<Throwable> broken;
    private final Thread thread;

    /** Whether there may be something to do that has not been looked at. */
    private volatile boolean signalled;

    /** Whether acknowledgements may have left the session that are not written yet. */
    private volatile boolean busy;

    private volatile boolean stopped;
    private volatile @Nullable PacketOutput output;

    /** The connection that the acknowledgements in the batch belong to; taken while it cannot be replaced. */
    private @Nullable PacketOutput target;

    /** Made for that connection; null before the first. */
    private @Nullable PacketBatch batch;

    /** How many acknowledgements have been written: a sign of progress. */
    private final AtomicLong written = new AtomicLong();

    /** What the acknowledgements in the batch are for. */
    private final @Nullable Delivery[] gathered = new Delivery[MOST_AT_ONCE];

    private int gatheredCount;

    /**
     * Makes an acknowledger.
     *
     * @param progress is run when acknowledgements have left
     * @param broken is told that some may not have left, so that the connection has to be dropped
     */
    Acknowledger(
            String name,
            SourceSession session,
            Runnable progress,
            Failpoints failpoints,
            BridgeClock clock,
            Consumer<Throwable> broken) {
        this.broken = broken;
        this.failpoints = failpoints;
        this.clock = clock;
        this.session = session;
        this.progress = progress;
        thread = new Thread(this, name);
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /** Says where acknowledgements go from now on. */
    void output(PacketOutput output) {
        this.output = output;
    }

    /** Makes it look. Cheap if it is going to look anyway. */
    void wake() {
        if (!signalled) {
            signalled = true;
            LockSupport.unpark(thread);
        }
    }

    /** Says whether acknowledgements that the session no longer owes may not be written yet. */
    boolean isBusy() {
        return busy;
    }

    long written() {
        return written.get();
    }

    void stop() throws InterruptedException {
        stopped = true;
        LockSupport.unpark(thread);
        thread.join();
    }

    @Override
    public void run() {
        while (!stopped) {
            try {
                acknowledge();
            } catch (RuntimeException | Error e) {
                // Without this thread nothing would ever be acknowledged again. What it held comes again.
                clear();
                busy = false;
                broken.accept(e);
                LockSupport.parkNanos(this, PAUSE_AFTER_ERROR_NANOS);
            }
        }
    }

    private void acknowledge() {
        signalled = false;
        busy = true;
        int count = session.acknowledge(this, MOST_AT_ONCE);
        if (count > 0) {
            write(count);
        }
        busy = false;
        if (count > 0) {
            if (count < MOST_AT_ONCE && !stopped) {
                // Confirmations come in bursts: a moment later many leave in one write. It is going to look anyway.
                signalled = true;
                LockSupport.parkNanos(this, GATHER_NANOS);
            }
        } else if (!signalled && !stopped) {
            LockSupport.park(this);
        }
    }

    private void write(int count) {
        PacketOutput out = target;
        PacketBatch packets = batch;
        try {
            if (out != null && packets != null) {
                failpoints.pass(Failpoint.BEFORE_ACKNOWLEDGEMENT);
                out.write(packets);
                failpoints.pass(Failpoint.ACKNOWLEDGED);
                measure();
            }
        } catch (IOException e) {
            // The reader finds the connection broken too; what was not acknowledged comes again.
            log.debug("Acknowledgements could not be written", e);
        } finally {
            clear();
        }
        written.lazySet(written.getPlain() + count);
        progress.run();
    }

    @Override
    public void puback(int packetId, Delivery delivery) {
        batch().puback(packetId);
        count(delivery);
    }

    @Override
    public void pubrec(int packetId, Delivery delivery) {
        batch().pubrec(packetId);
        count(delivery);
    }

    @Override
    public void pubcomp(int packetId, boolean known) {
        batch().pubcomp(packetId, known);
    }

    private PacketBatch batch() {
        PacketOutput now = Objects.requireNonNull(output, "nothing is acknowledged before the first connection");
        PacketBatch current = batch;
        if (current == null || now != target) {
            target = now;
            current = now.batch(MOST_AT_ONCE * LONGEST);
            batch = current;
        }
        return current;
    }

    private void measure() {
        long now = clock.nanos();
        for (int i = 0; i < gatheredCount; i++) {
            Delivery delivery = gathered[i];
            if (delivery != null && delivery.tag() instanceof RouteMeter[] meters && delivery.timeOnce()) {
                for (RouteMeter meter : meters) {
                    meter.took(delivery.taggedNanos(), now);
                }
            }
        }
    }

    private void clear() {
        Arrays.fill(gathered, 0, gatheredCount, null);
        gatheredCount = 0;
        PacketBatch current = batch;
        if (current != null) {
            current.clear();
        }
    }

    private void count(Delivery delivery) {
        if (delivery.tag() instanceof RouteMeter[] meters) {
            for (RouteMeter meter : meters) {
                meter.acknowledged(1);
            }
            gathered[gatheredCount++] = delivery;
        }
    }
}
