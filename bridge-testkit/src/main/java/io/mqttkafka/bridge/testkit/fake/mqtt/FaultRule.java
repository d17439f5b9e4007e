package io.mqttkafka.bridge.testkit.fake.mqtt;

import io.mqttkafka.bridge.testkit.net.FaultProxy.Direction;
import io.mqttkafka.bridge.testkit.packet.MqttPacket;
import io.mqttkafka.bridge.testkit.packet.MqttPacketType;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A fault being written: first which packets it waits for, then what happens; only with the latter is it in force.
 *
 * <p>Without a direction it waits for packets both ways, without a number it meets each of them. A number counts what
 * all other conditions let through, over all connections. Not thread-safe until it is in force.
 */
public final class FaultRule {

    private static final Set<MqttPacketType> REFUSABLE = EnumSet.of(
            MqttPacketType.CONNECT,
            MqttPacketType.CONNACK,
            MqttPacketType.PUBLISH,
            MqttPacketType.PUBACK,
            MqttPacketType.PUBREC,
            MqttPacketType.PUBREL,
            MqttPacketType.PUBCOMP,
            MqttPacketType.SUBSCRIBE,
            MqttPacketType.SUBACK,
            MqttPacketType.UNSUBSCRIBE,
            MqttPacketType.UNSUBACK);

    private final FaultScript script;
    private final MqttPacketType type;
    private final boolean after;

    private @Nullable Direction direction;
    private @Nullable String clientId;
    private Predicate<MqttPacket> condition = packet -> true;
    private IntPredicate number = count -> true;
    private String numberText = "";
    private double probability = 1;
    private String what = "";
    private FaultAction action = (lane, packet, onwards) -> onwards.accept(packet);

    private int index;
    private int count;
    private boolean happened;
    private final Map<String, Integer> draws = new HashMap<>();

    FaultRule(FaultScript script, MqttPacketType type, boolean after) {
        this.script = script;
        this.type = type;
        this.after = after;
    }

    /** Waits only for packets that clients send. */
    public FaultRule fromClient() {
        direction = Direction.CLIENT_TO_SERVER;
        return this;
    }

    /** Waits only for packets that clients are sent. */
    public FaultRule toClient() {
        direction = Direction.SERVER_TO_CLIENT;
        return this;
    }

    /** Waits only for packets of this client. */
    public FaultRule client(String id) {
        clientId = id;
        return this;
    }

    /**
     * Waits only for packets for which this holds, in addition to what was said before. It is called with the broker's
     * lock held and must not wait.
     */
    public FaultRule where(Predicate<MqttPacket> holds) {
        condition = condition.and(holds);
        return this;
    }

    /**
     * Waits only for a PUBLISH to this topic; a topic alias hides it.
     *
     * @throws IllegalStateException if the fault waits for other packets
     */
    public FaultRule topic(String topic) {
        if (type != MqttPacketType.PUBLISH) {
            throw new IllegalStateException("A " + type + " has no topic");
        }
        return where(packet -> packet.publish().topic().equals(topic));
    }

    /**
     * Meets the n-th packet alone, counted from 1.
     *
     * @throws IllegalArgumentException if it is less than 1
     */
    public FaultRule nth(int n) {
        return number("nth(" + positive(n) + ")", matched -> matched == n);
    }

    /**
     * Meets the first packets alone.
     *
     * @throws IllegalArgumentException if it is less than 1
     */
    public FaultRule first(int packets) {
        return number("first(" + positive(packets) + ")", matched -> matched <= packets);
    }

    /**
     * Meets each n-th packet.
     *
     * @throws IllegalArgumentException if it is less than 1
     */
    public FaultRule every(int n) {
        return number("every(" + positive(n) + ")", matched -> matched % n == 0);
    }

    /**
     * Meets a packet with this probability. The seed of the script decides; the same packets of a client get the same
     * decisions, whatever other clients do meanwhile.
     *
     * @throws IllegalArgumentException if it is not within 0 to 1
     */
    public FaultRule withProbability(double chance) {
        if (!(chance >= 0 && chance <= 1)) {
            throw new IllegalArgumentException("probability must be within 0 to 1, but is " + chance);
        }
        probability = chance;
        return this;
    }

    /** Resets the connection (TCP RST) when what was sent before is out. */
    public FaultScript dropConnection() {
        return does(
                "drop the connection", (lane, packet, onwards) -> lane.line().reset());
    }

    /** Closes the connection (TCP FIN) without a DISCONNECT when what was sent before is out. */
    public FaultScript closeConnection() {
        return does(
                "close the connection", (lane, packet, onwards) -> lane.line().closeQuietly());
    }

    /** Sends a FIN and reads on; the broker goes on with what it reads, but nothing can be sent any more. */
    public FaultScript halfClose() {
        return does("half-close", (lane, packet, onwards) -> lane.line().halfClose());
    }

    /**
     * Sends DISCONNECT with this reason and closes the connection.
     *
     * @throws IllegalArgumentException if it is not within 0 to 255
     */
    public FaultScript disconnect(int reasonCode) {
        return does("disconnect with 0x%02X".formatted(reasonCode(reasonCode)), (lane, packet, onwards) -> lane.line()
                .disconnect(reasonCode));
    }

    /** Ends the connection as if another client had taken over the session: DISCONNECT with reason 0x8E. */
    public FaultScript takeOver() {
        return does("take over", (lane, packet, onwards) -> lane.line().disconnect(ReasonCodes.SESSION_TAKEN_OVER));
    }

    /** Forgets the client's session and resets the connection. */
    public FaultScript loseSession() {
        return does("lose the session", (lane, packet, onwards) -> lane.line().loseSession());
    }

    /** Leaves the connection open, and neither looks at nor sends anything on it any more, as if the broker hung. */
    public FaultScript stopAnswering() {
        return does("stop answering", (lane, packet, onwards) -> lane.line().mute());
    }

    /**
     * Loses the packet. A client's packet is as if it had never come; a packet to a client counts as sent.
     *
     * @throws IllegalStateException for a fault after a packet
     */
    public FaultScript dropPacket() {
        requireBefore("dropped");
        return does("drop the packet", (lane, packet, onwards) -> {});
    }

    /**
     * Holds the packet, and those that follow it the same way on this connection, for this long by the broker's clock.
     *
     * @throws IllegalArgumentException if it is not positive
     * @throws IllegalStateException for a fault after a packet
     */
    public FaultScript delay(Duration duration) {
        requireBefore("delayed");
        long nanos = positive(duration);
        return does("delay by " + duration, (lane, packet, onwards) -> lane.hold(nanos, packet));
    }

    /**
     * Holds the packet alone for this long by the broker's clock, so that those behind it overtake it.
     *
     * @throws IllegalArgumentException if it is not positive
     * @throws IllegalStateException for a fault after a packet
     */
    public FaultScript delayAlone(Duration duration) {
        requireBefore("delayed");
        long nanos = positive(duration);
        return does("delay alone by " + duration, (lane, packet, onwards) -> lane.setAside(nanos, packet));
    }

    /**
     * Lets at most this many bytes a second pass from here on, the way the packet goes and on its connection.
     *
     * @throws IllegalArgumentException if it is less than 1
     */
    public FaultScript throttle(int bytesPerSecond) {
        positive(bytesPerSecond);
        return does("throttle to " + bytesPerSecond + " bytes a second", (lane, packet, onwards) -> {
            lane.throttle(TimeUnit.SECONDS.toNanos(1) / bytesPerSecond);
            onwards.accept(packet);
        });
    }

    /**
     * Refuses with this reason. What a client asks for does not happen, and is answered with the reason; an answer of
     * the broker is sent with the reason in place of its own, though what it answers has happened. A QoS 0 message is
     * lost. CONNECT and CONNACK end the connection.
     *
     * @throws IllegalArgumentException if it is not within 0 to 255
     * @throws IllegalStateException for a fault after a packet, or for packets that nothing answers
     */
    public FaultScript refuse(int reasonCode) {
        requireBefore("refused");
        if (!REFUSABLE.contains(type)) {
            throw new IllegalStateException(type + " cannot be refused; disconnect(reasonCode) may be what you want");
        }
        return does(
                "refuse with 0x%02X".formatted(reasonCode(reasonCode)),
                (lane, packet, onwards) -> Refusals.refuse(lane, packet, reasonCode, onwards));
    }

    /** Sends a PUBLISH or PUBREL to a client twice, the second PUBLISH marked as a duplicate. */
    public FaultScript redeliver() {
        return redeliver(true);
    }

    /**
     * Sends a PUBLISH or PUBREL to a client twice.
     *
     * @param dup whether the second PUBLISH is marked as a duplicate
     * @throws IllegalStateException if the fault waits for other packets
     */
    public FaultScript redeliver(boolean dup) {
        requireSent(MqttPacketType.PUBLISH, MqttPacketType.PUBREL);
        return does(dup ? "redeliver" : "redeliver without DUP", (lane, packet, onwards) -> {
            onwards.accept(packet);
            lane.repeat(Refusals.again(packet, dup));
        });
    }

    /**
     * Sends a PUBLISH with the packet id of the oldest message that the client has not acknowledged, which the
     * specification forbids; the broker itself goes on as if it had sent the right one. Does nothing if there is no
     * such message.
     *
     * @throws IllegalStateException if the fault waits for other packets, or is one after a packet
     */
    public FaultScript reusePacketId() {
        requireBefore("changed");
        requireSent(MqttPacketType.PUBLISH);
        return does(
                "reuse a packet id",
                (lane, packet, onwards) -> onwards.accept(lane.line().withIdInUse(packet)));
    }

    /**
     * Calls the test; the packet goes on. It is called with the broker's lock held and must not wait.
     *
     * @param call what to call with the packet
     */
    public FaultScript call(Consumer<MqttPacket> call) {
        return does("call the test", (lane, packet, onwards) -> {
            call.accept(packet);
            onwards.accept(packet);
        });
    }

    /** Returns the fault in words. */
    @Override
    public String toString() {
        return (after ? "after " : "on ") + type
                + (direction == null ? "" : direction == Direction.CLIENT_TO_SERVER ? " from client" : " to client")
                + (clientId == null ? "" : " " + clientId)
                + (numberText.isEmpty() ? "" : " " + numberText)
                + (probability < 1 ? " with probability " + probability : "")
                + ": " + what;
    }

    boolean isAfter() {
        return after;
    }

    boolean isRandom() {
        return probability < 1;
    }

    void happened() {
        happened = true;
    }

    boolean hasHappened() {
        return happened;
    }

    void inForce(int position) {
        index = position;
    }

    FaultAction action() {
        return action;
    }

    /** Counts the packet if it is one this waits for; returns whether the fault is to happen. */
    boolean meets(Direction way, String client, MqttPacket packet, long seed) {
        if (packet.type() != type
                || (direction != null && way != direction)
                || (clientId != null && !clientId.equals(client))
                || !condition.test(packet)) {
            return false;
        }
        count++;
        return number.test(count) && (probability == 1 || draw(seed, client) < probability);
    }

    private double draw(long seed, String client) {
        int nth = draws.merge(client, 1, Integer::sum);
        long mixed = ((seed * 31 + index) * 31 + client.hashCode()) * 31 + nth;
        return new SplittableRandom(mixed).nextDouble();
    }

    private FaultRule number(String text, IntPredicate meets) {
        numberText = text;
        number = meets;
        return this;
    }

    private FaultScript does(String words, FaultAction does) {
        what = words;
        action = does;
        return script.add(this);
    }

    private void requireBefore(String verb) {
        if (after) {
            throw new IllegalStateException(
                    "After a packet it is too late for it to be " + verb + "; use on(" + type + ")");
        }
    }

    private void requireSent(MqttPacketType... types) {
        if (!Set.of(types).contains(type)) {
            throw new IllegalStateException(
                    type + " cannot be redelivered, only " + Set.of(types) + " to a client can");
        }
        direction = Direction.SERVER_TO_CLIENT;
        if (type == MqttPacketType.PUBLISH) {
            condition = condition.and(packet -> packet.publish().qos() > 0);
        }
    }

    private static long positive(Duration duration) {
        if (duration.isNegative() || duration.isZero()) {
            throw new IllegalArgumentException("The delay must be positive, but is " + duration);
        }
        return duration.toNanos();
    }

    private static int positive(int value) {
        if (value < 1) {
            throw new IllegalArgumentException("The number must be at least 1, but is " + value);
        }
        return value;
    }

    private static int reasonCode(int value) {
        if (value < 0 || value > 0xFF) {
            throw new IllegalArgumentException("reasonCode must be within 0 to 255, but is " + value);
        }
        return value;
    }
}
