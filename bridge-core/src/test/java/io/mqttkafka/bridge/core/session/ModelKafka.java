package io.mqttkafka.bridge.core.session;

import static io.mqttkafka.bridge.core.session.Violation.Promise.IN_ORDER;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.function.IntUnaryOperator;

/**
 * A Kafka topic for each route, and the idempotent producer in front of it.
 *
 * <p>What is sent to a partition is written in the order of sending, some time later; the sender learns of it in the same
 * order, later again; partitions know nothing of each other. A send may fail, and then its record may be in the log all
 * the same. A partition may hang.
 */
final class ModelKafka {
    static final int MOST_ROUTES = 3;
    private static final int PARTITIONS_OF_A_TOPIC = 2;
    static final int PARTITIONS = MOST_ROUTES * PARTITIONS_OF_A_TOPIC;

    /** One record handed to the producer. */
    static final class Send {
        final Receipt receipt;
        final int route;
        private boolean written;

        Send(Receipt receipt, int route) {
            this.receipt = receipt;
            this.route = route;
        }

        Message message() {
            return receipt.message;
        }

        @Override
        public String toString() {
            return message() + " for route " + route;
        }
    }

    private static final class Partition {
        /** Sent, and the sender has not heard of it; what is written comes first. */
        final Deque<Send> open = new ArrayDeque<>();

        boolean hangs;
    }

    private final List<Partition> partitions = new ArrayList<>();
    private final int[] copies;

    /** For each route and lane the last message of which there is a first copy. */
    private final int[] last;

    /** Messages that go by transactions are in order among themselves, and so are the others. */
    private final boolean durable;

    private final int topics;

    private int duplicates;

    ModelKafka(int messages, int topics, boolean durable) {
        this.durable = durable;
        this.topics = topics;
        copies = new int[messages * MOST_ROUTES];
        last = new int[2 * topics * MOST_ROUTES];
        for (int i = 0; i < PARTITIONS; i++) {
            partitions.add(new Partition());
        }
    }

    /** Hands a record to the producer. All records of one MQTT topic and route go to one partition. */
    void send(Receipt receipt, int route) {
        int partition = route * PARTITIONS_OF_A_TOPIC + receipt.message.topic() % PARTITIONS_OF_A_TOPIC;
        partitions.get(partition).open.add(new Send(receipt, route));
    }

    /** Writes the next record of a partition to the log, and says nothing to its sender yet. Null if there is none. */
    Send write(int partition) {
        Partition in = partitions.get(partition);
        if (!in.hangs) {
            for (Send send : in.open) {
                if (!send.written) {
                    append(send);
                    return send;
                }
            }
        }
        return null;
    }

    /** Writes a record of a transaction, which is committed. */
    void append(Receipt receipt, int route) {
        append(new Send(receipt, route));
    }

    private void append(Send send) {
        send.written = true;
        Message message = send.message();
        int slot = slot(message.number(), send.route);
        if (copies[slot]++ > 0) {
            duplicates++;
            return;
        }
        int lane = durable && message.qos() == 2 ? topics + message.topic() : message.topic();
        int lastSlot = lane * MOST_ROUTES + send.route;
        if (message.number() < last[lastSlot]) {
            throw new Violation(IN_ORDER, message + " is written after message " + last[lastSlot]);
        }
        last[lastSlot] = message.number();
    }

    /** Tells the sender of the oldest record of a partition that it is written. Null if it is not, or there is none. */
    Send confirm(int partition) {
        Partition in = partitions.get(partition);
        Send oldest = in.open.peek();
        return in.hangs || oldest == null || !oldest.written ? null : in.open.remove();
    }

    /** Fails the oldest record of a partition, written or not. Null if there is none. */
    Send fail(int partition) {
        return partitions.get(partition).open.poll();
    }

    /** Closes the producer: nothing more is written, and all that its sender has not heard of fails. */
    List<Send> close() {
        return crash(open -> 0);
    }

    /** Ends the producer together with the process: writes some more of each partition. Nobody hears of it. */
    List<Send> crash(IntUnaryOperator upTo) {
        List<Send> gone = new ArrayList<>();
        for (Partition partition : partitions) {
            int more = partition.open.isEmpty() ? 0 : upTo.applyAsInt(partition.open.size());
            Iterator<Send> sends = partition.open.iterator();
            while (more > 0 && sends.hasNext()) {
                Send send = sends.next();
                if (!send.written) {
                    append(send);
                    more--;
                }
            }
            gone.addAll(partition.open);
            partition.open.clear();
        }
        return gone;
    }

    void hang(int partition, boolean hangs) {
        partitions.get(partition).hangs = hangs;
    }

    int copies(int number, int route) {
        return copies[slot(number, route)];
    }

    /** Records written beyond the first of each message and route. */
    int duplicates() {
        return duplicates;
    }

    private static int slot(int number, int route) {
        return number * MOST_ROUTES + route;
    }
}
