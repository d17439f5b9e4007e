package io.mqttkafka.bridge.core.session;

import java.util.Collection;
import java.util.List;

/**
 * The records whose messages an earlier process had sent, which are expected to come again from Kafka, and what their readers
 * have to tell of partitions. Thread-safe.
 */
public interface ExpectedRecords {
    /** Expects none: for routes that do not publish exactly once. */
    ExpectedRecords NONE = new ExpectedRecords() {
        @Override
        public Recollection recall(RecordId record, Recalled owner) {
            return Recollection.UNKNOWN;
        }

        @Override
        public void disown(RecordId record) {
            // No packet id stands for it.
        }

        @Override
        public Collection<Partition> unresolved() {
            return List.of();
        }

        @Override
        public boolean passed(Partition partition, long offset) {
            return false;
        }

        @Override
        public boolean ended(Partition partition, long end) {
            return false;
        }

        @Override
        public void revoked(Partition partition) {
            // Nothing is known of it.
        }

        @Override
        public void offsetCommitted(Partition partition, long offset) {
            // No mark is before it.
        }
    };

    /** Hears what becomes of a record that came again while its message is on its way. Called once, by any thread. */
    interface Recalled {
        /** The MQTT broker has taken it over: the record is done. */
        void delivered();

        /** It has to be published again. */
        void again();
    }

    /** What is known of a record that comes from Kafka. */
    enum Recollection {
        /** Nothing: it is to be published. */
        UNKNOWN,
        /** It has a packet id, under which it is to be published again, or else {@linkplain #disown disowned}. */
        ASSIGNED,
        /** Its message is on its way; its owner will be told. */
        ON_ITS_WAY,
        /** The MQTT broker has taken it over. */
        DONE
    }

    /**
     * Says what is known of a record that has come. Those before it in its partition come no more.
     *
     * @param record the record
     * @param owner is told if its message is on its way
     * @return what is known
     */
    Recollection recall(RecordId record, Recalled owner);

    /**
     * Tells that a record that was recalled as {@link Recollection#ASSIGNED} is done without being published again.
     *
     * @param record the record
     */
    void disown(RecordId record);

    /**
     * Returns the partitions of records that were restored and have neither come nor been {@linkplain #passed passed}.
     *
     * @return the partitions; mostly none
     */
    Collection<Partition> unresolved();

    /**
     * Tells that the records of a partition that lie before an offset, and have not come by now, will not come.
     *
     * @param partition the partition
     * @param offset the offset
     * @return whether there are such records
     */
    boolean passed(Partition partition, long offset);

    /**
     * Tells that the log of a partition ends at an offset, so that records at or behind it, which an earlier process had read,
     * are gone: the topic was made anew, or its log was cut.
     *
     * @param partition the partition
     * @param end the offset
     * @return whether there are such records
     */
    boolean ended(Partition partition, long end);

    /**
     * Tells that a partition was taken away, and that what was not sent is another member's.
     *
     * @param partition the partition
     */
    void revoked(Partition partition);

    /**
     * Tells that the offset of a partition is committed, so that marks before it are of no use.
     *
     * @param partition the partition
     * @param offset the offset
     */
    void offsetCommitted(Partition partition, long offset);
}
