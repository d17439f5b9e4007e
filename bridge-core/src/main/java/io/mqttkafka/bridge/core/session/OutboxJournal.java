package io.mqttkafka.bridge.core.session;

import io.mqttkafka.bridge.core.session.OutboxChange.Put;
import io.mqttkafka.bridge.core.session.OutboxState.Phase;
import io.mqttkafka.bridge.core.session.Qos2Journal.Entry;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Writes {@link OutboxState} as a row of small entries and reads it back, in slots as {@link Qos2Journal} does: one entry
 * for each transaction, either what it changed or, twice in each round of the slots, everything.
 */
public final class OutboxJournal {
    private static final byte VERSION = 2;
    private static final byte WHOLE = 1;
    private static final byte CHANGE = 2;
    private static final int HEAD_BYTES = 1 + 1 + Long.BYTES;
    private static final int PHASE_BITS = 0x0F;
    private static final int WITH_RECORD = 0x10;
    private static final Phase[] PHASES = Phase.values();

    private OutboxJournal() {}

    /**
     * Writes the entry of a transaction.
     *
     * @param before the committed state that the change applies to
     * @param change the change
     * @return the entry
     */
    public static Entry write(OutboxState before, OutboxChange change) {
        long sequence = before.sequence() + 1;
        int slot = (int) (sequence % Qos2Journal.SLOTS);
        boolean whole = slot % (Qos2Journal.SLOTS / 2) == 0 || sequence == 1;
        return new Entry(slot, whole ? whole(before.after(change)) : change(sequence, change));
    }

    private static byte[] whole(OutboxState state) {
        Writer out = new Writer(64 + state.size() * 24);
        state.slots().forEach((id, slot) -> out.put(id, slot.phase(), slot.record()));
        List<RecordId> done = new ArrayList<>();
        state.done()
                .forEach((partition, offsets) -> offsets.forEach(
                        (offset, fingerprint) -> done.add(new RecordId(partition, offset, fingerprint))));
        return out.entry(WHOLE, state.sequence(), List.of(), state.size(), done, Map.of());
    }

    private static byte[] change(long sequence, OutboxChange change) {
        Writer out = new Writer(64 + change.puts().size() * 24);
        for (Put put : change.puts()) {
            out.put(put.packetId(), put.phase(), put.record());
        }
        return out.entry(CHANGE, sequence, change.removed(), change.puts().size(), change.done(), change.committed());
    }

    /** Collects the phases first, so that the partitions they need can be written before them. */
    private static final class Writer {
        private final Map<Partition, Integer> partitions = new LinkedHashMap<>();
        private ByteBuffer out;

        Writer(int size) {
            out = ByteBuffer.allocate(size);
        }

        void put(int id, Phase phase, @Nullable RecordId record) {
            room(Short.BYTES + 1);
            out.putShort((short) id);
            out.put((byte) (phase.ordinal() | (record == null ? 0 : WITH_RECORD)));
            if (record != null) {
                record(record);
            }
        }

        private void record(RecordId record) {
            room(Short.BYTES + 2 * Long.BYTES);
            out.putShort(index(record.partition())).putLong(record.offset()).putLong(record.fingerprint());
        }

        private short index(Partition partition) {
            Integer known = partitions.get(partition);
            if (known == null) {
                known = partitions.size();
                partitions.put(partition, known);
            }
            return known.shortValue();
        }

        byte[] entry(
                byte kind,
                long sequence,
                List<Integer> removed,
                int puts,
                List<RecordId> done,
                Map<Partition, Long> committed) {
            byte[] phases = take();
            done.forEach(this::record);
            byte[] marks = take();
            committed.forEach((partition, offset) -> {
                room(Short.BYTES + Long.BYTES);
                out.putShort(index(partition)).putLong(offset);
            });
            byte[] offsets = take();
            room(HEAD_BYTES);
            out.put(VERSION).put(kind).putLong(sequence);
            partitions();
            room(Integer.BYTES * (5 + removed.size()) + phases.length + marks.length + offsets.length);
            out.putInt(removed.size());
            removed.forEach(id -> out.putShort(id.shortValue()));
            out.putInt(puts).put(phases);
            out.putInt(done.size()).put(marks);
            out.putInt(committed.size()).put(offsets);
            return take();
        }

        private void partitions() {
            room(Integer.BYTES);
            out.putInt(partitions.size());
            for (Partition partition : partitions.keySet()) {
                text(partition.group());
                text(partition.topic());
                room(Integer.BYTES);
                out.putInt(partition.number());
            }
        }

        private void text(String text) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            room(Integer.BYTES + bytes.length);
            out.putInt(bytes.length).put(bytes);
        }

        private void room(int count) {
            if (out.remaining() < count) {
                byte[] larger = Arrays.copyOf(out.array(), Math.max(out.capacity() * 2, out.position() + count));
                out = ByteBuffer.wrap(larger).position(out.position());
            }
        }

        private byte[] take() {
            byte[] bytes = Arrays.copyOf(out.array(), out.position());
            out.clear();
            return bytes;
        }
    }

    /**
     * Reads the state back.
     *
     * @param entries the entries that are left, in any order
     * @return the state after the last of them
     * @throws IllegalArgumentException if they are not what {@link #write} wrote: a gap, say, or a version unknown to us
     */
    public static OutboxState read(List<byte[]> entries) {
        List<ByteBuffer> inOrder = entries.stream()
                .map(OutboxJournal::readable)
                .sorted(Comparator.comparingLong(OutboxJournal::sequence))
                .collect(Collectors.toList());
        int first = 0;
        for (int i = 0; i < inOrder.size(); i++) {
            if (inOrder.get(i).get(1) == WHOLE) {
                first = i;
            }
        }
        OutboxState state = new OutboxState();
        for (ByteBuffer entry : inOrder.subList(first, inOrder.size())) {
            try {
                state = read(entry, state);
            } catch (BufferUnderflowException | IndexOutOfBoundsException | NegativeArraySizeException e) {
                throw new IllegalArgumentException("an entry of the state of QoS 2 is cut short", e);
            }
        }
        return state;
    }

    private static ByteBuffer readable(byte[] bytes) {
        ByteBuffer entry = ByteBuffer.wrap(bytes);
        if (bytes.length < HEAD_BYTES || entry.get(0) != VERSION) {
            throw new IllegalArgumentException(
                    "an entry of the state of QoS 2 is of a form that this version cannot read");
        }
        return entry;
    }

    private static long sequence(ByteBuffer entry) {
        return entry.getLong(2);
    }

    private static OutboxState read(ByteBuffer in, OutboxState before) {
        boolean whole = in.get(1) == WHOLE;
        long sequence = sequence(in);
        if (!whole && sequence != before.sequence() + 1) {
            throw new IllegalArgumentException("the state of QoS 2 has a gap before entry " + sequence);
        }
        in.position(HEAD_BYTES);
        OutboxState state = whole ? new OutboxState() : before;
        state.sequence(sequence);
        List<Partition> partitions = new ArrayList<>();
        for (int left = in.getInt(); left > 0; left--) {
            partitions.add(new Partition(text(in), text(in), in.getInt()));
        }
        for (int left = in.getInt(); left > 0; left--) {
            state.remove(in.getShort() & 0xFFFF);
        }
        for (int left = in.getInt(); left > 0; left--) {
            int id = in.getShort() & 0xFFFF;
            int phase = in.get();
            state.put(id, PHASES[phase & PHASE_BITS], (phase & WITH_RECORD) == 0 ? null : record(in, partitions));
        }
        for (int left = in.getInt(); left > 0; left--) {
            state.markDone(record(in, partitions));
        }
        for (int left = in.getInt(); left > 0; left--) {
            state.committed(partitions.get(in.getShort() & 0xFFFF), in.getLong());
        }
        return state;
    }

    private static String text(ByteBuffer in) {
        byte[] bytes = new byte[in.getInt()];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static RecordId record(ByteBuffer in, List<Partition> partitions) {
        return new RecordId(partitions.get(in.getShort() & 0xFFFF), in.getLong(), in.getLong());
    }
}
