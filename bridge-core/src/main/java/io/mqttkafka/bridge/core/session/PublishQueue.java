package io.mqttkafka.bridge.core.session;

import org.jspecify.annotations.Nullable;

/**
 * The messages on their way, in the order of publishing, and the first of them that is to be sent on this connection and was
 * not. Each is its own link, so that the queue costs nothing per message. Guarded by its owner.
 *
 * @param <L> the links
 */
final class PublishQueue<L extends PublishQueue.Link<L>> {
    /** One message in the queue. */
    abstract static class Link<L extends Link<L>> {
        /** Its place in the order of publishing. */
        long order;

        /** Its neighbours in the order of publishing. */
        @Nullable
        L previous;

        @Nullable
        L next;
    }

    @Nullable
    L first;

    private @Nullable L last;

    /** The first message that is to be sent on this connection and was not; null if all are sent. */
    @Nullable
    L unsent;

    private long appended;
    private long bytes;

    /** Adds a message of so many bytes behind the others. */
    void append(L one, int size) {
        one.order = ++appended;
        one.previous = last;
        if (last == null) {
            first = one;
        } else {
            last.next = one;
        }
        last = one;
        bytes += size;
    }

    /** Takes a message out that has so many bytes. */
    void remove(L one, int size) {
        if (unsent == one) {
            unsent = one.next;
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
        bytes -= size;
    }

    /** Everything is to be sent, as far as it was not on the present connection. */
    void sendAll() {
        unsent = first;
    }

    /** One that was sent is to be sent again, before what comes after it. */
    void sendAgain(L one) {
        if (unsent == null || one.order < unsent.order) {
            unsent = one;
        }
    }

    /** Counts the bytes of all. */
    long bytes() {
        return bytes;
    }
}
