package io.mqttkafka.bridge.core.session;

import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * One PUBLISH of QoS 1 or 2, from its receipt until its acknowledgement may leave.
 *
 * <p>It goes to one or more routes, numbered from 0; when the last of them is done it is settled. {@link #settle} and
 * {@link #fail} may be called by any thread, everything else belongs to {@link SourceSession}.
 */
public final class Delivery {
    /** The most routes that can take one message. */
    public static final int MOST_ROUTES = 64;

    private static final AtomicLongFieldUpdater<Delivery> OPEN =
            AtomicLongFieldUpdater.newUpdater(Delivery.class, "open");

    private static final AtomicReferenceFieldUpdater<Delivery, @Nullable Object> TAG =
            AtomicReferenceFieldUpdater.newUpdater(Delivery.class, Object.class, "tag");

    /** The epoch of what was received by another process. */
    private static final int NO_CONNECTION = -1;

    final int packetId;
    final int qos;
    final long fingerprint;
    long receivedNanos;

    /** Whether its packet id goes to Kafka with its records, in one transaction. */
    final boolean durable;

    /** Whether Kafka may know its packet id, by itself or by one that had it before. Guarded by the ledger. */
    boolean inKafka;

    /** The connection on which the broker released it last; null while it has not. Guarded by the ledger. */
    SourceSession.@Nullable Connection releasedOn;

    /** How often it was released on that connection. Guarded by the ledger. */
    int releases;

    /** The connection it was last received on. */
    volatile int epoch;

    /** Its place among the messages received on that connection. */
    volatile long position;

    /** One bit for each route that is not done. */
    private volatile long open;

    private volatile boolean failed;

    /** What its owner wants to find again when it is acknowledged. */
    private volatile @Nullable Object tag;

    private long taggedNanos;

    /** Whether somebody has looked how long it took. */
    private boolean timed;

    Delivery(int packetId, int qos, boolean durable, long fingerprint, long receivedNanos, long open) {
        this.packetId = packetId;
        this.qos = qos;
        this.durable = durable;
        this.fingerprint = fingerprint;
        this.receivedNanos = receivedNanos;
        this.open = open;
    }

    /** Makes a delivery that Kafka has already, as it is known from its state. */
    static Delivery committed(int packetId, long fingerprint) {
        Delivery delivery = new Delivery(packetId, 2, true, fingerprint, 0, 0);
        delivery.epoch = NO_CONNECTION;
        return delivery;
    }

    /** Returns the mask with the lowest {@code routes} bits set. */
    static long mask(int routes) {
        if (routes < 0 || routes > MOST_ROUTES) {
            throw new IllegalArgumentException("routes: " + routes + " must be from 0 to " + MOST_ROUTES);
        }
        return routes == MOST_ROUTES ? -1L : (1L << routes) - 1;
    }

    /**
     * Says whether a route still has to deal with this message. False for a route that was done with an earlier copy.
     *
     * @param route the number of the route
     * @return whether it is not done
     */
    public boolean isOpen(int route) {
        return (open & (1L << route)) != 0;
    }

    /**
     * Marks a route as done: Kafka has the record, or a policy disposed of it.
     *
     * @param route the number of the route
     * @return true if it was the last one
     */
    public boolean settle(int route) {
        long bit = 1L << route;
        if (open == bit && OPEN.compareAndSet(this, bit, 0)) {
            return true;
        }
        long before = OPEN.getAndUpdate(this, mask -> mask & ~bit);
        return (before & bit) != 0 && (before & ~bit) == 0;
    }

    /** Marks all routes as done: the transaction that holds it is committed. */
    void settleAll() {
        open = 0;
    }

    /** Says whether its packet id goes to Kafka with its records, in one transaction. */
    public boolean durable() {
        return durable;
    }

    /** Marks it as failed: it must not be acknowledged, and counts as new when it comes again. */
    public void fail() {
        failed = true;
    }

    /** Says whether it has failed: whatever is prepared for it must not be sent. */
    public boolean failed() {
        return failed;
    }

    /** The routes that are not done. */
    long open() {
        return open;
    }

    boolean settled() {
        return open == 0 && !failed;
    }

    /**
     * Attaches what its owner wants to find again when it is acknowledged. To be called before its last route is done.
     *
     * @param tag anything
     * @param nowNanos when it came, by the clock of the owner
     */
    public void tag(Object tag, long nowNanos) {
        taggedNanos = nowNanos;
        // Nothing to wait for: whoever sees the tag sees the time.
        TAG.lazySet(this, tag);
    }

    /** Returns when it came, by the clock of its owner; of no meaning without a tag. */
    public long taggedNanos() {
        return taggedNanos;
    }

    /** Returns what was attached, or null. */
    public @Nullable Object tag() {
        return tag;
    }

    /** Says whether it is acknowledged for the first time; for the thread that acknowledges. */
    public boolean timeOnce() {
        boolean first = !timed;
        timed = true;
        return first;
    }

    /** Returns the MQTT QoS, 1 or 2. */
    public int qos() {
        return qos;
    }

    /** Returns when it was received, on the clock of the reader. */
    public long receivedNanos() {
        return receivedNanos;
    }
}
