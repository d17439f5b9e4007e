package io.mqttkafka.bridge.core.session;

import io.mqttkafka.bridge.core.session.OutboxChange.Put;
import io.mqttkafka.bridge.core.session.OutboxState.Phase;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
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
public final class Outbox {
    /** The lowest packet id it uses. */
    public static final int FIRST_ID = 32_768;

    /** The most messages on their way. */
    public static final int MOST_MESSAGES = 16_384;

    private static final int ALL_IDS = 65_536 - FIRST_ID;
    private static final int PROTOCOL_ERROR = 0x82;
    private static final int ID_IN_USE = 0x91;
    private static final int FIRST_FAILURE = 0x80;

    /** Hears what becomes of a record that came again while its message is on its way. Called once, by any thread. */
    public interface Recalled {
        /** The MQTT broker has taken it over: the record is done. */
        void delivered();

        /** It has to be published again. */
        void again();
    }

    /** What is known of a record that comes from Kafka. */
    public enum Recollection {
        /** Nothing: it is to be published. */
        UNKNOWN,
        /** It has a packet id, under which it is to be published again, or else {@linkplain #disown disowned}. */
        ASSIGNED,
        /** Its message is on its way; its owner will be told. */
        ON_ITS_WAY,
        /** The MQTT broker has taken it over. */
        DONE
    }

    /** What is known of the records of one partition. */
    private static final class Records {
        final Map<Long, OutboxEntry> open = new HashMap<>();

        /** Offsets and fingerprints of records that are done, as long as the committed offset is not past them. */
        final NavigableMap<Long, Long> done = new TreeMap<>();

        /** The committed offset, as far as we know. */
        long committed;

        /** How many of the open ones were restored and have not become messages. */
        int restored;
    }

    private static final Comparator<OutboxEntry> ORDER_OF_RECEIPT = Comparator.comparingLong(
                    (OutboxEntry one) -> one.released)
            .thenComparingLong(one -> one.record == null ? -1 : one.record.offset());

    private final int most;
    private final long mostBytes;
    private final SendPace pace;
    private final Runnable room;
    private final Runnable changeable;
    private final @Nullable OutboxEntry[] byId;
    private final Map<Partition, Records> records = new HashMap<>();

    // What Kafka has to be told.
    private final List<OutboxEntry> changed = new ArrayList<>();
    private final Set<Integer> freed = new LinkedHashSet<>();
    private final List<RecordId> marks = new ArrayList<>();
    private final Map<Partition, Long> offsets = new LinkedHashMap<>();

    /** The messages on their way, in the order of publishing. */
    private @Nullable OutboxEntry first;

    private @Nullable OutboxEntry last;

    /** The first message that is to be sent on this connection and was not; null if all are sent. */
    private @Nullable OutboxEntry unsent;

    /** The first message that is not among those whose packet ids Kafka may know; null if all are. */
    private @Nullable OutboxEntry ungranted;

    private PublishSession.@Nullable Packets packets;
    private boolean opened;
    private int limit;
    private int lastId = -1;
    private int used;
    private int granted;
    private int onWire;
    private int held;
    private int restored;
    private int unfinished;
    private long bytes;
    private long appended;
    private long releases;
    private long finished;
    private long answers;
    private long resent;
    private long givenUp;
    private boolean roomWanted;

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
    Outbox(int most, long mostBytes, SendPace pace, Runnable room, Runnable changeable, int ids) {
        byId = new OutboxEntry[ids];
        this.most = Math.min(most, MOST_MESSAGES);
        this.mostBytes = mostBytes;
        this.pace = pace;
        this.room = room;
        this.changeable = changeable;
    }

    // What Kafka knows.

    /**
     * Takes over what Kafka knows: at the start, and when nobody knows how a transaction ended. No transaction may be under
     * way, and there must be no connection.
     *
     * @param state what Kafka knows
     */
    public synchronized void restore(OutboxState state) {
        for (OutboxEntry one : changed) {
            one.listed = false;
            one.writing = null;
        }
        changed.clear();
        freed.clear();
        marks.clear();
        offsets.clear();
        for (OutboxEntry one : inOrderOfReceipt(byId)) {
            OutboxState.Slot slot = state.slots().get(one.packetId);
            // One that is not granted was to be removed; whatever is known of it is of no use.
            one.durable = slot == null || isUngranted(one) ? null : phaseOf(one, slot);
            if (slot != null && one.durable == null) {
                freed.add(one.packetId);
            }
            list(one);
        }
        state.slots().forEach((id, slot) -> {
            if (id < FIRST_ID || byId[id - FIRST_ID] == null) {
                if (opened || id < FIRST_ID) {
                    freed.add(id);
                } else {
                    add(id, slot);
                }
            }
        });
        compareMarks(state);
        opened = true;
    }

    /** MQTT wants releases in the order in which the messages were received; what an earlier process has received is first. */
    private static List<OutboxEntry> inOrderOfReceipt(@Nullable OutboxEntry[] entries) {
        List<OutboxEntry> all = new ArrayList<>();
        for (OutboxEntry one : entries) {
            if (one != null) {
                all.add(one);
            }
        }
        all.sort(ORDER_OF_RECEIPT);
        return all;
    }

    /** How far an id is in Kafka; null if it stands for another record there. */
    private static @Nullable Phase phaseOf(OutboxEntry one, OutboxState.Slot slot) {
        RecordId record = slot.record();
        return record == null || record.equals(one.record) ? slot.phase() : null;
    }

    private void add(int id, OutboxState.Slot slot) {
        OutboxEntry one = new OutboxEntry(id, slot.record(), slot.phase());
        one.durable = slot.phase();
        grant(one);
        // Who knows; its session may be gone, which the next connection tells.
        one.sent = true;
        byId[id - FIRST_ID] = one;
        used++;
        if (one.record != null) {
            Records known = of(one.record.partition());
            known.open.put(one.record.offset(), one);
            known.restored++;
            restored++;
        }
    }

    private void compareMarks(OutboxState state) {
        if (!opened) {
            state.done().forEach((partition, done) -> of(partition).done.putAll(done));
            return;
        }
        records.forEach((partition, known) -> {
            Map<Long, Long> there = state.done().getOrDefault(partition, new TreeMap<>());
            known.done.forEach((offset, fingerprint) -> {
                if (!fingerprint.equals(there.get(offset))) {
                    marks.add(new RecordId(partition, offset, fingerprint));
                }
            });
            if (!there.isEmpty()) {
                offsets.put(partition, known.committed);
            }
        });
    }

    private Records of(Partition partition) {
        return records.computeIfAbsent(partition, none -> new Records());
    }

    /**
     * Says whether Kafka was asked for a client that it has never seen, so that an MQTT session that there may be is of
     * somebody else, with packet ids that mean something to him.
     *
     * @param state what Kafka knows
     * @return whether the first connection has to begin a new session
     */
    public static boolean needsNewSession(OutboxState state) {
        return state.sequence() == 0;
    }

    private void want(OutboxEntry one, Phase phase) {
        one.wanted = phase;
        if (phase != Phase.ASSIGNED) {
            ungrant(one);
        }
        list(one);
    }

    private void list(OutboxEntry one) {
        if (!one.listed && isToBeWritten(one)) {
            one.listed = true;
            changed.add(one);
        }
    }

    private boolean isToBeWritten(OutboxEntry one) {
        return one.wanted != one.durable && !isUngranted(one) && isAlive(one);
    }

    // What the broker has no place for is not assigned in Kafka: all that is restored may have been sent then.

    private static boolean isUngranted(OutboxEntry one) {
        return one.wanted == Phase.ASSIGNED && !one.granted;
    }

    private void grant(OutboxEntry one) {
        if (one.wanted == Phase.ASSIGNED && !one.granted) {
            one.granted = true;
            granted++;
        }
    }

    private void ungrant(OutboxEntry one) {
        if (one.granted) {
            one.granted = false;
            granted--;
        }
    }

    /** Lets the next messages be assigned, in the order of publishing, as many as the broker takes; returns whether there were any. */
    private boolean grantMore() {
        boolean any = false;
        while (ungranted != null && granted < limit) {
            OutboxEntry one = ungranted;
            if (isUngranted(one)) {
                grant(one);
                list(one);
                any = true;
            }
            ungranted = one.next;
        }
        return any;
    }

    /**
     * Returns what the next transaction has to write. Nothing is forgotten before {@link #committed} says that it is written,
     * so that a transaction that was given up is simply asked for again.
     *
     * @return the change
     */
    public synchronized OutboxChange change() {
        List<Put> puts = new ArrayList<>(changed.size());
        for (OutboxEntry one : changed) {
            one.writing = null;
            if (isToBeWritten(one)) {
                one.writing = one.wanted;
                boolean known =
                        one.wanted == Phase.VOID || (one.wanted == Phase.RELEASED && one.durable == Phase.ASSIGNED);
                puts.add(new Put(one, one.wanted, known ? null : one.record));
            }
        }
        List<RecordId> done = new ArrayList<>(marks.size());
        for (RecordId mark : marks) {
            if (mark.offset() >= of(mark.partition()).committed) {
                done.add(mark);
            }
        }
        return new OutboxChange(puts, List.copyOf(freed), done, Map.copyOf(offsets), changed.size(), marks.size());
    }

    @Nullable
    OutboxEntry entry(int packetId) {
        int index = packetId - FIRST_ID;
        return index < byId.length ? byId[index] : null;
    }

    private boolean isAlive(OutboxEntry one) {
        return byId[one.packetId - FIRST_ID] == one;
    }

    /**
     * Tells that a change is committed: what waited for it leaves.
     *
     * @param change the last change asked for
     */
    public synchronized void committed(OutboxChange change) {
        List<OutboxEntry> head = changed.subList(0, change.entriesTaken);
        List<OutboxEntry> taken = List.copyOf(head);
        head.clear();
        for (OutboxEntry one : taken) {
            one.listed = false;
            one.writing = null;
        }
        marks.subList(0, change.marksTaken).clear();
        change.removed().forEach(freed::remove);
        change.committed().forEach(offsets::remove);
        List<OutboxEntry> received = new ArrayList<>();
        for (Put put : change.puts()) {
            OutboxEntry one = put.entry();
            if (isAlive(one)) {
                // Unless its removal is asked for meanwhile, since the broker has lost the session.
                if (isUngranted(one)) {
                    freed.add(one.packetId);
                }
                boolean removed = !freed.isEmpty() && freed.contains(one.packetId);
                one.durable = removed ? null : put.phase();
                if (one.wanted == one.durable && one.wanted != Phase.ASSIGNED) {
                    received.add(one);
                }
            } else if (byId[one.packetId - FIRST_ID] == null) {
                freed.add(one.packetId);
            }
        }
        received.sort(ORDER_OF_RECEIPT);
        received.forEach(this::release);
        // What has changed since it was asked for waits for the next one.
        taken.forEach(this::list);
        sendUnsent();
    }

    /**
     * Says whether messages wait for a transaction.
     *
     * @return how many, or a few more
     */
    public synchronized int waiting() {
        return changed.size();
    }

    // Records: called by the threads that read them.

    /**
     * Says what is known of a record that has come. Those before it in its partition come no more.
     *
     * @param record the record
     * @param owner is told if its message is on its way
     * @return what is known
     */
    public Recollection recall(RecordId record, Recalled owner) {
        Recollection known;
        boolean changes;
        synchronized (this) {
            int before = changed.size();
            known = recalled(record, owner);
            changes = changed.size() > before;
        }
        if (changes) {
            changeable.run();
        }
        return known;
    }

    private Recollection recalled(RecordId record, Recalled owner) {
        Records known = records.get(record.partition());
        if (known == null) {
            return Recollection.UNKNOWN;
        }
        giveUp(known, 0, record.offset());
        Long done = known.done.get(record.offset());
        if (done != null && done == record.fingerprint()) {
            return Recollection.DONE;
        }
        if (done != null) {
            known.done.remove(record.offset());
        }
        OutboxEntry one = known.open.get(record.offset());
        if (one == null) {
            return Recollection.UNKNOWN;
        }
        if (!record.equals(one.record)) {
            if (one.publication == null) {
                makeVoid(one);
            } else {
                known.open.remove(record.offset());
            }
            return Recollection.UNKNOWN;
        }
        if (one.publication == null) {
            one.claimed = true;
            if (one.wanted == Phase.ASSIGNED) {
                return Recollection.ASSIGNED;
            }
        }
        one.recalled = owner;
        return Recollection.ON_ITS_WAY;
    }

    /**
     * Tells that the records of a partition that lie before an offset, and have not come by now, will not come.
     *
     * @param partition the partition
     * @param offset the offset
     * @return whether there are such records
     */
    public boolean passed(Partition partition, long offset) {
        return giveUp(partition, 0, offset);
    }

    /**
     * Tells that the log of a partition ends at an offset, so that records at or behind it, which an earlier process had read,
     * are gone: the topic was made anew, or its log was cut.
     *
     * @param partition the partition
     * @param end the offset
     * @return whether there are such records
     */
    public boolean ended(Partition partition, long end) {
        return giveUp(partition, end, Long.MAX_VALUE);
    }

    private boolean giveUp(Partition partition, long from, long before) {
        int count;
        synchronized (this) {
            Records known = records.get(partition);
            count = known == null ? 0 : giveUp(known, from, before);
        }
        if (count > 0) {
            changeable.run();
        }
        return count > 0;
    }

    /** Frees the ids of records between two offsets that were restored and have not come; returns how many. */
    private int giveUp(Records known, long from, long before) {
        if (known.restored == 0) {
            return 0;
        }
        int count = 0;
        for (OutboxEntry one : List.copyOf(known.open.values())) {
            RecordId record = one.record;
            if (record != null
                    && record.offset() >= from
                    && record.offset() < before
                    && isUnpublished(one)
                    && !one.claimed) {
                makeVoid(one);
                count++;
            }
        }
        grantMore();
        return count;
    }

    /**
     * Tells that a record that was recalled as {@link Recollection#ASSIGNED} is done without being published again.
     *
     * @param record the record
     */
    public void disown(RecordId record) {
        synchronized (this) {
            OutboxEntry one = of(record.partition()).open.get(record.offset());
            if (one == null || one.publication != null || one.wanted != Phase.ASSIGNED || !record.equals(one.record)) {
                return;
            }
            makeVoid(one);
            // The broker may hand it on: another process must not publish it, whatever its filter says.
            markDone(record);
            grantMore();
        }
        changeable.run();
    }

    /** An id that stands for nothing any more is freed by the broker's word, or at once if it cannot have it. */
    private void makeVoid(OutboxEntry one) {
        forgetRecord(one);
        if (one.sent) {
            want(one, Phase.VOID);
        } else {
            free(one);
        }
    }

    /**
     * Tells that a partition was taken away, and that what was not sent is another member's.
     *
     * @param partition the partition
     */
    public void revoked(Partition partition) {
        boolean changes;
        synchronized (this) {
            Records known = records.get(partition);
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
            changes = grantMore();
            sendUnsent();
        }
        if (changes) {
            changeable.run();
        }
        tellRoom();
    }

    /**
     * Tells that the offset of a partition is committed, so that marks before it are of no use.
     *
     * @param partition the partition
     * @param offset the offset
     */
    public synchronized void offsetCommitted(Partition partition, long offset) {
        Records known = of(partition);
        known.committed = offset;
        NavigableMap<Long, Long> before = known.done.headMap(offset, false);
        if (!before.isEmpty()) {
            before.clear();
            offsets.put(partition, offset);
        }
    }

    /**
     * Returns the partitions of records that were restored and have neither come nor been {@linkplain #passed passed}.
     *
     * @return the partitions; mostly none
     */
    public synchronized Collection<Partition> unresolved() {
        if (restored == 0) {
            return List.of();
        }
        List<Partition> all = new ArrayList<>();
        records.forEach((partition, known) -> {
            if (known.restored > 0) {
                all.add(partition);
            }
        });
        return all;
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
                roomWanted = true;
                changes = packets != null && giveUpRestored(record);
            } else {
                publication.publishedNanos = nowNanos;
                one.publication = publication;
                one.claimed = false;
                append(one, publication);
                if (unsent == null) {
                    unsent = one;
                }
                if (ungranted == null && isUngranted(one)) {
                    ungranted = one;
                }
                changes = grantMore();
                sendUnsent();
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
        return packets != null
                && ((fits(publication, 1) && unfinished < most)
                        || isRestored(record)
                        || (fits(publication, 2) && restoredFrom(record.offset(), of(record.partition()))));
    }

    private boolean fits(Publication publication, int times) {
        return (bytes + publication.size) / times <= mostBytes || bytes == 0;
    }

    private boolean isRestored(RecordId record) {
        OutboxEntry one = of(record.partition()).open.get(record.offset());
        return one != null && isUnpublished(one) && record.equals(one.record);
    }

    private static boolean restoredFrom(long offset, Records known) {
        return known.restored > 0
                && known.open.values().stream()
                        .anyMatch(one -> isUnpublished(one) && one.record != null && one.record.offset() >= offset);
    }

    /** Says whether it was restored, and its record has not been published under its id since. */
    private static boolean isUnpublished(OutboxEntry one) {
        return one.publication == null && one.wanted == Phase.ASSIGNED;
    }

    /**
     * Frees ids of a partition that hold places at the broker when nothing can move: what comes before their records fills all
     * that may wait, and they every place. A duplicate rather than a stall.
     */
    private boolean giveUpRestored(RecordId record) {
        Records known = of(record.partition());
        if (onWire > 0 || held < limit || !restoredFrom(record.offset(), known) || anyHeldInVain()) {
            return false;
        }
        int count = giveUp(known, 0, Long.MAX_VALUE);
        givenUp += count;
        return count > 0;
    }

    /** Says whether places become free as soon as a transaction is committed. */
    private boolean anyHeldInVain() {
        for (OutboxEntry one : byId) {
            if (one != null && one.held && one.wanted == Phase.VOID) {
                return true;
            }
        }
        return false;
    }

    /**
     * Counts the messages of an earlier process whose ids were given up because they held every place at the broker while too
     * much had to wait before them. They are published again, perhaps as repetitions.
     *
     * @return how many
     */
    public synchronized long givenUp() {
        return givenUp;
    }

    /** The entry that was restored for a record, or a new one; null if there is no id left. */
    private @Nullable OutboxEntry entryFor(RecordId record) {
        Records known = of(record.partition());
        OutboxEntry one = known.open.get(record.offset());
        if (one != null && isUnpublished(one) && record.equals(one.record)) {
            known.restored--;
            restored--;
            return one;
        }
        if (used == byId.length) {
            return null;
        }
        do {
            lastId = (lastId + 1) % byId.length;
        } while (byId[lastId] != null);
        one = new OutboxEntry(FIRST_ID + lastId, record, Phase.ASSIGNED);
        byId[lastId] = one;
        used++;
        known.open.put(record.offset(), one);
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
            packets = out;
            limit = Math.min(most, receiveMaximum);
            onWire = 0;
            held = 0;
            for (OutboxEntry one : inOrderOfReceipt(byId)) {
                if (!sessionPresent) {
                    beginAnew(one, outcomes);
                } else if (one.wanted != Phase.ASSIGNED) {
                    one.onWire = true;
                    onWire++;
                    if (one.wanted == one.durable) {
                        release(one);
                    }
                } else if (one.sent) {
                    // A broker may count it, though MQTT says that it begins to count anew.
                    one.held = true;
                    held++;
                }
            }
            if (!sessionPresent) {
                assignAnew();
            }
            unsent = first;
            grantMore();
            sendUnsent();
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
            forgetRecord(one);
            free(one);
            if (owner != null) {
                outcomes.add(owner::again);
            }
        }
    }

    /** Begins with the oldest again; what Kafka knows of the ids of the others is removed. */
    private void assignAnew() {
        for (OutboxEntry one = first; one != null; one = one.next) {
            ungrant(one);
        }
        ungranted = first;
        grantMore();
        for (OutboxEntry one = first; one != null; one = one.next) {
            if (isUngranted(one) && one.durable != null) {
                one.durable = null;
                freed.add(one.packetId);
            }
        }
    }

    private void release(OutboxEntry one) {
        PublishSession.Packets out = packets;
        if (out == null) {
            return;
        }
        if (one.held) {
            one.held = false;
            held--;
        }
        if (!one.onWire) {
            one.onWire = true;
            onWire++;
        }
        one.releaseSent = true;
        out.pubrel(one.packetId, true);
    }

    /** Ends the connection. What is not done stays, to be sent again. */
    public synchronized void disconnected() {
        packets = null;
        onWire = 0;
        held = 0;
        for (OutboxEntry one : byId) {
            if (one != null) {
                one.onWire = false;
                one.held = false;
                one.releaseSent = false;
            }
        }
        unsent = first;
    }

    /** Sends what waits for it, as far as Kafka knows it and the broker allows. */
    private void sendUnsent() {
        PublishSession.Packets out = packets;
        OutboxEntry blocked = null;
        boolean inOrder = true;
        OutboxEntry one = unsent;
        while (one != null && out != null) {
            Publication publication = one.publication;
            if (!one.onWire && one.wanted == Phase.ASSIGNED && publication != null) {
                if (isRoomFor(one) && isAssigned(one) && (one.held || inOrder)) {
                    send(one, publication, out);
                } else {
                    // What Kafka knows already, since an earlier process assigned it, must not wait for what may not
                    // be.
                    inOrder &= isUngranted(one);
                    if (blocked == null) {
                        blocked = one;
                    }
                }
                // Nor must what takes a place already wait for what has none.
                if (blocked != null && (onWire >= pace.limit(limit) || (!inOrder && held == 0))) {
                    break;
                }
            }
            one = one.next;
        }
        unsent = blocked == null ? one : blocked;
    }

    private boolean isRoomFor(OutboxEntry one) {
        if (onWire >= pace.limit(limit)) {
            return false;
        }
        if (!one.held) {
            return onWire + held < limit;
        }
        // Which of them the broker has is not known, so none may go beyond. It may hold more if it takes fewer than it
        // did.
        return onWire + held <= limit || held > limit;
    }

    /** Says whether Kafka knows its id, and no transaction under way says something else. */
    private static boolean isAssigned(OutboxEntry one) {
        return one.durable == Phase.ASSIGNED && (one.writing == null || one.writing == Phase.ASSIGNED);
    }

    private void send(OutboxEntry one, Publication publication, PublishSession.Packets out) {
        boolean duplicate = one.sent;
        if (one.held) {
            one.held = false;
            held--;
        }
        if (duplicate) {
            resent++;
        }
        one.onWire = true;
        onWire++;
        one.sent = true;
        one.repeated = duplicate;
        out.publish(publication, one.packetId, duplicate);
    }

    /**
     * Says whether a packet id is one of those that it uses.
     *
     * @param packetId the packet id
     * @return whether it is
     */
    public static boolean owns(int packetId) {
        return packetId >= FIRST_ID;
    }

    /**
     * Takes a PUBACK in.
     *
     * @param packetId its packet id; an unknown one is ignored
     * @throws ProtocolViolation if a message goes by that id
     */
    public synchronized void puback(int packetId) {
        if (entry(packetId) != null) {
            throw new ProtocolViolation(PROTOCOL_ERROR, "the MQTT broker answered a PUBLISH of QoS 2 with PUBACK");
        }
    }

    /**
     * Takes a PUBREC in.
     *
     * @param packetId its packet id; an unknown one is released as such
     * @param reasonCode what the broker said
     */
    public void pubrec(int packetId, int reasonCode) {
        OutboxEntry one;
        boolean refused = false;
        synchronized (this) {
            one = entry(packetId);
            if (one == null || !(one.onWire || one.held)) {
                PublishSession.Packets out = packets;
                if (out != null && reasonCode < FIRST_FAILURE) {
                    out.pubrel(packetId, false);
                }
                return;
            }
            answers++;
            if (one.wanted != Phase.ASSIGNED) {
                if (one.wanted == one.durable) {
                    release(one);
                }
                return;
            }
            if (reasonCode == SendPace.QUOTA_EXCEEDED && one.publication != null) {
                sendLater(one);
                return;
            }
            refused = reasonCode >= FIRST_FAILURE && reasonCode != ID_IN_USE;
            if (refused) {
                finish(one);
                grantMore();
                sendUnsent();
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

    /**
     * The broker has no room for it, so it does not have it either: it keeps id and place, and leaves again before what comes
     * after it.
     */
    private void sendLater(OutboxEntry one) {
        pace.refused(onWire);
        forgetSent(one);
        one.sent = false;
        if (unsent == null || one.order < unsent.order) {
            unsent = one;
        }
        sendUnsent();
    }

    /** Sends what waits for the end of a pause that the broker has asked for. */
    public synchronized void resume() {
        sendUnsent();
    }

    private void received(OutboxEntry one, int reasonCode) {
        one.reasonCode = reasonCode;
        one.released = ++releases;
        Publication publication = one.publication;
        boolean done = reasonCode < FIRST_FAILURE && (publication == null || publication.isDone(reasonCode));
        if (!done) {
            forgetRecord(one);
        }
        want(one, done ? Phase.RELEASED : Phase.VOID);
        grantMore();
    }

    /**
     * Takes a PUBCOMP in. An id that the broker does not know is one that it was done with before.
     *
     * @param packetId its packet id; an unknown one is ignored
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
                markDone(record);
            }
            answers++;
            finish(one);
            pace.accepted();
            sendUnsent();
        }
        tell(one);
    }

    private void markDone(RecordId record) {
        Records known = of(record.partition());
        if (record.offset() >= known.committed) {
            known.done.put(record.offset(), record.fingerprint());
            marks.add(record);
        }
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
            // A quarter at a time: waking a thread for every message costs more than the message.
            boolean enough = bytes <= mostBytes * 3 / 4 && unfinished <= most * 3 / 4;
            if (!roomWanted || packets == null || !enough) {
                return;
            }
            roomWanted = false;
        }
        room.run();
    }

    private void append(OutboxEntry one, Publication publication) {
        one.order = ++appended;
        one.previous = last;
        if (last == null) {
            first = one;
        } else {
            last.next = one;
        }
        last = one;
        bytes += publication.size;
        unfinished++;
    }

    /** It is over: its id and its room are free. */
    private void finish(OutboxEntry one) {
        forgetRecord(one);
        free(one);
        finished++;
        Publication publication = one.publication;
        if (publication == null) {
            return;
        }
        if (unsent == one) {
            unsent = one.next;
        }
        if (ungranted == one) {
            ungranted = one.next;
        }
        if (one.previous == null) {
            first = one.next;
        } else {
            one.previous.next = one.next;
        }
        if (one.next == null) {
            last = one.previous;
        } else {
            one.next.previous = one.previous;
        }
        one.previous = null;
        one.next = null;
        bytes -= publication.size;
        unfinished--;
    }

    private void free(OutboxEntry one) {
        byId[one.packetId - FIRST_ID] = null;
        used--;
        ungrant(one);
        if (one.durable != null) {
            freed.add(one.packetId);
        }
        forgetSent(one);
    }

    private void forgetSent(OutboxEntry one) {
        if (one.onWire) {
            one.onWire = false;
            onWire--;
        }
        if (one.held) {
            one.held = false;
            held--;
        }
    }

    private void forgetRecord(OutboxEntry one) {
        RecordId record = one.record;
        if (record == null) {
            return;
        }
        one.record = null;
        Records known = of(record.partition());
        known.open.remove(record.offset(), one);
        if (one.publication == null) {
            known.restored--;
            restored--;
        }
    }

    /**
     * Counts the messages on their way.
     *
     * @return how many
     */
    public synchronized int unfinished() {
        return unfinished;
    }

    /**
     * Counts the bytes on their way.
     *
     * @return how many
     */
    public synchronized long bytes() {
        return bytes;
    }

    /**
     * Tells how long the oldest message has been on its way.
     *
     * @param nowNanos the time
     * @return nanoseconds; 0 if none is
     */
    public synchronized long oldestAge(long nowNanos) {
        Publication oldest = first == null ? null : first.publication;
        return oldest == null ? 0 : Math.max(0, nowNanos - oldest.publishedNanos);
    }

    /**
     * Says whether the next word is the MQTT broker's, for some message, rather than Kafka's.
     *
     * @return whether it is
     */
    public synchronized boolean awaitsBroker() {
        // Not only the messages: what an earlier process had sent is released without one.
        for (OutboxEntry one : byId) {
            if (one != null && one.onWire && one.wanted == one.durable) {
                return true;
            }
        }
        return false;
    }

    /**
     * Counts the messages that take a place on the present connection.
     *
     * @return how many
     */
    public synchronized int onWire() {
        return onWire;
    }

    /**
     * Counts what the MQTT broker has said of messages.
     *
     * @return how many answers
     */
    public synchronized long answers() {
        return answers;
    }

    /**
     * Counts the messages that were accepted or refused: a sign of progress.
     *
     * @return how many
     */
    public synchronized long finished() {
        return finished;
    }

    /**
     * Counts the messages that were sent again as duplicates.
     *
     * @return how many
     */
    public synchronized long resent() {
        return resent;
    }

    /** Shows how much is on its way, no contents. */
    @Override
    public synchronized String toString() {
        return "Outbox[" + unfinished + " messages, " + restored + " restored, " + onWire + " on the wire, " + held
                + " held by the broker, " + changed.size() + " changed, limit " + limit + "]";
    }
}
