package io.mqttkafka.bridge.testkit.fake.mqtt;

import io.mqttkafka.bridge.testkit.fake.JvmOrder;
import io.mqttkafka.bridge.testkit.net.FaultProxy.Direction;
import io.mqttkafka.bridge.testkit.packet.MqttPacket;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Connects the broker's core with the sockets, the test and the clock, so that only one thing happens at a time.
 *
 * <p>Thread-safe: the lock is this object, and whoever waits for something to become true is woken by every event.
 */
final class Switchboard {

    private static final int KEPT_VIOLATIONS = 1_000;

    private final Timers timers;
    private final long startNanos;
    private final BrokerCore core;
    private final FaultScript faults;
    private final PacketJournal journal = new PacketJournal();
    private final Deque<String> violations = new ArrayDeque<>();
    private final Set<Line> lines = new LinkedHashSet<>();
    private int connections;

    Switchboard(BrokerOptions options, Function<Object, Timers> timers) {
        this.timers = timers.apply(this);
        this.startNanos = this.timers.nanos();
        this.core = new BrokerCore(options, this.timers, this::violated);
        this.faults = new FaultScript(this, this::reusePacketIds);
    }

    FaultScript faults() {
        return faults;
    }

    synchronized Line opened(Wire wire) {
        Line line = new Line(++connections, wire, core, faults, timers, this::log);
        lines.add(line);
        core.opened(line.connection());
        notifyAll();
        return line;
    }

    synchronized void received(Line line, MqttPacket packet) {
        line.received(packet);
        notifyAll();
    }

    /** Takes bytes that are no packet. */
    synchronized void malformed(Line line, int reasonCode, @Nullable String what) {
        core.broken(line.connection(), reasonCode, what);
        notifyAll();
    }

    /** Refuses a CONNECT that cannot be shown as one of MQTT 5. */
    synchronized void refuse(Line line, int reasonCode) {
        core.refuse(line.connection(), reasonCode);
        notifyAll();
    }

    /** Takes an error of the socket, or of the broker itself. */
    synchronized void failed(Line line, Throwable cause) {
        if (!(cause instanceof IOException)) {
            violated("#%d: %s".formatted(line.connection().number(), cause));
        }
        line.closeQuietly();
        notifyAll();
    }

    synchronized void closed(Line line) {
        lines.remove(line);
        line.lost();
        notifyAll();
    }

    /** Disconnects all clients, as the broker is about to stop. */
    synchronized void disconnectAll() {
        List.copyOf(lines).forEach(line -> core.disconnect(line.connection(), ReasonCodes.SERVER_SHUTTING_DOWN));
        notifyAll();
    }

    /** Asks the core for something. It wakes nobody: those who wait ask, too. */
    synchronized <T> T ask(Function<BrokerCore, T> question) {
        return question.apply(core);
    }

    /** Tells the core to do something. */
    synchronized void tell(Consumer<BrokerCore> command) {
        command.accept(core);
        notifyAll();
    }

    /**
     * Does something with the connection of a client.
     *
     * @throws IllegalStateException if the client is not connected
     */
    synchronized void tell(String clientId, Consumer<Line> command) {
        Line line = lines.stream()
                .filter(candidate -> candidate.connection().isConnected()
                        && candidate.connection().clientId().equals(clientId))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("The client '" + clientId + "' is not connected"));
        command.accept(line);
        notifyAll();
    }

    /** Waits until something is true, by the machine's clock; returns whether it is. */
    synchronized boolean await(Duration timeout, BooleanSupplier condition) {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (!condition.getAsBoolean()) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            try {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("Interrupted while waiting for the broker", e);
            }
        }
        return true;
    }

    synchronized List<String> openConnections() {
        return lines.stream()
                .map(line -> ("#" + line.connection().number() + " "
                                + line.connection().clientId())
                        .strip())
                .toList();
    }

    synchronized long nanos() {
        return timers.nanos();
    }

    synchronized List<LoggedPacket> packets() {
        return journal.packets();
    }

    synchronized void clearPackets() {
        journal.clear();
    }

    synchronized String packetLog() {
        return journal.toString();
    }

    synchronized List<String> violations() {
        return List.copyOf(violations);
    }

    private synchronized void reusePacketIds() {
        core.reusePacketIds();
    }

    private void log(ClientConnection connection, Direction direction, MqttPacket packet) {
        Duration at = Duration.ofNanos(timers.nanos() - startNanos);
        journal.add(
                new LoggedPacket(at, connection.number(), connection.clientId(), direction, packet, JvmOrder.next()));
    }

    private void violated(String what) {
        if (violations.size() == KEPT_VIOLATIONS) {
            violations.removeFirst();
        }
        violations.addLast(what);
    }
}
