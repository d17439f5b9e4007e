package io.mqttkafka.bridge.core.failpoint;

/** A place on the way of a message where a crash is the hardest to survive. */
public enum Failpoint {
    /** A PUBLISH of QoS 1 or 2 has been read, and nothing has been done about it. */
    RECEIVED,
    /** Kafka has confirmed a record, and its PUBACK or PUBREC has not left. */
    CONFIRMED,
    /** A transaction has begun and holds nothing. */
    TRANSACTION_BEGUN,
    /** The records and the packet ids are in the transaction, which has not been asked to commit. */
    BEFORE_COMMIT,
    /** The transaction is committed, and nobody has been told. */
    COMMITTED,
    /** Acknowledgements are about to be written to the connection. */
    BEFORE_ACKNOWLEDGEMENT,
    /** Acknowledgements have been written to the connection. */
    ACKNOWLEDGED,
    /** A PUBREL has been read, and nothing has been done about it. */
    RELEASED,
    /** A transaction that removes packet ids is about to commit. */
    BEFORE_REMOVAL,
    /** A transaction that removes packet ids is committed, and no PUBCOMP has left. */
    REMOVED,
    /** The broker has begun a session, and Kafka does not know yet. */
    BEFORE_GENERATION,
    /** Kafka knows of the new session, and nothing is subscribed. */
    GENERATION_COMMITTED,
    /** The state is read back, and the MQTT broker has not been asked for a connection. */
    RESTORED,
    /** A transaction that assigns packet ids to records is about to commit. */
    BEFORE_ASSIGNMENT,
    /** A transaction that assigns packet ids to records is committed, and no PUBLISH has left. */
    ASSIGNED,
    /** A PUBREC of a message of ours has been read, and nothing has been done about it. */
    TAKEN_OVER,
    /** A transaction that says which messages the MQTT broker has taken over is about to commit. */
    BEFORE_RELEASE,
    /** A transaction that says which messages the MQTT broker has taken over is committed, and no PUBREL has left. */
    RELEASE_COMMITTED,
    /** A PUBCOMP of a message of ours has been read, and nothing has been done about it. */
    COMPLETED
}
