package io.mqttkafka.bridge.core.session;

import io.mqttkafka.bridge.core.session.OutboxState.Phase;
import org.jspecify.annotations.Nullable;

/** A packet id of the {@link Outbox} and what it stands for. Guarded by the outbox. */
final class OutboxEntry extends PublishQueue.Link<OutboxEntry> {
    final int packetId;

    /** What it stands for; null once it stands for nothing. */
    @Nullable
    RecordId record;

    /** How far it is to be in Kafka. */
    Phase wanted;

    /** How far it is in Kafka, as we know; null if Kafka does not know the id, or knows it for another record. */
    @Nullable
    Phase durable;

    /** What the transaction under way says of it; null if nothing. */
    @Nullable
    Phase writing;

    /** The message; null if it was restored and its record has not been made a message again. */
    @Nullable
    Publication publication;

    /** Who waits for the outcome because the record came again; null if nobody does. */
    ExpectedRecords.@Nullable Recalled recalled;

    /** Whether its id may be assigned in Kafka: the broker takes so many. */
    boolean granted;

    /** Whether it is among those that Kafka has to be told of. */
    boolean listed;

    /** Whether the record has come again, so that it is about to be published or disowned. */
    boolean claimed;

    /** Whether the MQTT broker may have it: it was sent in this MQTT session. */
    boolean sent;

    /** Whether it was sent as a duplicate the last time. */
    boolean repeated;

    /** Whether it takes a place among the messages of the present connection. */
    boolean onWire;

    /** Whether it takes a place although it has not been sent on the present connection. */
    boolean held;

    /** Its place among those that the MQTT broker has received. */
    long released;

    /** The reason code of its PUBREC. */
    int reasonCode;

    /** Whether PUBREL was sent on the present connection. */
    boolean releaseSent;

    OutboxEntry(int packetId, @Nullable RecordId record, Phase wanted) {
        this.packetId = packetId;
        this.record = record;
        this.wanted = wanted;
    }

    /** What an earlier process has left in Kafka. */
    static OutboxEntry restored(int packetId, OutboxState.Slot slot) {
        OutboxEntry one = new OutboxEntry(packetId, slot.record(), slot.phase());
        one.durable = slot.phase();
        // Who knows; its session may be gone, which the next connection tells.
        one.sent = true;
        return one;
    }

    /** How far its id is in Kafka; null if it stands for another record there. */
    @Nullable
    Phase phaseIn(OutboxState.Slot slot) {
        RecordId known = slot.record();
        return known == null || known.equals(record) ? slot.phase() : null;
    }

    /** Says whether Kafka must not know its id yet: the broker has no place for it. */
    boolean isUngranted() {
        return wanted == Phase.ASSIGNED && !granted;
    }

    /** Says whether it was restored, and its record has not been published under its id since. */
    boolean isUnpublished() {
        return publication == null && wanted == Phase.ASSIGNED;
    }

    /** Says whether Kafka knows its id, and no transaction under way says something else. */
    boolean isAssigned() {
        return durable == Phase.ASSIGNED && (writing == null || writing == Phase.ASSIGNED);
    }

    @Override
    public String toString() {
        return "id " + packetId + " " + wanted + (wanted == durable ? "" : " (in Kafka " + durable + ")")
                + (record == null ? "" : " for " + record.partition() + "@" + record.offset());
    }
}
