package io.mqttkafka.bridge.core.session;

/** What is on its way to the MQTT broker, in numbers. Thread-safe. */
public interface PublishTraffic {
    /** Counts the messages of QoS 1 and 2 on their way. */
    int unfinished();

    /** Counts the bytes of the messages that the broker has not taken over. */
    long bytes();

    /**
     * Tells how long the oldest message has been on its way.
     *
     * @param nowNanos the time
     * @return nanoseconds; 0 if none is
     */
    long oldestAge(long nowNanos);

    /** Says whether the next word is the MQTT broker's, for some message, rather than Kafka's. */
    boolean awaitsBroker();

    /** Counts the messages of QoS 1 and 2 that take a place on the present connection. */
    int onWire();

    /** Counts what the MQTT broker has said of messages. */
    long answers();

    /** Counts the messages that were accepted or refused: a sign of progress. */
    long finished();

    /** Counts the messages that were sent again as duplicates. */
    long resent();
}
