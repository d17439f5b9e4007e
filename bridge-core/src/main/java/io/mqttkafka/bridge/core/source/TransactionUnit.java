package io.mqttkafka.bridge.core.source;

import io.mqttkafka.bridge.core.kafka.PendingRecord;
import io.mqttkafka.bridge.core.kafka.PreparedRecord;
import io.mqttkafka.bridge.core.session.Delivery;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A durable message and what its routes make of it: all of these records are written in one transaction, or none.
 * Thread-safe.
 */
final class TransactionUnit {
    final Delivery delivery;

    /** The record of each route that has made one; in the order of the routes. */
    private final @Nullable PreparedRecord[] records;

    /** How many routes have not come to a result. */
    private int undecided;

    private boolean ended;

    TransactionUnit(Delivery delivery, int routes) {
        this.delivery = delivery;
        records = new PreparedRecord[routes];
        undecided = routes;
    }

    /** A route has made a record; false if the unit has been given up, so that the record is of no use. */
    synchronized boolean prepared(int route, PreparedRecord record) {
        if (ended) {
            return false;
        }
        records[route] = record;
        undecided--;
        return true;
    }

    /** A route makes no record of it; true if that completes it. Has no effect once the unit is committed or given up. */
    synchronized boolean withoutRecord() {
        if (ended) {
            return false;
        }
        undecided--;
        return undecided == 0;
    }

    /** Takes back a record that cannot be written, so that its route decides anew; false if it is not of this unit. */
    synchronized boolean takeBack(PendingRecord refused) {
        for (int i = 0; i < records.length; i++) {
            PreparedRecord record = records[i];
            if (record != null && record.pending() == refused) {
                records[i] = null;
                undecided++;
                return true;
            }
        }
        return false;
    }

    /** Says whether every route has come to a result. */
    synchronized boolean complete() {
        return undecided == 0;
    }

    /** Adds the records to a transaction if every route has come to a result; else adds none and returns false. */
    synchronized boolean addTo(List<PreparedRecord> transaction) {
        if (undecided > 0) {
            return false;
        }
        addRecordsTo(transaction);
        return true;
    }

    private void addRecordsTo(List<PreparedRecord> list) {
        for (PreparedRecord record : records) {
            if (record != null) {
                list.add(record);
            }
        }
    }

    /** Says that it is committed. */
    synchronized void committed() {
        ended = true;
    }

    /** Says that it is given up; returns the records it has had. */
    synchronized List<PreparedRecord> giveUp() {
        ended = true;
        List<PreparedRecord> made = new ArrayList<>(records.length);
        addRecordsTo(made);
        return made;
    }
}
