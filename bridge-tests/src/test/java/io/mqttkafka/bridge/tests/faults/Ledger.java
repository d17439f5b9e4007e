package io.mqttkafka.bridge.tests.faults;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;

/**
 * The truth about one run: which messages were sent, and which of them the MQTT broker has acknowledged and so owes to
 * Kafka. A message is a number that counts within its topic. Thread-safe.
 */
final class Ledger {

    /** What identifies a message. */
    record Message(int topic, int number) {}

    private static final int MAGIC = 0x4252_4447;
    private static final int HEADER_BYTES = 4 + 8 + 4 + 4 + 4;
    private static final int CHECKSUM_BYTES = 4;

    /** The smallest payload. */
    static final int LEAST_BYTES = HEADER_BYTES + CHECKSUM_BYTES;

    private final String run;
    private final long id;
    private final int[] sent;
    private final List<BitSet> acknowledged = new ArrayList<>();
    private int acknowledgedInAll;

    Ledger(String run, int topics) {
        this.run = run;
        this.id = new SplittableRandom().nextLong();
        sent = new int[topics];
        for (int topic = 0; topic < topics; topic++) {
            acknowledged.add(new BitSet());
        }
    }

    static String filter(String run) {
        return "in-" + run + "/{n}";
    }

    static String template(String run) {
        return run + "-{n}";
    }

    int topics() {
        return sent.length;
    }

    String run() {
        return run;
    }

    String mqttTopic(int topic) {
        return "in-" + run + "/" + topic;
    }

    String kafkaTopic(int topic) {
        return run + "-" + topic;
    }

    /** Takes down that the next message of this topic is about to be sent. */
    synchronized Message next(int topic) {
        return new Message(topic, sent[topic]++);
    }

    synchronized void acknowledged(Message message) {
        BitSet numbers = acknowledged.get(message.topic());
        if (!numbers.get(message.number())) {
            numbers.set(message.number());
            acknowledgedInAll++;
        }
    }

    synchronized int acknowledged() {
        return acknowledgedInAll;
    }

    synchronized BitSet acknowledged(int topic) {
        return (BitSet) acknowledged.get(topic).clone();
    }

    synchronized int sent(int topic) {
        return sent[topic];
    }

    synchronized int sent() {
        int sum = 0;
        for (int one : sent) {
            sum += one;
        }
        return sum;
    }

    /** Makes the payload of a message: who it is, a filling that differs from message to message, a checksum. */
    byte[] payload(Message message, int bytes) {
        ByteBuffer payload = ByteBuffer.allocate(Math.max(LEAST_BYTES, bytes));
        payload.putInt(MAGIC)
                .putLong(id)
                .putInt(message.topic())
                .putInt(message.number())
                .putInt(payload.capacity());
        byte[] filling = new byte[payload.remaining() - CHECKSUM_BYTES];
        new SplittableRandom(id ^ message.topic() << 28 ^ message.number()).nextBytes(filling);
        payload.put(filling);
        return payload.putInt(checksum(payload.array())).array();
    }

    /** Reads a payload; empty if it is not one of this run, whole and unchanged. */
    Optional<Message> read(byte[] bytes) {
        if (bytes == null || bytes.length < LEAST_BYTES) {
            return Optional.empty();
        }
        ByteBuffer payload = ByteBuffer.wrap(bytes);
        boolean legible = payload.getInt() == MAGIC && payload.getLong() == id;
        Message message = new Message(payload.getInt(), payload.getInt());
        legible &= payload.getInt() == bytes.length
                && payload.getInt(bytes.length - CHECKSUM_BYTES) == checksum(bytes)
                && message.topic() >= 0
                && message.topic() < sent.length
                && message.number() >= 0
                && message.number() < sent(message.topic());
        return legible ? Optional.of(message) : Optional.empty();
    }

    private static int checksum(byte[] payload) {
        CRC32C crc = new CRC32C();
        crc.update(payload, 0, payload.length - CHECKSUM_BYTES);
        return (int) crc.getValue();
    }
}
