package io.mqttkafka.bridge.testkit.fake.mqtt;

import io.mqttkafka.bridge.testkit.packet.ConnectPacket;
import io.mqttkafka.bridge.testkit.packet.MqttPacketType;
import io.mqttkafka.bridge.testkit.packet.MqttPackets;
import io.mqttkafka.bridge.testkit.packet.MqttProperties;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import io.mqttkafka.bridge.testkit.packet.SubscribePacket;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the broker keeps of a client over its connections: subscriptions, messages on their way to it, and the QoS 2
 * messages it has not released.
 *
 * <p>Not thread-safe.
 */
final class Session {

    private static final int HIGHEST_PACKET_ID = 65_535;

    private final String clientId;
    private final int maxQueuedMessages;
    private final Timers timers;

    private final Map<String, SubscribePacket.Subscription> subscriptions = new LinkedHashMap<>();
    private final Deque<Outgoing> queue = new ArrayDeque<>();
    private final Map<Integer, Outgoing> inFlight = new LinkedHashMap<>();
    private final Deque<Outgoing> toResend = new ArrayDeque<>();
    private final Set<Integer> unreleased = new HashSet<>();

    private @Nullable ClientConnection connection;
    private long expirySeconds;
    private int open;
    private int lastPacketId;
    private boolean lowestIdFirst;
    private long acknowledged;
    private long dropped;
    private Timers.Timer expiry = Timers.Timer.NONE;
    private @Nullable DelayedWill delayedWill;

    /** A will that waits for its delay, and the timer that publishes it. */
    record DelayedWill(ConnectPacket.Will will, Timers.Timer timer) {}

    Session(String clientId, int maxQueuedMessages, Timers timers) {
        this.clientId = clientId;
        this.maxQueuedMessages = maxQueuedMessages;
        this.timers = timers;
    }

    String clientId() {
        return clientId;
    }

    @Nullable
    ClientConnection connection() {
        return connection;
    }

    Map<String, SubscribePacket.Subscription> subscriptions() {
        return subscriptions;
    }

    long expirySeconds() {
        return expirySeconds;
    }

    void expirySeconds(long seconds) {
        expirySeconds = seconds;
    }

    void expiry(Timers.Timer timer) {
        expiry.cancel();
        expiry = timer;
    }

    void delayedWill(@Nullable DelayedWill will) {
        if (delayedWill != null) {
            delayedWill.timer().cancel();
        }
        delayedWill = will;
    }

    @Nullable
    DelayedWill delayedWill() {
        return delayedWill;
    }

    /** Gives out the lowest free packet id from now on, so that each is used again at once. Default: the next one. */
    void lowestIdFirst() {
        lowestIdFirst = true;
    }

    /** Returns what was sent and is not acknowledged, in the order in which it was first sent. */
    Collection<Outgoing> inFlight() {
        return inFlight.values();
    }

    int queued() {
        return queue.size();
    }

    /** Returns how many messages the client has acknowledged. */
    long acknowledged() {
        return acknowledged;
    }

    /** Returns how many messages were dropped instead of sent. */
    long dropped() {
        return dropped;
    }

    /** Takes a connection whose CONNACK comes next. */
    void attach(ClientConnection newConnection) {
        connection = newConnection;
        open = 0;
        toResend.clear();
        inFlight.values().forEach(outgoing -> outgoing.open(false));
        toResend.addAll(inFlight.values());
    }

    /** Sends all that waits. */
    void resume() {
        pump();
    }

    void detach() {
        connection = null;
    }

    /** Sends a message, now or when it is its turn. */
    void deliver(Outgoing outgoing) {
        if (outgoing.qos() == 0) {
            deliverAtMostOnce(outgoing);
            return;
        }
        outgoing.message().publication().expect();
        if (queue.size() >= maxQueuedMessages) {
            drop(outgoing);
            return;
        }
        queue.add(outgoing);
        pump();
    }

    /** Takes a PUBACK; returns false if it acknowledges nothing. */
    boolean puback(int packetId, int reasonCode) {
        Outgoing outgoing = inFlight.get(packetId);
        if (outgoing == null || outgoing.qos() != 1) {
            return false;
        }
        complete(outgoing, reasonCode);
        return true;
    }

    /** Takes a PUBREC and answers it; returns false if it belongs to nothing. */
    boolean pubrec(int packetId, int reasonCode) {
        Outgoing outgoing = inFlight.get(packetId);
        if (outgoing == null || outgoing.qos() != 2) {
            pubrel(packetId, ReasonCodes.PACKET_IDENTIFIER_NOT_FOUND);
            return false;
        }
        if (ReasonCodes.isError(reasonCode)) {
            complete(outgoing, reasonCode);
            return true;
        }
        outgoing.release();
        pubrel(packetId, ReasonCodes.SUCCESS);
        return true;
    }

    /** Takes a PUBCOMP; returns false if it completes nothing. */
    boolean pubcomp(int packetId) {
        Outgoing outgoing = inFlight.get(packetId);
        if (outgoing == null || !outgoing.isReleased()) {
            return false;
        }
        complete(outgoing, ReasonCodes.SUCCESS);
        return true;
    }

    /** Takes the packet id of a QoS 2 message from the client; returns false if it is there already. */
    boolean receive(int packetId) {
        return unreleased.add(packetId);
    }

    /** Takes a PUBREL; returns false if there is no such message. */
    boolean release(int packetId) {
        return unreleased.remove(packetId);
    }

    /** Returns how many QoS 2 messages the client has not released. */
    int unreleased() {
        return unreleased.size();
    }

    /** Gives up all messages on their way, as the session is over. */
    void end() {
        detach();
        expiry(Timers.Timer.NONE);
        Stream.concat(inFlight.values().stream(), queue.stream())
                .forEach(outgoing -> outgoing.message().publication().lose());
        inFlight.clear();
        queue.clear();
        toResend.clear();
        unreleased.clear();
    }

    private void deliverAtMostOnce(Outgoing outgoing) {
        ClientConnection current = connection;
        if (current == null || current.isCongested() || !current.publish(outgoing.packet(timers.nanos(), false))) {
            dropped++;
        }
    }

    private void pump() {
        ClientConnection current = connection;
        while (current != null && current == connection && open < current.receiveMaximum()) {
            if (!toResend.isEmpty()) {
                resend(current, toResend.remove());
            } else if (!queue.isEmpty()) {
                send(current, queue.remove());
            } else {
                return;
            }
        }
    }

    private void resend(ClientConnection current, Outgoing outgoing) {
        take(outgoing);
        if (outgoing.isReleased()) {
            pubrel(outgoing.packetId(), ReasonCodes.SUCCESS);
        } else if (!current.publish(outgoing.packet(timers.nanos(), true))) {
            giveUp(outgoing);
        }
    }

    private void send(ClientConnection current, Outgoing outgoing) {
        if (outgoing.message().isExpired(timers.nanos())) {
            drop(outgoing);
            return;
        }
        outgoing.packetId(freePacketId());
        inFlight.put(outgoing.packetId(), outgoing);
        take(outgoing);
        if (!current.publish(outgoing.packet(timers.nanos(), false))) {
            giveUp(outgoing);
        }
    }

    private void giveUp(Outgoing outgoing) {
        remove(outgoing);
        drop(outgoing);
    }

    private void drop(Outgoing outgoing) {
        dropped++;
        outgoing.message().publication().lose();
    }

    private void complete(Outgoing outgoing, int reasonCode) {
        remove(outgoing);
        if (ReasonCodes.isError(reasonCode)) {
            outgoing.message().publication().refuse();
        } else {
            acknowledged++;
            outgoing.message().publication().acknowledge();
        }
        pump();
    }

    private void take(Outgoing outgoing) {
        outgoing.open(true);
        open++;
    }

    private void remove(Outgoing outgoing) {
        inFlight.remove(outgoing.packetId());
        toResend.remove(outgoing);
        if (outgoing.isOpen()) {
            outgoing.open(false);
            open--;
        }
    }

    // there is always one: the receive maximum is at most the number of ids
    private int freePacketId() {
        int id = lowestIdFirst ? 0 : lastPacketId;
        do {
            id = id == HIGHEST_PACKET_ID ? 1 : id + 1;
        } while (inFlight.containsKey(id));
        lastPacketId = id;
        return id;
    }

    private void pubrel(int packetId, int reasonCode) {
        ClientConnection current = connection;
        if (current != null) {
            current.send(MqttPackets.ack(MqttPacketType.PUBREL, packetId, reasonCode, MqttProperties.NONE));
        }
    }

    /** Returns the messages that were sent and are not acknowledged, as they would be sent again. */
    List<PublishPacket> unacknowledged() {
        return inFlight.values().stream()
                .map(outgoing -> outgoing.packet(timers.nanos(), true))
                .toList();
    }
}
