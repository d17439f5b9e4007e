package io.mqttkafka.bridge.core.session;

import io.mqttkafka.bridge.core.session.OutboxChange.Put;
import io.mqttkafka.bridge.core.session.OutboxState.Phase;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The MQTT session of routes that publish exactly once: what each packet id stands for is in Kafka before the MQTT broker
 * can see it, so that a process that dies leaves nothing that the next one could mistake.
 *
 * <p>Four rules. <b>Assigned first:</b> PUBLISH leaves when Kafka knows which record its packet id stands for. <b>Received
 * first:</b> PUBREL leaves when Kafka knows that the broker has received the record. <b>Done last:</b> the offset of a record
 * may be committed after its PUBCOMP; the id is free then, and a mark remembers the record until the offset is past it. <b>No
 * more than there are places:</b> no more ids are assigned in Kafka than the broker takes messages at a time; the next ones are
 * assigned by the transactions that say what was received. All news and the removal of ids ride in the same transactions, many
 * in each.
 *
 * <p>The last rule is for brokers that count what they hold over the end of a connection. Nobody knows which of the assigned
 * messages the broker has, so a place is kept for each, and nothing else leaves beyond them: all of them fit, whatever the order
 * in which their records come again.
 *
 * <table>
 * <caption>What a crash leaves, and what the next process makes of it</caption>
 * <tr><th>#</th><th>Crash</th><th>Kafka knows</th><th>The broker has</th><th>Next process</th></tr>
 * <tr><td>1</td><td>before the assignment is committed</td><td>nothing</td><td>nothing</td>
 *   <td>the record comes again and gets any free id</td></tr>
 * <tr><td>2</td><td>after that, before PUBLISH</td><td>assigned</td><td>nothing</td>
 *   <td>PUBLISH with DUP under the same id; new to the broker</td></tr>
 * <tr><td>3</td><td>after PUBLISH, before PUBREC is read</td><td>assigned</td><td>the message</td>
 *   <td>PUBLISH with DUP under the same id; the broker answers PUBREC and keeps what it has</td></tr>
 * <tr><td>4</td><td>after PUBREC, before that is committed</td><td>assigned</td><td>the message</td><td>as 3</td></tr>
 * <tr><td>5</td><td>after that, before PUBREL</td><td>released</td><td>the message</td>
 *   <td>PUBREL; the record comes again and waits for PUBCOMP</td></tr>
 * <tr><td>6</td><td>after PUBREL, before PUBCOMP is read</td><td>released</td><td>perhaps nothing</td>
 *   <td>PUBREL; PUBCOMP says that the id is done or not known, which is the same</td></tr>
 * <tr><td>7</td><td>after PUBCOMP, before offset or mark are committed</td><td>released</td><td>nothing</td>
 *   <td>as 6</td></tr>
 * <tr><td>8</td><td>after the mark, before the offset</td><td>done</td><td>nothing</td>
 *   <td>the record comes again and is settled</td></tr>
 * <tr><td>9</td><td>after a refusal (PUBREC of 0x80 or above)</td><td>assigned</td><td>nothing</td><td>as 2</td></tr>
 * <tr><td>10</td><td>after a message that was thrown away (0x10) and is to be tried again</td><td>void</td>
 *   <td>perhaps the id</td><td>PUBREL frees the id; the record comes again and gets another one</td></tr>
 * <tr><td>11</td><td>2 to 4, and the record does not come again: filtered now, expired, compacted, read by another member, or
 *   its topic was made anew</td>
 *   <td>assigned</td><td>perhaps the message</td><td>void is committed, then PUBREL frees the id</td></tr>
 * <tr><td>12</td><td>1 to 10, and the broker has lost the session</td><td>any</td><td>nothing</td>
 *   <td>their ids are removed in the first transaction, and whatever was assigned or released is published anew, without DUP, under
 *   an id that is assigned by it or later; marks hold</td></tr>
 * <tr><td>13</td><td>with a transaction under way</td><td>all of it or nothing</td><td>as before it</td>
 *   <td>the identity is taken over, which ends the transaction, before the state is read</td></tr>
 * <tr><td>14</td><td>the broker loses the session, and the answer to CONNECT that said so is lost, or the process with it</td>
 *   <td>any</td><td>nothing</td><td>nobody can tell the new session from the old: what was released counts as done, and is
 *   lost if the broker hands messages on when they are released and had not yet done so</td></tr>
 * <tr><td>15</td><td>while a message waits that the broker had no room for (PUBREC of 0x97)</td><td>assigned</td>
 *   <td>nothing</td><td>as 2</td></tr>
 * <tr><td>16</td><td>1 to 10, and the broker takes fewer messages at a time than before</td><td>any</td><td>any</td>
 *   <td>assigned ones leave as far as the new connection allows, whether or not the broker has them; one that it has no room
 *   for waits until others are done</td></tr>
 * </table>
 *
 * <p>The ids are those from {@value #FIRST_ID} on; {@link PublishSession} has the others, so that what other routes of the
 * same connection leave in the broker's session is never in the way. Thread-safe. Packets are handed out with the outbox
 * locked; outcomes are told without the lock.
 */
public final class Outbox implements ExpectedRecords, PublishTraffic {
    /** The lowest packet id it uses. */
    public static final int FIRST_ID = 32_768;

    /** The most messages on their way. */
    public static final int MOST_MESSAGES = 16_384;

    private static final int ALL_IDS = 65_536 - FIRST_ID;
    private static final int PROTOCOL_ERROR = 0x82;
    private static final int ID_IN_USE = 0x91;
    private static final int FIRST_FAILURE = 0x80;

    private final Runnable roomAgain;
    private final Runnable changeable;
    private final OutboxIds ids;
    private final OutboxRecords records = new OutboxRecords();
    private final OutboxNews news;
    private final PublishQueue<OutboxEntry> queue = new PublishQueue<>();
    private final OutboxPlaces places;
    private final OutboxGrants grants;
    private final OutboxRoom room;
    private final OutboxWire wire;

    private boolean opened;
    private long releases;
    private long finished;
    private long answers;
    private long givenUp;

    /**
     * Makes an outbox that knows of nothing; {@link #restore} comes next.
     *
     * @param most the most messages on their way, up to {@link #MOST_MESSAGES}
     * @param mostBytes the most bytes on their way; a larger message goes alone
     * @param pace how fast messages may leave
     * @param room called by any thread when there is room again after {@link #publish} found none
     * @param changeable called by any thread when {@link #change} has something that messages wait for
     */
    public Outbox(int most, long mostBytes, SendPace pace, Runnable room, Runnable changeable) {
        this(most, mostBytes, pace, room, changeable, ALL_IDS);
    }

    /** Makes one with fewer ids, so that a simulation gets through all of them. */
    Outbox(int most, long mostBytes, SendPace pace, Runnable roomAgain, Runnable changeable, int ids) {
        this.ids = new OutboxIds(ids);
        news = new OutboxNews(records, this.ids::isAlive);
        room = new OutboxRoom(Math.min(most, MOST_MESSAGES), mostBytes, queue);
        places = new OutboxPlaces(pace);
        grants = new OutboxGrants(places, news, queue);
        wire = new OutboxWire(pace, places, queue);
        this.roomAgain = roomAgain;
        this.changeable = changeable;
    }

    // What Kafka knows.

    /**
     * Takes over what Kafka knows: at the start, and when nobody knows how a transaction ended. No transaction may be under
     * way, and there must be no connection.
     */
    public synchronized void restore(OutboxState state) {
        news.clear();
        for (OutboxEntry one : ids.inOrderOfReceipt()) {
            OutboxState.Slot slot = state.slots().get(one.packetId);
            // One that is not granted was to be removed; whatever is known of it is of no use.
            one.durable = slot == null || one.isUngranted() ? null : one.phaseIn(slot);
            if (slot != null && one.durable == null) {
                news.free(one.packetId);
            }
            news.list(one);
        }
        state.slots().forEach((id, slot) -> {
            if (id < FIRST_ID || ids.isFree(id)) {
                if (opened || id < FIRST_ID) {
                    news.free(id);
                } else {
                    add(id, slot);
                }
            }
        });
        if (opened) {
            news.compareMarks(state);
        } else {
            state.done().forEach((partition, done) -> records.of(partition).done.putAll(done));
        }
        opened = true;
    }

    private void add(int id, OutboxState.Slot slot) {
        OutboxEntry one = OutboxEntry.restored(id, slot);
        places.grant(one);
        ids.restore(one);
        if (one.record != null) {
            records.restore(one, one.record);
        }
    }

    /**
     * Says whether Kafka was asked for a client that it has never seen, so that an MQTT session that there may be is of
     * somebody else, with packet ids that mean something to him: the first connection has to begin a new one.
     */
    public static boolean needsNewSession(OutboxState state) {
        return state.sequence() == 0;
    }

    private void want(OutboxEntry one, Phase phase) {
        one.wanted = phase;
        if (phase != Phase.ASSIGNED) {
            places.ungrant(one);
        }
        news.list(one);
    }

    /**
     * Returns what the next transaction has to write. Nothing is forgotten before {@link #committed} says that it is written,
     * so that a transaction that was given up is simply asked for again.
     */
    public synchronized OutboxChange change() {
        return news.change();
    }

    @Nullable
    OutboxEntry entry(int packetId) {
        return ids.find(packetId);
    }

    /** Tells that the last change asked for is committed: what waited for it leaves. */
    public synchronized void committed(OutboxChange change) {
        List<OutboxEntry> taken = news.written(change);
        List<OutboxEntry> received = new ArrayList<>();
        for (Put put : change.puts()) {
            OutboxEntry one = put.entry();
            if (ids.isAlive(one)) {
                // Unless its removal is asked for meanwhile, since the broker has lost the session.
                if (one.isUngranted()) {
                    news.free(one.packetId);
                }
                boolean removed = news.isFreed(one.packetId);
                one.durable = removed ? null : put.phase();
                if (one.wanted == one.durable && one.wanted != Phase.ASSIGNED) {
                    received.add(one);
                }
            } else if (ids.isFree(one.packetId)) {
                news.free(one.packetId);
            }
        }
        received.sort(OutboxIds.ORDER_OF_RECEIPT);
        received.forEach(wire::release);
        // What has changed since it was asked for waits for the next one.
        taken.forEach(news::list);
        wire.sendUnsent();
    }

    /** Counts the messages that wait for a transaction, or a few more. */
    public synchronized int waiting() {
        return news.waiting();
    }

    // Records: called by the threads that read them.

    @Override
    public Recollection recall(RecordId record, Recalled owner) {
        Recollection known;
        boolean changes;
        synchronized (this) {
            int before = news.waiting();
            known = recalled(record, owner);
            changes = news.waiting() > before;
        }
        if (changes) {
            changeable.run();
        }
        return known;
    }

    private Recollection recalled(RecordId record, Recalled owner) {
        OutboxRecords.Known known = records.find(record.partition());
        if (known == null) {
            return Recollection.UNKNOWN;
        }
        giveUp(known, 0, record.offset());
        return records.recall(known, record, owner, this::makeVoid);
    }

    @Override
    public boolean passed(Partition partition, long offset) {
        return giveUp(partition, 0, offset);
    }

    @Override
    public boolean ended(Partition partition, long end) {
        return giveUp(partition, end, Long.MAX_VALUE);
    }

    private boolean giveUp(Partition partition, long from, long before) {
        int count;
        synchronized (this) {
            OutboxRecords.Known known = records.find(partition);
            count = known == null ? 0 : giveUp(known, from, before);
        }
        if (count > 0) {
            changeable.run();
        }
        return count > 0;
    }

    /** Frees the ids of records between two offsets that were restored and have not come; returns how many. */
    private int giveUp(OutboxRecords.Known known, long from, long before) {
        if (!known.anyRestored()) {
            return 0;
        }
        List<OutboxEntry> missing = known.missing(from, before);
        missing.forEach(this::makeVoid);
        grants.grantMore();
        return missing.size();
    }

    @Override
    public void disown(RecordId record) {
        synchronized (this) {
            OutboxEntry one = records.of(record.partition()).open.get(record.offset());
            if (one == null || one.publication != null || one.wanted != Phase.ASSIGNED || !record.equals(one.record)) {
                return;
            }
            makeVoid(one);
            // The broker may hand it on: another process must not publish it, whatever its filter says.
            news.done(record);
            grants.grantMore();
        }
        changeable.run();
    }

    /** An id that stands for nothing any more is freed by the broker's word, or at once if it cannot have it. */
    private void makeVoid(OutboxEntry one) {
        records.forget(one);
        if (one.sent) {
            want(one, Phase.VOID);
        } else {
            free(one);
        }
    }

    @Override
    public void revoked(Partition partition) {
        boolean changes;
        synchronized (this) {
            OutboxRecords.Known known = records.find(partition);
            if (known == null) {
                return;
            }
            for (OutboxEntry one : List.copyOf(known.open.values())) {
                one.recalled = null;
                one.claimed = false;
                if (one.publication != null && !one.sent) {
                    finish(one);
                }
            }
            // What was behind those may wait for nothing else.
            changes = grants.grantMore();
            wire.sendUnsent();
        }
        if (changes) {
            changeable.run();
        }
        tellRoom();
    }

    @Override
    public synchronized void offsetCommitted(Partition partition, long offset) {
        if (records.committed(partition, offset)) {
            news.offset(partition, offset);
        }
    }

    @Override
    public synchronized Collection<Partition> unresolved() {
        return records.unresolved();
    }

    /**
     * Publishes a message if there is room for it and a connection. It leaves when Kafka knows its packet id.
     *
     * @param publication the message, of QoS 2
     * @param record the record that it was made of
     * @param nowNanos the time
     * @return whether it is on its way; if not, the outbox forgets it
     */
    public boolean publish(Publication publication, RecordId record, long nowNanos) {
        boolean published;
        boolean changes;
        synchronized (this) {
            OutboxEntry one = hasRoom(publication, record) ? entryFor(record) : null;
            published = one != null;
            if (one == null) {
                room.want();
                changes = wire.isUp() && giveUpRestored(record);
            } else {
                publication.publishedNanos = nowNanos;
                one.publication = publication;
                one.claimed = false;
                room.append(one, publication);
                if (queue.unsent == null) {
                    queue.unsent = one;
                }
                grants.appended(one);
                changes = grants.grantMore();
                wire.sendUnsent();
            }
        }
        if (changes) {
            changeable.run();
        }
        return published;
    }

    /**
     * What an earlier process had sent holds places at the broker until its record comes, so it must not wait for room; what
     * comes before it may fill the window twice, and take all ids there are.
     */
    private boolean hasRoom(Publication publication, RecordId record) {
        return wire.isUp()
                && (room.isFor(publication)
                        || records.restored(record) != null
                        || (room.fits(publication, 2) && records.anyRestoredFrom(record)));
    }

    /**
     * Frees ids of a partition that hold places at the broker when nothing can move: what comes before their records fills all
     * that may wait, and they every place. A duplicate rather than a stall.
     */
    private boolean giveUpRestored(RecordId record) {
        if (!places.isHeldUp()
                || !records.anyRestoredFrom(record)
                // Places become free as soon as a transaction is committed.
                || ids.any(one -> one.held && one.wanted == Phase.VOID)) {
            return false;
        }
        int count = giveUp(records.of(record.partition()), 0, Long.MAX_VALUE);
        givenUp += count;
        return count > 0;
    }

    /**
     * Counts the messages of an earlier process whose ids were given up because they held every place at the broker while too
     * much had to wait before them. They are published again, perhaps as repetitions.
     */
    public synchronized long givenUp() {
        return givenUp;
    }

    /** The entry that was restored for a record, or a new one; null if there is no id left. */
    private @Nullable OutboxEntry entryFor(RecordId record) {
        OutboxEntry one = records.restored(record);
        if (one != null) {
            records.publish(record);
            return one;
        }
        one = ids.assign(record);
        if (one == null) {
            return null;
        }
        records.add(one, record);
        return one;
    }

    // The connection.

    /**
     * Begins a connection, and sends again what the last one left.
     *
     * @param sessionPresent whether the broker has kept the session; if not, it knows no packet ids
     * @param receiveMaximum the most messages that the broker takes at a time
     * @param out where packets go
     */
    public void connected(boolean sessionPresent, int receiveMaximum, PublishSession.Packets out) {
        List<Runnable> outcomes = new ArrayList<>();
        synchronized (this) {
            wire.begin(out, Math.min(room.most(), receiveMaximum));
            for (OutboxEntry one : ids.inOrderOfReceipt()) {
                if (!sessionPresent) {
                    beginAnew(one, outcomes);
                } else if (one.wanted != Phase.ASSIGNED) {
                    places.take(one);
                    if (one.wanted == one.durable) {
                        wire.release(one);
                    }
                } else if (one.sent) {
                    places.hold(one);
                }
            }
            if (!sessionPresent) {
                grants.beginAnew();
            }
            queue.sendAll();
            grants.grantMore();
            wire.sendUnsent();
        }
        outcomes.forEach(Runnable::run);
        changeable.run();
    }

    /** The broker knows nothing of it: a duplicate rather than a loss. */
    private void beginAnew(OutboxEntry one, List<Runnable> outcomes) {
        one.sent = false;
        one.released = 0;
        Recalled owner = one.recalled;
        if (one.publication != null && one.wanted != Phase.VOID) {
            one.wanted = Phase.ASSIGNED;
        } else if (one.wanted == Phase.VOID) {
            finish(one);
            outcomes.add(() -> tell(one));
        } else {
            // Nobody can have it, so that its record may get any id when it comes.
            one.recalled = null;
            records.forget(one);
            free(one);
            if (owner != null) {
                outcomes.add(owner::again);
            }
        }
    }

    /** Ends the connection. What is not done stays, to be sent again. */
    public synchronized void disconnected() {
        wire.end(ids);
    }

    /** Says whether a packet id is one of those that it uses. */
    public static boolean owns(int packetId) {
        return packetId >= FIRST_ID;
    }

    /**
     * Takes a PUBACK in; of an unknown id it is ignored.
     *
     * @throws ProtocolViolation if a message goes by that id
     */
    public synchronized void puback(int packetId) {
        if (entry(packetId) != null) {
            throw new ProtocolViolation(PROTOCOL_ERROR, "the MQTT broker answered a PUBLISH of QoS 2 with PUBACK");
        }
    }

    /** Takes a PUBREC in; an unknown id is released as such. */
    public void pubrec(int packetId, int reasonCode) {
        OutboxEntry one;
        boolean refused = false;
        synchronized (this) {
            one = entry(packetId);
            if (one == null || !(one.onWire || one.held)) {
                if (reasonCode < FIRST_FAILURE) {
                    wire.releaseUnknown(packetId);
                }
                return;
            }
            answers++;
            if (one.wanted != Phase.ASSIGNED) {
                if (one.wanted == one.durable) {
                    wire.release(one);
                }
                return;
            }
            if (reasonCode == SendPace.QUOTA_EXCEEDED && one.publication != null) {
                wire.sendLater(one);
                return;
            }
            refused = reasonCode >= FIRST_FAILURE && reasonCode != ID_IN_USE;
            if (refused) {
                finish(one);
                grants.grantMore();
                wire.sendUnsent();
            } else {
                // Some brokers answer a repetition so: what is in use is the id of the message that they have.
                received(one, reasonCode == ID_IN_USE && one.repeated ? 0 : reasonCode);
            }
        }
        changeable.run();
        if (refused) {
            one.reasonCode = reasonCode;
            tell(one);
        }
    }

    /** Sends what waits for the end of a pause that the broker has asked for. */
    public synchronized void resume() {
        wire.sendUnsent();
    }

    private void received(OutboxEntry one, int reasonCode) {
        one.reasonCode = reasonCode;
        one.released = ++releases;
        Publication publication = one.publication;
        boolean done = reasonCode < FIRST_FAILURE && (publication == null || publication.isDone(reasonCode));
        if (!done) {
            records.forget(one);
        }
        want(one, done ? Phase.RELEASED : Phase.VOID);
        grants.grantMore();
    }

    /**
     * Takes a PUBCOMP in. An id that the broker does not know is one that it was done with before; an unknown one is ignored.
     *
     * @throws ProtocolViolation if the message was not released
     */
    public void pubcomp(int packetId) {
        OutboxEntry one;
        synchronized (this) {
            one = entry(packetId);
            if (one == null || !(one.onWire || one.held)) {
                return;
            }
            if (!one.releaseSent) {
                throw new ProtocolViolation(
                        PROTOCOL_ERROR, "the MQTT broker completed a message it was never released");
            }
            RecordId record = one.record;
            if (record != null && one.wanted == Phase.RELEASED) {
                news.done(record);
            }
            answers++;
            finish(one);
            wire.accepted();
            wire.sendUnsent();
        }
        tell(one);
    }

    /** Tells how it ended; not called with the outbox locked. */
    private void tell(OutboxEntry one) {
        Publication publication = one.publication;
        if (publication != null) {
            if (one.reasonCode < FIRST_FAILURE) {
                publication.accepted(one.reasonCode);
            } else {
                publication.refused(one.reasonCode);
            }
        }
        Recalled owner = one.recalled;
        if (owner != null) {
            if (one.wanted == Phase.RELEASED) {
                owner.delivered();
            } else {
                owner.again();
            }
        }
        tellRoom();
    }

    private void tellRoom() {
        synchronized (this) {
            if (!wire.isUp() || !room.hasBecomeFree()) {
                return;
            }
        }
        roomAgain.run();
    }

    /** It is over: its id and its room are free. */
    private void finish(OutboxEntry one) {
        records.forget(one);
        free(one);
        finished++;
        Publication publication = one.publication;
        if (publication == null) {
            return;
        }
        grants.removing(one);
        room.remove(one, publication);
    }

    private void free(OutboxEntry one) {
        ids.free(one);
        places.ungrant(one);
        if (one.durable != null) {
            news.free(one.packetId);
        }
        places.leave(one);
    }

    @Override
    public synchronized int unfinished() {
        return room.unfinished();
    }

    @Override
    public synchronized long bytes() {
        return queue.bytes();
    }

    @Override
    public synchronized long oldestAge(long nowNanos) {
        OutboxEntry first = queue.first;
        Publication oldest = first == null ? null : first.publication;
        return oldest == null ? 0 : Math.max(0, nowNanos - oldest.publishedNanos);
    }

    @Override
    public synchronized boolean awaitsBroker() {
        // Not only the messages: what an earlier process had sent is released without one.
        return ids.any(one -> one.onWire && one.wanted == one.durable);
    }

    @Override
    public synchronized int onWire() {
        return places.onWire();
    }

    @Override
    public synchronized long answers() {
        return answers;
    }

    @Override
    public synchronized long finished() {
        return finished;
    }

    @Override
    public synchronized long resent() {
        return wire.resent();
    }

    /** Shows how much is on its way, no contents. */
    @Override
    public synchronized String toString() {
        return "Outbox[" + room.unfinished() + " messages, " + records.restored() + " restored, " + places.onWire()
                + " on the wire, "
                + places.held()
                + " held by the broker, " + news.waiting() + " changed, limit " + places.limit() + "]";
    }
}
