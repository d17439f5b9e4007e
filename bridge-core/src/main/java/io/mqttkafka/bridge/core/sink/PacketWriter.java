package io.mqttkafka.bridge.core.sink;

import io.mqttkafka.bridge.core.mqtt.PacketOutput;
import io.mqttkafka.bridge.core.mqtt.wire.PacketBatch;
import io.mqttkafka.bridge.core.session.ProtocolViolation;
import io.mqttkafka.bridge.core.session.Publication;
import io.mqttkafka.bridge.core.session.PublishSession;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that writes messages and releases to one connection, many in one write. So a broker that does not read holds up
 * neither the threads that read Kafka nor the one that reads the connection. The session bounds what waits here.
 */
final class PacketWriter implements PublishSession.Packets, Runnable {
    private static final Logger log = LoggerFactory.getLogger(PacketWriter.class);
    private static final int INITIAL_SIZE = 64 * 1024;
    private static final int LARGEST_KEPT = 1024 * 1024;
    private static final int WORTH_WRITING = 16 * 1024;
    private static final int PROTOCOL_ERROR = 0x82;

    /** Each packet id can have one message under way, and so one release that has not left. */
    private static final int MOST_RELEASES = 65_535;

    private final PublishSession session;
    private final PacketOutput output;
    private final InstantSource clock;
    private final Consumer<Throwable> broken;
    private final Thread thread;

    /** What is to be written next; guarded by this. */
    private PacketBatch filling;

    /** How many releases wait in there. */
    private int releases;

    private List<Publication> unacknowledged = new ArrayList<>();

    private volatile boolean signalled;
    private volatile boolean stopped;

    /**
     * Makes a writer.
     *
     * @param broken is told if the thread ends because of an error of ours, or of the machine
     */
    PacketWriter(
            String name, PublishSession session, PacketOutput output, InstantSource clock, Consumer<Throwable> broken) {
        this.broken = broken;
        this.session = session;
        this.output = output;
        filling = output.batch(INITIAL_SIZE);
        this.clock = clock;
        thread = new Thread(this, name);
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /** Writes what waits. Cheap if it is going to do so anyway. */
    void flush() {
        if (!signalled) {
            signalled = true;
            LockSupport.unpark(thread);
        }
    }

    /** Ends. Not before the connection is closed, or a write that is going on could hold it up. */
    void stop() {
        stopped = true;
        LockSupport.unpark(thread);
    }

    @Override
    public synchronized void publish(Publication publication, int packetId, boolean duplicate) {
        Outgoing outgoing = (Outgoing) publication;
        filling.publish(outgoing.packet, packetId, duplicate, outgoing.expirySeconds(clock.millis()));
        if (publication.qos() == 0) {
            unacknowledged.add(publication);
        }
        if (filling.length() >= WORTH_WRITING) {
            flush();
        }
    }

    /**
     * {@inheritDoc}
     *
     * @throws ProtocolViolation if the broker asks for more than there are packet ids, and reads none of them
     */
    @Override
    public synchronized void pubrel(int packetId, boolean known) {
        if (++releases > MOST_RELEASES) {
            throw new ProtocolViolation(
                    PROTOCOL_ERROR,
                    "the MQTT broker sent more PUBRECs than there are packet ids, and did not read the answers");
        }
        filling.pubrel(packetId, known);
        flush();
    }

    @Override
    public void run() {
        try {
            writeAll();
        } catch (RuntimeException | Error e) {
            broken.accept(e);
        }
    }

    private void writeAll() {
        PacketBatch other = output.batch(INITIAL_SIZE);
        while (!stopped) {
            signalled = false;
            PacketBatch full = null;
            List<Publication> left = List.of();
            synchronized (this) {
                if (filling.length() > 0) {
                    full = filling;
                    filling = other;
                    releases = 0;
                    if (!unacknowledged.isEmpty()) {
                        left = unacknowledged;
                        unacknowledged = new ArrayList<>();
                    }
                }
            }
            if (full == null) {
                if (!signalled && !stopped) {
                    LockSupport.park(this);
                }
            } else {
                boolean written = write(full);
                // Whether or not all of it has left: at most once leaves no second try.
                session.written(left);
                if (!written) {
                    return;
                }
                full.clear();
                other = full.capacity() > LARGEST_KEPT ? output.batch(INITIAL_SIZE) : full;
            }
        }
    }

    private boolean write(PacketBatch packets) {
        try {
            output.write(packets);
            return true;
        } catch (IOException e) {
            // The reader finds the connection broken too; what was not acknowledged is sent again.
            log.debug("Messages could not be written", e);
            return false;
        }
    }

    /** Shows how much waits, no contents. */
    @Override
    public synchronized String toString() {
        return "PacketWriter[" + filling.length() + " bytes]";
    }
}
