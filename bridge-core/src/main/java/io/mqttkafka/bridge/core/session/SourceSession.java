package io.mqttkafka.bridge.core.session;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
 * <p>A <em>durable</em> message of QoS 2 is settled by a transaction that holds its records and its packet id, and only when
 * a later transaction has removed the id is its release answered: so neither a crash nor a lost packet repeats or swallows
 * it. What transactions have to write is a {@link Qos2Change}; what they have written is a {@link Qos2State}.
 *
 * <p>Threads: {@link #connected}, {@link #published} and {@link #released} belong to the reader of the connection, {@link
 * #acknowledge} to the acknowledger, {@link #change} and {@link #committed} to the committer; {@link #settled} and {@link
 * #failed} may be called by any thread. {@link #disconnected}, {@link #giveUpPlain} and
 * {@link #restore} are called when the reader has ended.
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

    /** How many new messages may come before those that must come again. */
    private static final int PATIENCE_FOR_AGAIN = 1_000;

    private final Runnable acknowledgeable;
    private final int capacity;
    private final Runnable changeable;
    private final Qos2Ledger qos2 = new Qos2Ledger();

    /** Unacknowledged messages of QoS 1 from earlier connections, by packet id. */
    private final Map<Integer, Delivery> unacknowledged = new HashMap<>();

    /**
     * Messages of earlier connections that are not settled, also those whose id another one has taken. All of them hold a part of
     * the window.
     */
    private final Set<Delivery> unsettled = new HashSet<>();

    private final AtomicLong suppressed = new AtomicLong();

    private final AtomicLong idsUsedTwice = new AtomicLong();

    /**
     * The contents of messages of QoS 2 that the last connection left unacknowledged, until they come again; and how many other
     * messages may come before they do.
     */
    private final Set<Long> awaitedAgain = new HashSet<>();

    private int patienceForAgain;
    private final AtomicLong renumbered = new AtomicLong();

    /** Whether the broker has been asked for a connection and has not answered. */
    private boolean unanswered;

    /** Whether such a request may have begun a session we do not know of. */
    private boolean doubtful;

    /** Whether nothing has shown yet that the session is the one whose ids are remembered. */
    private volatile boolean unproven;

    /** Whether the broker has begun a session that Kafka does not know of. */
    private volatile boolean generationDue;

    private volatile int epoch;
    private volatile @Nullable Connection connection;

    /** What belongs to one connection; its monitor separates acknowledging from the end of the connection. */
    static final class Connection {
        /** Acknowledgements are in order within each QoS, so that QoS 1 does not wait for transactions. */
        final AckLedger qos1;

        final AckLedger qos2;

        /** Packet ids released by the broker whose PUBCOMP may leave. Filled by the reader. */
        final IntRing releases;

        /** Packet ids whose removal is committed, so that their PUBCOMP may leave. Filled by the committer. */
        final IntRing completions;

        boolean closed;

        Connection(int capacity) {
            qos1 = new AckLedger(capacity);
            qos2 = new AckLedger(capacity);
            releases = new IntRing(capacity);
            completions = new IntRing(capacity);
        }

        AckLedger ledger(int qos) {
            return qos == 1 ? qos1 : qos2;
        }

        int size() {
            return qos1.size() + qos2.size();
        }
    }

    /**
     * Makes a session that knows nothing.
     *
     * @param acknowledgeable called by any thread when {@link #acknowledge} has something to do
     * @param changeable called by any thread when {@link #change} has something to write besides deliveries
     */
    public SourceSession(Runnable acknowledgeable, Runnable changeable) {
        this(acknowledgeable, changeable, PACKET_IDS);
    }

    /** For tests, in which a connection is to cost little. */
    SourceSession(Runnable acknowledgeable, Runnable changeable, int capacity) {
        this.acknowledgeable = acknowledgeable;
        this.changeable = changeable;
        this.capacity = capacity;
    }

    /**
     * Replaces what is known of durable messages by what Kafka knows of them: at the start, and when nobody knows whether a
     * transaction was committed.
     *
     * @param state the committed state
     */
    public void restore(Qos2State state) {
        // The ids of a session that the broker has lost are void, whether or not Kafka has been told.
        qos2.restore(generationDue ? new Qos2State() : state);
        unproven = qos2.size() > 0;
    }

    /**
     * Tells that the broker is about to be asked for a connection. If it never answers, it may have begun a new session all
     * the same.
     */
    public void connecting() {
        doubtful |= unanswered;
        unanswered = true;
    }

    /**
     * Begins a connection.
     *
     * @param sessionPresent whether the broker has kept the session; if not, everything known of it is void, and no
     *     subscription may be made before {@link #generationDue} is false
     */
    public void connected(boolean sessionPresent) {
        if (!sessionPresent || doubtful) {
            unacknowledged.clear();
        }
        unproven = sessionPresent && (unproven || doubtful);
        doubtful = false;
        unanswered = false;
        patienceForAgain = PATIENCE_FOR_AGAIN + awaitedAgain.size();
        if (!sessionPresent) {
            awaitedAgain.clear();
            qos2.clear();
            // These do not come again.
            unsettled.clear();
            generationDue = true;
        }
        int last = epoch;
        epoch = last + 1;
        connection = new Connection(capacity);
    }

    /**
     * Says whether it is not known yet if the session is the one whose ids are remembered. A request that got no answer, of this
     * process or of one that died, may have begun another. But that has no subscription and so nothing to send: the first message
     * or release that comes again proves that it is the one known.
     *
     * @return whether there are ids, and nothing has come again
     */
    public boolean inDoubt() {
        return unproven && qos2.size() > 0;
    }

    /**
     * Ends the doubt, for what is subscribed from now on could use the ids: those that have not come again lose their meaning.
     * To be called before subscribing, which may begin when neither {@link #generationDue} nor {@link #forgettingDue}.
     */
    public void subscribing() {
        if (unproven) {
            unproven = false;
            qos2.forgetBefore(epoch);
            changeable.run();
        }
    }

    /**
     * Says whether there are ids that have lost their meaning, and no transaction has told Kafka yet.
     *
     * @return whether the next {@link #change} removes such ids
     */
    public boolean forgettingDue() {
        return qos2.owesForgetting();
    }

    /**
     * Says whether the broker has begun a session, and no transaction has told Kafka yet.
     *
     * @return whether the next {@link #change} begins a generation
     */
    public boolean generationDue() {
        return generationDue;
    }

    /**
     * Takes a message in.
     *
     * @param packetId its packet id
     * @param qos 1 or 2
     * @param duplicate its DUP flag
     * @param fingerprint a hash of its topic and payload
     * @param routes how many routes it goes to, from 0 to {@link Delivery#MOST_ROUTES}
     * @param durable whether its packet id goes to Kafka with its records; for QoS 2 only
     * @param nowNanos the time of its receipt
     * @return the message to deliver to its {@linkplain Delivery#isOpen open} routes, or null if a copy received before
     *     stands for it
     * @throws ProtocolViolation if more messages are unacknowledged than there are packet ids
     */
    public @Nullable Delivery published(
            int packetId, int qos, boolean duplicate, long fingerprint, int routes, boolean durable, long nowNanos) {
        Connection current = current();
        if (duplicate) {
            unproven = false;
        }
        if (qos == 2 && !awaitedAgain.isEmpty()) {
            lookForRenumbered(duplicate, fingerprint);
        }
        if (!duplicate && !unacknowledged.isEmpty()) {
            // A broker delivers again before it delivers anew: what has not come again by now never will.
            unacknowledged.clear();
        }
        Delivery earlier = qos == 2 ? qos2.get(packetId) : unacknowledged.remove(packetId);
        boolean usedTwice = earlier != null && (earlier.epoch == epoch || (!duplicate && !unproven));
        boolean repetition =
                earlier != null && earlier.fingerprint == fingerprint && earlier.epoch != epoch && duplicate;
        if (repetition && earlier != null) {
            // Before the look at failed(): who fails it from now on is told to drop this connection.
            earlier.epoch = epoch;
        }
        if (repetition && earlier != null && !earlier.failed()) {
            suppressed.lazySet(suppressed.get() + 1);
            boolean settled = earlier.settled();
            if (settled) {
                // It is the acknowledgement that waits from now on, not the message.
                earlier.receivedNanos = nowNanos;
            }
            append(current, earlier);
            if (settled || earlier.settled()) {
                acknowledgeable.run();
            }
            return null;
        }
        long open = Delivery.mask(routes);
        if (repetition && earlier != null && !durable) {
            // The routes that were done with the failed copy need not see it again.
            open &= earlier.open();
        }
        Delivery delivery = new Delivery(packetId, qos, durable, fingerprint, nowNanos, open);
        append(current, delivery);
        if (qos == 2) {
            if (usedTwice) {
                idsUsedTwice.lazySet(idsUsedTwice.get() + 1);
            }
            qos2.put(delivery);
        }
        if (delivery.settled()) {
            acknowledgeable.run();
        }
        return delivery;
    }

    /** A message that was not acknowledged has to come again under its id and with DUP; as a new one nobody can tell it from one. */
    private void lookForRenumbered(boolean duplicate, long fingerprint) {
        if (awaitedAgain.remove(fingerprint)) {
            renumbered.lazySet(renumbered.get() + (duplicate ? 0 : 1));
        } else if (!duplicate && --patienceForAgain <= 0) {
            awaitedAgain.clear();
        }
    }

    /**
     * Says whether the window has room for another message. A broker that keeps to the receive maximum never sends one when it
     * has not; the reader waits for the others.
     *
     * @param receiveMaximum the window
     * @return whether fewer messages are unacknowledged
     */
    public boolean hasRoom(int receiveMaximum) {
        Connection current = current();
        return current.qos1.hasRoom(receiveMaximum - current.qos2.size());
    }

    private void append(Connection current, Delivery delivery) {
        delivery.epoch = epoch;
        if (!current.ledger(delivery.qos).add(delivery)) {
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
        unproven = false;
        Delivery delivery = qos2.released(packetId);
        boolean known = delivery != null && delivery.settled();
        if (known && delivery != null && qos2.isInKafka(delivery)) {
            qos2.release(delivery, current);
            changeable.run();
            return;
        }
        if (known) {
            qos2.remove(packetId);
        }
        if (!current.releases.add(known ? packetId : packetId | UNKNOWN)) {
            throw tooManyReleases();
        }
        acknowledgeable.run();
    }

    private static ProtocolViolation tooManyReleases() {
        return new ProtocolViolation(
                RECEIVE_MAXIMUM_EXCEEDED,
                "the MQTT broker released more messages than there are packet ids without waiting");
    }

    /**
     * Says whether the next transaction has something to write besides deliveries.
     *
     * @return whether there are ids to remove, or a generation to begin
     */
    public boolean owesChange() {
        return generationDue || qos2.owesRemovals();
    }

    /**
     * Lists what the next transaction has to write into the state. Changes nothing here: if the transaction is aborted, ask
     * again.
     *
     * @param deliveries the durable messages whose records the transaction holds
     * @return the change
     */
    public Qos2Change change(List<Delivery> deliveries) {
        return qos2.change(generationDue, deliveries);
    }

    /**
     * Tells that a transaction is committed: its messages may be acknowledged and its removed ids completed.
     *
     * @param change what it wrote into the state
     * @param deliveries the durable messages whose records it held
     */
    public void committed(Qos2Change change, List<Delivery> deliveries) {
        if (change.newGeneration()) {
            generationDue = false;
        }
        Connection current = connection;
        qos2.committed(change, current, id -> {
            if (current != null) {
                // There is room unless the broker releases without end; then it waits in vain for the surplus.
                current.completions.add(id);
            }
        });
        deliveries.forEach(Delivery::settleAll);
        acknowledgeable.run();
    }

    /**
     * Tells that a message has been settled by its last route.
     *
     * @param delivery the message
     */
    public void settled(Delivery delivery) {
        Connection current = connection;
        if (current != null && current.ledger(delivery.qos).isOldest(delivery)) {
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
     * Gives up every message that goes without a transaction and is not settled: it comes again, and counts as new then. To be
     * called when nothing is received and nothing that was received can be sent any more, because one of them has failed: what
     * is sent later must not pass it.
     */
    public void giveUpPlain() {
        for (Delivery delivery : unsettled) {
            if (delivery.open() != 0) {
                delivery.fail();
            }
        }
        unsettled.clear();
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
            while (count < most && (release = current.completions.poll()) >= 0) {
                out.pubcomp(release, true);
                count++;
            }
            Delivery delivery;
            while (count < most && (delivery = current.qos1.takeSettled()) != null) {
                out.puback(delivery.packetId, delivery);
                count++;
            }
            while (count < most && (delivery = current.qos2.takeSettled()) != null) {
                out.pubrec(delivery.packetId, delivery);
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
            List<Delivery> remaining = last.qos1.remaining();
            for (Delivery delivery : remaining) {
                unacknowledged.put(delivery.packetId, delivery);
            }
            List<Delivery> exactly = last.qos2.remaining();
            if (awaitedAgain.size() < PACKET_IDS) {
                exactly.forEach(delivery -> awaitedAgain.add(delivery.fingerprint));
            }
            remaining.addAll(exactly);
            unsettled.addAll(remaining);
            unsettled.removeIf(delivery -> delivery.durable || delivery.open() == 0);
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
        return current == null ? 0 : current.size();
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
            return Math.max(age(current.qos1.oldest(), nowNanos), age(current.qos2.oldest(), nowNanos));
        }
    }

    private static long age(@Nullable Delivery oldest, long nowNanos) {
        return oldest == null ? 0 : Math.max(0, nowNanos - oldest.receivedNanos);
    }

    /**
     * Says whether the oldest unacknowledged message of a QoS is settled, so that its acknowledgement ought to have left.
     *
     * @return whether it is
     */
    public boolean owesAcknowledgement() {
        Connection current = connection;
        if (current == null) {
            return false;
        }
        synchronized (current) {
            return owed(current.qos1.oldest()) || owed(current.qos2.oldest());
        }
    }

    private static boolean owed(@Nullable Delivery oldest) {
        return oldest != null && oldest.settled();
    }

    /**
     * Counts the repetitions for which an earlier copy stood.
     *
     * @return how many
     */
    public long suppressed() {
        return suppressed.get();
    }

    /**
     * Counts the messages that came under a packet id of QoS 2 which the broker had not released: a second time on one
     * connection, or without DUP on another one. MQTT forbids both, and such messages can be repeated.
     *
     * @return how many
     */
    public long idsUsedTwice() {
        return idsUsedTwice.get();
    }

    /**
     * Counts the messages of QoS 2 that were delivered again as if they were new, without DUP. MQTT forbids it, and nobody can tell
     * such a message from a new one of the same content.
     *
     * @return how many
     */
    public long renumbered() {
        return renumbered.get();
    }

    private Connection current() {
        Connection current = connection;
        if (current == null) {
            throw new IllegalStateException("not connected");
        }
        return current;
    }
}
