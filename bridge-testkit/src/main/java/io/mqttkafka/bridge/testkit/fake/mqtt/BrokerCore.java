package io.mqttkafka.bridge.testkit.fake.mqtt;

import io.mqttkafka.bridge.testkit.packet.ConnectPacket;
import io.mqttkafka.bridge.testkit.packet.MqttPacket;
import io.mqttkafka.bridge.testkit.packet.MqttPacketType;
import io.mqttkafka.bridge.testkit.packet.MqttPackets;
import io.mqttkafka.bridge.testkit.packet.MqttProperties;
import io.mqttkafka.bridge.testkit.packet.MqttProperty;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import io.mqttkafka.bridge.testkit.packet.SubscribePacket;
import io.mqttkafka.bridge.testkit.packet.UnsubscribePacket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What an MQTT broker does with the packets of its clients: packets come in, packets go out, and nothing else.
 *
 * <p>Clients that break the rules are reported and disconnected. Not thread-safe.
 */
final class BrokerCore {

    private static final long CONNECT_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final BrokerOptions options;
    private final Timers timers;
    private final Consumer<String> violations;
    private final Map<String, Session> sessions = new LinkedHashMap<>();
    private final Subscriptions subscriptions = new Subscriptions();
    private final RetainedMessages retained = new RetainedMessages();
    private int assignedIds;
    private boolean lowestIdFirst;

    BrokerCore(BrokerOptions options, Timers timers, Consumer<String> violations) {
        this.options = options;
        this.timers = timers;
        this.violations = violations;
    }

    /** Takes a connection that has sent nothing yet. */
    void opened(ClientConnection connection) {
        connection.received(timers.nanos());
        connection.watchdog(timers.after(CONNECT_TIMEOUT_NANOS, connection::end));
    }

    /** Takes a packet from a client. */
    void received(ClientConnection connection, MqttPacket packet) {
        if (connection.isEnded()) {
            return;
        }
        connection.received(timers.nanos());
        try {
            handle(connection, packet);
        } catch (ProtocolException e) {
            broken(connection, e.reasonCode(), e.getMessage());
        }
    }

    /** Takes the end of a network connection that the broker has not closed itself. */
    void closed(ClientConnection connection) {
        if (!connection.isEnded()) {
            connection.end();
            leave(connection);
        }
    }

    /** Disconnects a client that breaks the rules. */
    void broken(ClientConnection connection, int reasonCode, @Nullable String what) {
        violations.accept("#%d %s sent %s".formatted(connection.number(), connection.clientId(), what));
        if (connection.isConnected()) {
            disconnect(connection, reasonCode);
        } else {
            connection.end();
        }
    }

    /** Disconnects a client; its will is published. */
    void disconnect(ClientConnection connection, int reasonCode) {
        if (!connection.isEnded()) {
            connection.disconnect(reasonCode);
            leave(connection);
        }
    }

    /** Refuses a connection in place of whatever its CONNECT would have led to. */
    void refuse(ClientConnection connection, int reasonCode) {
        connection.send(MqttPackets.connack(false, reasonCode, MqttProperties.NONE));
        closed(connection);
    }

    /** Forgets a client's session and closes its connection without a word. */
    void loseSession(String clientId) {
        Session session = sessions.get(clientId);
        if (session != null) {
            ClientConnection connection = session.connection();
            end(session);
            if (connection != null) {
                connection.end();
            }
        }
    }

    /** Gives every session the lowest free packet id from now on. */
    void reusePacketIds() {
        lowestIdFirst = true;
        sessions.values().forEach(Session::lowestIdFirst);
    }

    /** Hands a message to all who subscribe to its topic. */
    void publish(Message message) {
        route(message, null);
    }

    Collection<Session> sessions() {
        return sessions.values();
    }

    Optional<Session> session(String clientId) {
        return Optional.ofNullable(sessions.get(clientId));
    }

    List<Message> retained() {
        return retained.all(timers.nanos());
    }

    private void handle(ClientConnection connection, MqttPacket packet) {
        Session session = connection.session();
        if (packet.type() == MqttPacketType.CONNECT) {
            require(session == null, "a second CONNECT");
            connect(connection, packet.connect());
            return;
        }
        if (session == null) {
            throw new ProtocolException(ReasonCodes.PROTOCOL_ERROR, packet.type() + " before CONNECT");
        }
        if (packet.bytes().length > options.maximumPacketSize()) {
            throw new ProtocolException(
                    ReasonCodes.PACKET_TOO_LARGE, "a packet of " + packet.bytes().length + " bytes");
        }
        switch (packet.type()) {
            case PUBLISH -> publish(connection, session, packet.publish());
            case PUBACK -> check(connection, packet, session.puback(packet.packetId(), packet.reasonCode()));
            case PUBREC -> check(connection, packet, session.pubrec(packet.packetId(), packet.reasonCode()));
            case PUBCOMP -> check(connection, packet, session.pubcomp(packet.packetId()));
            case PUBREL -> release(connection, session, packet);
            case SUBSCRIBE -> subscribe(connection, session, packet.subscribe());
            case UNSUBSCRIBE -> unsubscribe(connection, session, packet.unsubscribe());
            case PINGREQ -> connection.send(MqttPackets.pingresp());
            case DISCONNECT -> disconnected(connection, session, packet);
            default ->
                throw new ProtocolException(ReasonCodes.PROTOCOL_ERROR, packet.type() + ", which is not allowed");
        }
    }

    private void connect(ClientConnection connection, ConnectPacket connect) {
        int refusal = refusal(connect);
        if (refusal != ReasonCodes.SUCCESS) {
            refuse(connection, refusal);
            return;
        }
        MqttProperties announced = options.announced();
        String clientId = connect.clientId();
        if (clientId.isEmpty()) {
            clientId = "assigned-" + ++assignedIds;
            announced = announced.with(MqttProperty.ASSIGNED_CLIENT_IDENTIFIER, clientId);
        }
        if (connect.sessionExpiry() > options.maximumSessionExpiry()) {
            announced = announced.with(MqttProperty.SESSION_EXPIRY_INTERVAL, options.maximumSessionExpiry());
        }
        takeOver(clientId);
        boolean present = resume(clientId, connect.cleanStart());
        Session session = sessions.computeIfAbsent(clientId, this::newSession);
        session.expirySeconds(Math.min(connect.sessionExpiry(), options.maximumSessionExpiry()));
        connection.connected(session, connect, options.topicAliasMaximum());
        session.attach(connection);
        connection.send(MqttPackets.connack(present, ReasonCodes.SUCCESS, announced));
        if (!connection.isEnded()) {
            watch(connection, options.serverKeepAlive() < 0 ? connect.keepAlive() : options.serverKeepAlive());
            session.resume();
        }
    }

    private int refusal(ConnectPacket connect) {
        if (connect.properties().text(MqttProperty.AUTHENTICATION_METHOD).isPresent()) {
            return ReasonCodes.BAD_AUTHENTICATION_METHOD;
        }
        if (connect.will().filter(will -> will.qos() > options.maximumQos()).isPresent()) {
            return ReasonCodes.QOS_NOT_SUPPORTED;
        }
        if (connect.will()
                .filter(will -> !TopicFilters.isValidTopic(will.topic()))
                .isPresent()) {
            return ReasonCodes.TOPIC_NAME_INVALID;
        }
        if (connect.receiveMaximum() == 0) {
            return ReasonCodes.PROTOCOL_ERROR;
        }
        return isWelcome(connect) ? ReasonCodes.SUCCESS : ReasonCodes.BAD_USER_NAME_OR_PASSWORD;
    }

    private boolean isWelcome(ConnectPacket connect) {
        if (options.users().isEmpty()) {
            return true;
        }
        String password = connect.userName().map(options.users()::get).orElse(null);
        return password != null
                && connect.password()
                        .filter(given -> Arrays.equals(password.getBytes(StandardCharsets.UTF_8), given))
                        .isPresent();
    }

    private void takeOver(String clientId) {
        Session session = sessions.get(clientId);
        ClientConnection other = session == null ? null : session.connection();
        if (other != null) {
            disconnect(other, ReasonCodes.SESSION_TAKEN_OVER);
        }
    }

    /** Returns whether there is a session to go on with. */
    private boolean resume(String clientId, boolean cleanStart) {
        Session session = sessions.get(clientId);
        if (session == null) {
            return false;
        }
        if (cleanStart) {
            end(session);
            return false;
        }
        session.expiry(Timers.Timer.NONE);
        session.delayedWill(null);
        return true;
    }

    private Session newSession(String clientId) {
        Session session = new Session(clientId, options.maxQueuedMessages(), timers);
        if (lowestIdFirst) {
            session.lowestIdFirst();
        }
        return session;
    }

    private void watch(ClientConnection connection, int keepAliveSeconds) {
        if (keepAliveSeconds == 0) {
            connection.watchdog(Timers.Timer.NONE);
            return;
        }
        long limit = TimeUnit.SECONDS.toNanos(keepAliveSeconds) * 3 / 2;
        long quiet = timers.nanos() - connection.lastReceived();
        if (quiet >= limit) {
            broken(connection, ReasonCodes.KEEP_ALIVE_TIMEOUT, "nothing for one and a half keep-alives");
        } else {
            connection.watchdog(timers.after(limit - quiet, () -> watch(connection, keepAliveSeconds)));
        }
    }

    private void publish(ClientConnection connection, Session session, PublishPacket publish) {
        String topic = connection.inboundAliases().resolve(publish);
        if (!TopicFilters.isValidTopic(topic)) {
            throw new ProtocolException(ReasonCodes.TOPIC_NAME_INVALID, "a PUBLISH to an invalid topic");
        }
        if (publish.qos() > options.maximumQos()) {
            throw new ProtocolException(ReasonCodes.QOS_NOT_SUPPORTED, "a PUBLISH of QoS " + publish.qos());
        }
        require(
                publish.properties()
                        .number(MqttProperty.SUBSCRIPTION_IDENTIFIER)
                        .isEmpty(),
                "a PUBLISH with a subscription identifier");
        Message message = Message.of(
                topic, publish.payload(), publish.qos(), publish.retain(), publish.properties(), timers.nanos());
        switch (publish.qos()) {
            case 0 -> route(message, session);
            case 1 -> ack(connection, MqttPacketType.PUBACK, publish.packetId(), reason(route(message, session)));
            default -> receive(connection, session, publish.packetId(), message);
        }
    }

    private void receive(ClientConnection connection, Session session, int packetId, Message message) {
        int reason = ReasonCodes.SUCCESS;
        if (session.receive(packetId)) {
            if (session.unreleased() > options.receiveMaximum()) {
                throw new ProtocolException(
                        ReasonCodes.RECEIVE_MAXIMUM_EXCEEDED,
                        "more QoS 2 messages than the receive maximum, " + options.receiveMaximum());
            }
            reason = reason(route(message, session));
        }
        ack(connection, MqttPacketType.PUBREC, packetId, reason);
    }

    private void release(ClientConnection connection, Session session, MqttPacket pubrel) {
        boolean known = session.release(pubrel.packetId());
        int reason = known ? ReasonCodes.SUCCESS : ReasonCodes.PACKET_IDENTIFIER_NOT_FOUND;
        ack(connection, MqttPacketType.PUBCOMP, pubrel.packetId(), reason);
    }

    private static int reason(int recipients) {
        return recipients == 0 ? ReasonCodes.NO_MATCHING_SUBSCRIBERS : ReasonCodes.SUCCESS;
    }

    private static void ack(ClientConnection connection, MqttPacketType type, int packetId, int reasonCode) {
        connection.send(MqttPackets.ack(type, packetId, reasonCode, MqttProperties.NONE));
    }

    /** Returns to how many sessions the message goes. */
    private int route(Message message, @Nullable Session publisher) {
        if (message.retain()) {
            retained.retain(message);
        }
        int recipients = 0;
        for (List<Subscriptions.Entry> entries : subscriptions.matching(message.topic())) {
            recipients += deliver(message, entries, publisher);
        }
        for (Subscriptions.Entry entry : subscriptions.sharedMatching(message.topic())) {
            recipients += deliver(message, List.of(entry), publisher);
        }
        return recipients;
    }

    /** Delivers one copy, whatever the number of a session's subscriptions; returns how many: 0 or 1. */
    private int deliver(Message message, List<Subscriptions.Entry> entries, @Nullable Session publisher) {
        int qos = -1;
        boolean retain = false;
        List<Long> ids = new ArrayList<>();
        for (Subscriptions.Entry entry : entries) {
            if (!entry.options().noLocal() || entry.session() != publisher) {
                qos = Math.max(qos, entry.options().qos());
                retain |= entry.options().retainAsPublished() && message.retain();
                entry.id().ifPresent(ids::add);
            }
        }
        if (qos < 0) {
            return 0;
        }
        entries.get(0).session().deliver(new Outgoing(message, Math.min(qos, message.qos()), retain, ids));
        return 1;
    }

    private void subscribe(ClientConnection connection, Session session, SubscribePacket subscribe) {
        OptionalLong id = subscribe.subscriptionId();
        require(id.isEmpty() || id.getAsLong() > 0, "a SUBSCRIBE with the subscription identifier 0");
        List<Integer> codes = new ArrayList<>();
        List<Runnable> replays = new ArrayList<>();
        for (SubscribePacket.Subscription wanted : subscribe.subscriptions()) {
            codes.add(subscribe(session, wanted, id, replays));
        }
        connection.send(MqttPackets.suback(subscribe.packetId(), codes));
        replays.forEach(Runnable::run);
    }

    private int subscribe(
            Session session, SubscribePacket.Subscription wanted, OptionalLong id, List<Runnable> replays) {
        if (!TopicFilters.isValid(wanted.filter())) {
            return ReasonCodes.TOPIC_FILTER_INVALID;
        }
        boolean shared = TopicFilters.shared(wanted.filter()).isPresent();
        require(!shared || !wanted.noLocal(), "a shared subscription with No Local");
        SubscribePacket.Subscription granted = new SubscribePacket.Subscription(
                wanted.filter(),
                Math.min(wanted.qos(), options.maximumQos()),
                wanted.noLocal(),
                wanted.retainAsPublished(),
                wanted.retainHandling());
        boolean isNew = subscriptions.add(new Subscriptions.Entry(session, granted, id));
        if (!shared && (wanted.retainHandling() == 0 || (wanted.retainHandling() == 1 && isNew))) {
            replays.add(() -> replay(session, granted, id));
        }
        return granted.qos();
    }

    private void replay(Session session, SubscribePacket.Subscription granted, OptionalLong id) {
        List<Long> ids = id.isPresent() ? List.of(id.getAsLong()) : List.of();
        for (Message message : retained.matching(granted.filter(), timers.nanos())) {
            session.deliver(new Outgoing(message.again(), Math.min(granted.qos(), message.qos()), true, ids));
        }
    }

    private void unsubscribe(ClientConnection connection, Session session, UnsubscribePacket unsubscribe) {
        List<Integer> codes = unsubscribe.filters().stream()
                .map(filter -> subscriptions.remove(session, filter)
                        ? ReasonCodes.SUCCESS
                        : ReasonCodes.NO_SUBSCRIPTION_EXISTED)
                .toList();
        connection.send(MqttPackets.unsuback(unsubscribe.packetId(), codes));
    }

    private void disconnected(ClientConnection connection, Session session, MqttPacket disconnect) {
        OptionalLong expiry = disconnect.properties().number(MqttProperty.SESSION_EXPIRY_INTERVAL);
        if (expiry.isPresent()) {
            require(
                    expiry.getAsLong() == 0 || session.expirySeconds() > 0,
                    "a DISCONNECT with a session expiry, though CONNECT had none");
            session.expirySeconds(Math.min(expiry.getAsLong(), options.maximumSessionExpiry()));
        }
        if (disconnect.reasonCode() != ReasonCodes.DISCONNECT_WITH_WILL) {
            connection.forgetWill();
        }
        closed(connection);
    }

    /** Parts a session from its connection, which has ended. */
    private void leave(ClientConnection connection) {
        Session session = connection.session();
        if (session == null || session.connection() != connection) {
            return;
        }
        session.detach();
        connection.will().ifPresent(will -> leaveWill(session, will));
        if (session.expirySeconds() == 0) {
            end(session);
        } else if (session.expirySeconds() != BrokerOptions.NEVER) {
            session.expiry(timers.after(TimeUnit.SECONDS.toNanos(session.expirySeconds()), () -> end(session)));
        }
    }

    private void leaveWill(Session session, ConnectPacket.Will will) {
        long delay = will.properties().number(MqttProperty.WILL_DELAY_INTERVAL).orElse(0);
        if (delay == 0) {
            publish(will);
            return;
        }
        Timers.Timer timer = timers.after(TimeUnit.SECONDS.toNanos(delay), () -> publishDelayed(session));
        session.delayedWill(new Session.DelayedWill(will, timer));
    }

    private void publishDelayed(Session session) {
        Session.DelayedWill delayed = session.delayedWill();
        if (delayed != null) {
            session.delayedWill(null);
            publish(delayed.will());
        }
    }

    private void publish(ConnectPacket.Will will) {
        route(
                Message.of(will.topic(), will.payload(), will.qos(), will.retain(), will.properties(), timers.nanos()),
                null);
    }

    /** Ends a session; a will that still waits is published. */
    private void end(Session session) {
        sessions.remove(session.clientId(), session);
        subscriptions.removeAll(session);
        session.end();
        publishDelayed(session);
    }

    private void check(ClientConnection connection, MqttPacket ack, boolean expected) {
        if (!expected) {
            violations.accept("#%d %s sent %s, which acknowledges nothing"
                    .formatted(connection.number(), connection.clientId(), ack));
        }
    }

    private static void require(boolean condition, String what) {
        if (!condition) {
            throw new ProtocolException(ReasonCodes.PROTOCOL_ERROR, what);
        }
    }
}
