package io.mqttkafka.bridge.testkit.fake.mqtt;

/**
 * What became of a message that a test published.
 *
 * <p>Only QoS 1 and 2 deliveries count, one for each session the message went to. Thread-safe.
 */
public final class Publication {

    private int recipients;
    private int acknowledged;
    private int refused;
    private int lost;

    Publication() {}

    /** Returns to how many sessions the message goes at QoS 1 or 2. */
    public synchronized int recipients() {
        return recipients;
    }

    /** Returns how many sessions have acknowledged it: by PUBACK, or by PUBCOMP. */
    public synchronized int acknowledged() {
        return acknowledged;
    }

    /** Returns how many sessions have answered it with an error. */
    public synchronized int refused() {
        return refused;
    }

    /** Returns for how many sessions it was dropped: expired, too large, queue full, or the session ended. */
    public synchronized int lost() {
        return lost;
    }

    /** Returns whether every session it went to at QoS 1 or 2 has acknowledged it; false if there was none. */
    public synchronized boolean isAcknowledged() {
        return recipients > 0 && acknowledged == recipients;
    }

    /** Returns the numbers. */
    @Override
    public synchronized String toString() {
        return "recipients=%d acknowledged=%d refused=%d lost=%d".formatted(recipients, acknowledged, refused, lost);
    }

    synchronized void expect() {
        recipients++;
    }

    synchronized void acknowledge() {
        acknowledged++;
    }

    synchronized void refuse() {
        refused++;
    }

    synchronized void lose() {
        lost++;
    }
}
