package io.mqttkafka.bridge.core.session;

/**
 * How much of the {@link Outbox} may be on its way, and whether somebody waits until it is less. Guarded by the outbox.
 */
final class OutboxRoom {
    private final int most;
    private final long mostBytes;
    private final PublishQueue<OutboxEntry> queue;
    private int unfinished;
    private boolean wanted;

    OutboxRoom(int most, long mostBytes, PublishQueue<OutboxEntry> queue) {
        this.most = most;
        this.mostBytes = mostBytes;
        this.queue = queue;
    }

    /** Says whether another message may be on its way. */
    boolean isFor(Publication publication) {
        return fits(publication, 1) && unfinished < most;
    }

    /** Says whether a message fits if there may be so many times the bytes; one is never too large by itself. */
    boolean fits(Publication publication, int times) {
        return (queue.bytes() + publication.size) / times <= mostBytes || queue.bytes() == 0;
    }

    void append(OutboxEntry one, Publication publication) {
        queue.append(one, publication.size);
        unfinished++;
    }

    void remove(OutboxEntry one, Publication publication) {
        queue.remove(one, publication.size);
        unfinished--;
    }

    /** Somebody found no room, and waits. */
    void want() {
        wanted = true;
    }

    /** Says, once, that who waits may try again. A quarter at a time: waking a thread for every message costs more than that. */
    boolean hasBecomeFree() {
        boolean enough = queue.bytes() <= mostBytes * 3 / 4 && unfinished <= most * 3 / 4;
        if (!wanted || !enough) {
            return false;
        }
        wanted = false;
        return true;
    }

    /** Counts the messages on their way. */
    int unfinished() {
        return unfinished;
    }

    /** The most messages on their way. */
    int most() {
        return most;
    }
}
