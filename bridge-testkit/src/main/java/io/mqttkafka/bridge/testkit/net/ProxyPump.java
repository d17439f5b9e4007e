package io.mqttkafka.bridge.testkit.net;

import io.mqttkafka.bridge.testkit.net.FaultProxy.Direction;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Moves one direction of a connection: a reader that taps bytes as they arrive, a bounded queue, and a writer that
 * forwards them when the faults allow it. The queue between the two lets a delay hold many chunks at once instead of
 * one after the other.
 */
final class ProxyPump {

    private static final int BUFFER_BYTES = 16 * 1024;
    private static final int QUEUED_CHUNKS = 64;
    private static final long JOIN_MILLIS = 5_000;

    private enum Kind {
        BYTES,
        END_OF_STREAM,
        RESET
    }

    private record Chunk(Kind kind, byte[] bytes, long arrivedNanos) {

        static Chunk of(byte[] bytes) {
            return new Chunk(Kind.BYTES, bytes, System.nanoTime());
        }

        static Chunk last(Kind kind) {
            return new Chunk(kind, new byte[0], System.nanoTime());
        }
    }

    private final ProxiedConnection connection;
    private final int number;
    private final Direction direction;
    private final Socket from;
    private final Socket to;
    private final ProxyFaults faults;
    private final FaultProxy.Tap tap;
    private final BlockingQueue<Chunk> queue = new ArrayBlockingQueue<>(QUEUED_CHUNKS);
    private final Thread reader;
    private final Thread writer;

    ProxyPump(
            ProxiedConnection connection,
            int number,
            Direction direction,
            Socket from,
            Socket to,
            ProxyFaults faults,
            FaultProxy.Tap tap) {
        this.connection = connection;
        this.number = number;
        this.direction = direction;
        this.from = from;
        this.to = to;
        this.faults = faults;
        this.tap = tap;
        String name = "fault-proxy-" + number + "-" + direction;
        this.reader = Sockets.daemon(name + "-reader", this::read);
        this.writer = Sockets.daemon(name + "-writer", this::write);
    }

    void start() {
        reader.start();
        writer.start();
    }

    void interrupt() {
        reader.interrupt();
        writer.interrupt();
    }

    void join() {
        try {
            reader.join(JOIN_MILLIS);
            writer.join(JOIN_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void read() {
        try {
            queue.put(Chunk.last(readToEnd()));
        } catch (InterruptedException e) {
            // only a reset interrupts, and it has closed everything
            Thread.currentThread().interrupt();
        }
    }

    private Kind readToEnd() throws InterruptedException {
        byte[] buffer = new byte[BUFFER_BYTES];
        try {
            InputStream in = from.getInputStream();
            for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
                tap.onBytes(number, direction, buffer, 0, length);
                if (!connection.isSevered()) {
                    queue.put(Chunk.of(Arrays.copyOf(buffer, length)));
                }
            }
            return Kind.END_OF_STREAM;
        } catch (IOException e) {
            return connection.isSevered() ? Kind.END_OF_STREAM : Kind.RESET;
        } catch (RuntimeException | Error e) {
            // the tap's; the proxy has kept it
            return Kind.RESET;
        }
    }

    private void write() {
        try {
            Chunk chunk = queue.take();
            while (chunk.kind == Kind.BYTES) {
                forward(chunk);
                chunk = queue.take();
            }
            if (chunk.kind == Kind.RESET) {
                connection.reset();
            } else if (!connection.isSevered()) {
                // the stream of a severed connection ended by its own socket being closed: its peer gets no FIN for it
                Sockets.shutdownOutput(to);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            connection.pumpEnded();
        }
    }

    private void forward(Chunk chunk) throws InterruptedException {
        long wait = chunk.arrivedNanos + faults.delayNanos() - System.nanoTime();
        if (wait > 0) {
            TimeUnit.NANOSECONDS.sleep(wait);
        }
        int offset = 0;
        while (offset < chunk.bytes.length && !connection.isSevered()) {
            faults.awaitFlow(direction);
            ProxyFaults.Allowance allowance = faults.allow(direction, chunk.bytes.length - offset);
            writeOut(chunk.bytes, offset, allowance.bytes());
            offset += allowance.bytes();
            if (allowance.cut()) {
                connection.sever(direction);
            }
        }
    }

    private void writeOut(byte[] bytes, int offset, int length) {
        try {
            to.getOutputStream().write(bytes, offset, length);
            faults.countForwarded(direction, length);
        } catch (IOException e) {
            // a severed connection has one end left, which goes on until it closes
            if (!connection.isSevered()) {
                connection.reset();
            }
        }
    }
}
