package io.mqttkafka.bridge.core.session;

import io.mqttkafka.bridge.core.session.OutboxState.Phase;
import org.jspecify.annotations.Nullable;

/** A packet id of the {@link Outbox} and what it stands for. Guarded by the outbox. */
final class OutboxEntry {
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
    Outbox.@Nullable Recalled recalled;

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

    /** Its place in the order of publishing. */
    long order;

    /** Its place among those that the MQTT broker has received. */
    long released;

    /** The reason code of its PUBREC. */
    int reasonCode;

    /** Whether PUBREL was sent on the present connection. */
    boolean releaseSent;

    /** Its neighbours in the order of publishing. */
    @Nullable
    OutboxEntry previous;

    @Nullable
    OutboxEntry next;

    OutboxEntry(int packetId, @Nullable RecordId record, Phase wanted) {
        this.packetId = packetId;
        this.record = record;
        this.wanted = wanted;
    }

    @Override
    public String toString() {
        return "id " + packetId + " " + wanted + (wanted == durable ? "" : " (in Kafka " + durable + ")")
                + (record == null ? "" : " for " + record.partition() + "@" + record.offset());
    }
}
