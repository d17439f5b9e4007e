package io.mqttkafka.bridge.testkit.fake.mqtt;

import io.mqttkafka.bridge.testkit.net.FaultProxy.Direction;
import io.mqttkafka.bridge.testkit.packet.MqttPacket;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/** One direction of a connection, where faults meet the packets and may hold them up. Not thread-safe. */
final class Lane {

    private final Line line;
    private final Direction direction;
    private final FaultScript faults;
    private final Timers timers;
    private final Consumer<MqttPacket> destination;

    private final Deque<Runnable> held = new ArrayDeque<>();
    private boolean blocked;
    private boolean over;
    private long nanosPerByte;

    Lane(Line line, Direction direction, FaultScript faults, Timers timers, Consumer<MqttPacket> destination) {
        this.line = line;
        this.direction = direction;
        this.faults = faults;
        this.timers = timers;
        this.destination = destination;
    }

    Line line() {
        return line;
    }

    Direction direction() {
        return direction;
    }

    /** Returns how many packets are held up. */
    int held() {
        return held.size();
    }

    /** Takes a packet that has to go this way. */
    void offer(MqttPacket packet) {
        inTurn(() -> pass(packet));
    }

    /** Does something when all packets before it have passed. */
    void inTurn(Runnable action) {
        if (over) {
            return;
        }
        if (blocked) {
            held.addLast(action);
        } else {
            action.run();
        }
    }

    boolean isOver() {
        return over;
    }

    /** Lets a packet pass once more, without faults. */
    void repeat(MqttPacket packet) {
        if (!over) {
            arrive(packet);
        }
    }

    /** Lets a packet pass when this time is over, and those after it behind it. */
    void hold(long nanos, MqttPacket packet) {
        held.addFirst(() -> forward(packet));
        block(nanos);
    }

    /** Lets a packet pass when this time is over, and those after it meanwhile. */
    void setAside(long nanos, MqttPacket packet) {
        timers.after(nanos, () -> inTurn(() -> forward(packet)));
    }

    /** Lets each packet hold up those after it. */
    void throttle(long nanosForEachByte) {
        nanosPerByte = nanosForEachByte;
    }

    /** Loses what is held up and all that comes. */
    void end() {
        over = true;
        held.clear();
    }

    private void pass(MqttPacket packet) {
        FaultAction fault = faults.next(false, direction, line.connection(), packet);
        if (fault == null) {
            forward(packet);
        } else {
            fault.apply(this, packet, this::forward);
        }
    }

    private void forward(MqttPacket packet) {
        arrive(packet);
        FaultAction fault = faults.next(true, direction, line.connection(), packet);
        if (fault != null) {
            fault.apply(this, packet, passed -> {});
        }
    }

    private void arrive(MqttPacket packet) {
        destination.accept(packet);
        if (nanosPerByte > 0 && !over) {
            block(nanosPerByte * packet.bytes().length);
        }
    }

    private void block(long nanos) {
        blocked = true;
        timers.after(nanos, this::release);
    }

    private void release() {
        blocked = false;
        while (!blocked && !held.isEmpty()) {
            held.removeFirst().run();
        }
        line.released();
    }
}
