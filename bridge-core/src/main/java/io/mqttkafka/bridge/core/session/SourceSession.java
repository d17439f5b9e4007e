package io.mqttkafka.bridge.core.session;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The MQTT session of a source: which messages are unacknowledged, and which acknowledgements may leave.
 *
 * <p>It keeps four promises. An acknowledgement leaves only for a settled message. Acknowledgements leave in the order of
 * receipt. A message that comes again while its first copy is still known is not produced again: the first copy is
 * acknowledged in its place. A message is taken for such a repetition only on a session that the broker has kept, on
 * another connection than the first copy, marked as duplicate, under the same packet id and with the same content;
 * otherwise it is new, because a duplicate is better than a loss.
 *
 * <p>Threads: {@link #connected}, {@link #published} and {@link #released} belong to the reader of the connection, {@link
 * #acknowledge} to the acknowledger; {@link #settled} and {@link #failed} may be called by any thread. {@link
 * #disconnected} is called when the reader has ended.
 */
public final class SourceSession {
    /** Where acknowledgements go. Called by {@link #acknowledge} only. */
    public interface Acknowledgements {
        /**
         * Acknowledges a message of QoS 1.
         *
         * @param packetId its id
         * @param delivery the message
         */
        void puback(int packetId, Delivery delivery);

        /**
         * Acknowledges a message of QoS 2.
         *
         * @param packetId its id
         * @param delivery the message
         */
        void pubrec(int packetId, Delivery delivery);

        /**
         * Completes a message of QoS 2.
         *
         * @param packetId its id
         * @param known whether the id was in use
         */
        void pubcomp(int packetId, boolean known);
    }

    private static final int RECEIVE_MAXIMUM_EXCEEDED = 0x93;
    private static final int UNKNOWN = 1 << 16;

    /**
     * What bounds a connection. The receive maximum does not: it can have been larger when the messages were first sent, and
     * mosquitto sends them all again.
     */
    private static final int PACKET_IDS = 1 << 16;

    private final Runnable acknowledgeable;
    private final int capacity;
    private final Qos2Ledger qos2 = new Qos2Ledger();

    /** Unacknowledged messages of QoS 1 from earlier connections, by packet id. */
    private final Map<Integer, Delivery> unacknowledged = new HashMap<>();

    private final AtomicLong suppressed = new AtomicLong();

    /** Whether the broker has been asked for a connection and has not answered. */
    private boolean unanswered;

    /** Whether such a request may have begun a session we do not know of. */
    private boolean doubtful;

    private volatile int epoch;
    private volatile @Nullable Connection connection;

    /** What belongs to one connection; its monitor separates acknowledging from the end of the connection. */
    private static final class Connection {
        final AckLedger ledger;

        /** Packet ids released by the broker, waiting for their PUBCOMP. */
        final IntRing releases;

        boolean closed;

        Connection(int capacity) {
            ledger = new AckLedger(capacity);
            releases = new IntRing(capacity);
        }
    }

    /**
     * Makes a session that knows nothing.
     *
     * @param acknowledgeable called by any thread when {@link #acknowledge} has something to do
     */
    public SourceSession(Runnable acknowledgeable) {
        this(acknowledgeable, PACKET_IDS);
    }

    /** For tests, in which a connection is to cost little. */
    SourceSession(Runnable acknowledgeable, int capacity) {
        this.acknowledgeable = acknowledgeable;
        this.capacity = capacity;
    }

    /**
     * Tells that the broker is about to be asked for a connection. If it never answers, it may have begun a new session all
     * the same, and what is known of the last one is void: a duplicate is better than a loss.
     */
    public void connecting() {
        doubtful |= unanswered;
        unanswered = true;
    }

    /**
     * Begins a connection.
     *
     * @param sessionPresent whether the broker has kept the session; if not, everything known of it is void
     */
    public void connected(boolean sessionPresent) {
        boolean kept = sessionPresent && !doubtful;
        doubtful = false;
        unanswered = false;
        if (!kept) {
            qos2.clear();
            unacknowledged.clear();
        }
        int last = epoch;
        epoch = last + 1;
        connection = new Connection(capacity);
    }

    /**
     * Takes a message in.
     *
     * @param packetId its packet id
     * @param qos 1 or 2
     * @param duplicate its DUP flag
     * @param fingerprint a hash of its topic and payload
     * @param routes how many routes it goes to, from 0 to {@link Delivery#MOST_ROUTES}
     * @param nowNanos the time of its receipt
     * @return the message to deliver to its {@linkplain Delivery#isOpen open} routes, or null if a copy received before
     *     stands for it
     * @throws ProtocolViolation if more messages are unacknowledged than there are packet ids
     */
    public @Nullable Delivery published(
            int packetId, int qos, boolean duplicate, long fingerprint, int routes, long nowNanos) {
        Connection current = current();
        if (!duplicate && !unacknowledged.isEmpty()) {
            // A broker delivers again before it delivers anew: what has not come again by now never will.
            unacknowledged.clear();
        }
        Delivery earlier = qos == 2 ? qos2.get(packetId) : unacknowledged.remove(packetId);
        boolean repetition =
                earlier != null && earlier.fingerprint == fingerprint && earlier.epoch != epoch && duplicate;
        if (repetition && earlier != null) {
            // Before the look at failed(): who fails it from now on is told to drop this connection.
            earlier.epoch = epoch;
        }
        if (repetition && earlier != null && !earlier.failed()) {
            suppressed.lazySet(suppressed.get() + 1);
            append(current, earlier);
            if (earlier.settled()) {
                acknowledgeable.run();
            }
            return null;
        }
        long open = Delivery.mask(routes);
        if (repetition && earlier != null) {
            // The routes that were done with the failed copy need not see it again.
            open &= earlier.open();
        }
        Delivery delivery = new Delivery(packetId, qos, fingerprint, nowNanos, open);
        append(current, delivery);
        if (qos == 2) {
            qos2.put(delivery);
        }
        if (open == 0) {
            acknowledgeable.run();
        }
        return delivery;
    }

    /**
     * Says whether the window has room for another message. A broker that keeps to the receive maximum never sends one when it
     * has not; the reader waits for the others.
     *
     * @param receiveMaximum the window
     * @return whether fewer messages are unacknowledged
     */
    public boolean hasRoom(int receiveMaximum) {
        return current().ledger.hasRoom(receiveMaximum);
    }

    private void append(Connection current, Delivery delivery) {
        delivery.epoch = epoch;
        if (!current.ledger.add(delivery)) {
            throw new ProtocolViolation(
                    RECEIVE_MAXIMUM_EXCEEDED,
                    "the MQTT broker sent more unacknowledged messages than there are packet ids");
        }
    }

    /**
     * Takes a PUBREL in.
     *
     * @param packetId the released id
     * @throws ProtocolViolation if more releases wait for their answer than there can be messages
     */
    public void released(int packetId) {
        Connection current = current();
        Delivery delivery = qos2.get(packetId);
        boolean known = delivery != null && delivery.settled();
        if (known) {
            qos2.remove(packetId);
        }
        if (!current.releases.add(known ? packetId : packetId | UNKNOWN)) {
            throw new ProtocolViolation(
                    RECEIVE_MAXIMUM_EXCEEDED,
                    "the MQTT broker released more messages than there are packet ids without waiting");
        }
        acknowledgeable.run();
    }

    /**
     * Tells that a message has been settled by its last route.
     *
     * @param delivery the message
     */
    public void settled(Delivery delivery) {
        Connection current = connection;
        if (current != null && current.ledger.isOldest(delivery)) {
            acknowledgeable.run();
        }
    }

    /**
     * Tells that a message cannot be settled and has to be delivered again.
     *
     * @param delivery the message
     * @return whether it is unacknowledged on the present connection, which must therefore be dropped
     */
    public boolean failed(Delivery delivery) {
        delivery.fail();
        return connection != null && delivery.epoch == epoch;
    }

    /**
     * Hands out the acknowledgements that may leave now, in order.
     *
     * @param out where they go
     * @param most how many at the most
     * @return how many there were
     */
    public int acknowledge(Acknowledgements out, int most) {
        Connection current = connection;
        if (current == null) {
            return 0;
        }
        synchronized (current) {
            if (current.closed) {
                return 0;
            }
            int count = 0;
            int release;
            while (count < most && (release = current.releases.poll()) >= 0) {
                out.pubcomp(release & 0xFFFF, release < UNKNOWN);
                count++;
            }
            Delivery delivery;
            while (count < most && (delivery = current.ledger.takeSettled()) != null) {
                if (delivery.qos == 1) {
                    out.puback(delivery.packetId, delivery);
                } else {
                    out.pubrec(delivery.packetId, delivery);
                }
                count++;
            }
            return count;
        }
    }

    /** Ends the connection. No acknowledgement leaves for it any more; what is unacknowledged will come again. */
    public void disconnected() {
        Connection last = connection;
        if (last == null) {
            return;
        }
        synchronized (last) {
            last.closed = true;
            for (Delivery delivery : last.ledger.remaining()) {
                if (delivery.qos == 1) {
                    unacknowledged.put(delivery.packetId, delivery);
                }
            }
        }
        connection = null;
    }

    /**
     * Counts the messages received on this connection and not acknowledged.
     *
     * @return how many
     */
    public int unacknowledged() {
        Connection current = connection;
        return current == null ? 0 : current.ledger.size();
    }

    /**
     * Tells how long the oldest unacknowledged message has been waiting.
     *
     * @param nowNanos the time
     * @return nanoseconds; 0 if none is waiting
     */
    public long oldestAge(long nowNanos) {
        Connection current = connection;
        if (current == null) {
            return 0;
        }
        synchronized (current) {
            Delivery oldest = current.ledger.oldest();
            return oldest == null ? 0 : Math.max(0, nowNanos - oldest.receivedNanos);
        }
    }

    /**
     * Says whether the oldest unacknowledged message is settled, so that its acknowledgement ought to have left.
     *
     * @return whether it is
     */
    public boolean owesAcknowledgement() {
        Connection current = connection;
        if (current == null) {
            return false;
        }
        synchronized (current) {
            Delivery oldest = current.ledger.oldest();
            return oldest != null && oldest.settled();
        }
    }

    /**
     * Counts the repetitions for which an earlier copy stood.
     *
     * @return how many
     */
    public long suppressed() {
        return suppressed.get();
    }

    private Connection current() {
        Connection current = connection;
        if (current == null) {
            throw new IllegalStateException("not connected");
        }
        return current;
    }
}
