package io.mqttkafka.bridge.core.source;

import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.config.Unrouted;
import io.mqttkafka.bridge.core.connection.StopText;
import io.mqttkafka.bridge.core.events.BridgeEvents;
import io.mqttkafka.bridge.core.failpoint.Failpoint;
import io.mqttkafka.bridge.core.failpoint.Failpoints;
import io.mqttkafka.bridge.core.mqtt.wire.MalformedPacketException;
import io.mqttkafka.bridge.core.mqtt.wire.PublishFrame;
import io.mqttkafka.bridge.core.mqtt.wire.UserPropertyLimit;
import io.mqttkafka.bridge.core.route.Failure;
import io.mqttkafka.bridge.core.route.RouteMeter;
import io.mqttkafka.bridge.core.routing.RouteTable;
import io.mqttkafka.bridge.core.routing.UntrustedText;
import io.mqttkafka.bridge.core.session.Delivery;
import io.mqttkafka.bridge.core.session.InFlightWindow;
import io.mqttkafka.bridge.core.session.ProtocolViolation;
import io.mqttkafka.bridge.core.session.SourceSession;
import io.mqttkafka.bridge.core.time.BridgeClock;
import io.mqttkafka.bridge.error.DeliveryException;
import io.mqttkafka.bridge.message.MqttMessage;
import io.mqttkafka.bridge.message.MqttProperties;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Takes PUBLISH packets in: finds their routes, waits for room, tells the session, and hands them to the pipeline. All by
 * the thread that reads the connection.
 */
final class MessageIntake {
    /** What the intake cannot settle itself. */
    interface Owner {
        /** The routes have to stop because of what arrived. */
        void stop(String mqttTopic, DeliveryException cause);

        /** The window has been full for too long. */
        void windowFull();

        /** How long the reader may wait, in nanoseconds. */
        long patienceNanos();
    }

    private final String clientId;
    private final MqttOptions options;
    private final SourceSession session;
    private final InFlightWindow window;
    private final ReceiveRoom room;
    private final MqttToKafkaPipeline pipeline;
    private final @Nullable TransactionCommitter committer;
    private final RouteTable<SourceRoute> routes;
    private final Map<SourceRoute, RouteLane> lanes;
    private final Subscriptions subscriptions;
    private final BridgeEvents events;
    private final Failpoints failpoints;
    private final BridgeClock clock;
    private final Owner owner;
    private final TopicCache topics;
    private final UserPropertyLimit userProperties;
    private final LongAdder redelivered = new LongAdder();
    private final LongAdder unrouted = new LongAdder();

    /** Which routes the message at hand is for. */
    private final boolean[] wanted = new boolean[Delivery.MOST_ROUTES];

    /** Counts messages, so that a lane can keep their order. */
    private long order;

    /**
     * What knows of the messages that are received and not acknowledged.
     *
     * @param session their packet ids
     * @param window their bytes
     * @param room the reader's place to wait
     */
    record Receipt(SourceSession session, InFlightWindow window, ReceiveRoom room) {}

    /**
     * Where messages go from here.
     *
     * @param pipeline makes records of them
     * @param committer takes those that are written in transactions; null if none are
     * @param routes by filter
     * @param lanes of the routes
     * @param subscriptions tells which subscription a message came by
     */
    record Onward(
            MqttToKafkaPipeline pipeline,
            @Nullable TransactionCommitter committer,
            RouteTable<SourceRoute> routes,
            Map<SourceRoute, RouteLane> lanes,
            Subscriptions subscriptions) {}

    MessageIntake(SourceRunner.Parts parts, Receipt receipt, Onward onward, Owner owner) {
        clientId = parts.clientId();
        options = parts.options();
        session = receipt.session();
        window = receipt.window();
        room = receipt.room();
        pipeline = onward.pipeline();
        committer = onward.committer();
        routes = onward.routes();
        lanes = onward.lanes();
        subscriptions = onward.subscriptions();
        events = parts.around().events();
        failpoints = parts.around().failpoints();
        clock = parts.around().clock();
        this.owner = owner;
        topics = new TopicCache(parts.topicCacheBytes(), this::matches);
        userProperties = new UserPropertyLimit(options.maxUserProperties(), options.maxUserPropertyBytes());
    }

    /** Counts messages that came marked as delivered before. */
    long redelivered() {
        return redelivered.sum();
    }

    /** Counts messages that matched no route. */
    long unrouted() {
        return unrouted.sum();
    }

    /**
     * Takes one in.
     *
     * @throws ProtocolViolation if it is not well-formed, or comes when it must not
     */
    void take(PublishFrame frame) {
        try {
            long topicHash = frame.topicHash();
            TopicCache.Entry topic = topics.lookUp(frame, topicHash);
            if (topic.matches.length == 0) {
                withoutRoute(frame, topic, topicHash);
            } else if (topic.matches.length > Delivery.MOST_ROUTES) {
                tooManyRoutes(topic);
            } else if (frame.qos() == 0) {
                takeQos0(frame, topic);
            } else {
                take(frame, topic, topicHash);
            }
        } catch (MalformedPacketException e) {
            throw new ProtocolViolation(
                    e.reasonCode(),
                    "the MQTT broker sent a malformed PUBLISH" + StopText.onTopic(frame) + ": " + e.getMessage());
        }
    }

    private RouteMatch[] matches(String topic) {
        List<SourceRoute> found = routes.match(topic);
        RouteMatch[] matches = new RouteMatch[found.size()];
        for (int i = 0; i < matches.length; i++) {
            SourceRoute route = found.get(i);
            matches[i] =
                    new RouteMatch(route, Objects.requireNonNull(lanes.get(route)), subscriptions.idOf(route), topic);
        }
        return matches;
    }

    private void take(PublishFrame frame, TopicCache.Entry topic, long topicHash) throws MalformedPacketException {
        RouteMatch[] matches = topic.matches;
        long receivedNanos = clock.nanos();
        // Whatever can be wrong with the packet shows before it counts as received.
        MqttMessage message = message(frame, topic);
        int chosen = choose(frame, matches);
        long each = cost(frame, topic, message);
        long bytes = each * matches.length;
        if (!room.await(bytes, owner.patienceNanos())) {
            owner.windowFull();
            return;
        }
        if (frame.duplicate()) {
            redelivered.increment();
        }
        failpoints.pass(Failpoint.RECEIVED);
        boolean durable = frame.qos() == 2 && committer != null && anyExactlyOnce(matches);
        Delivery delivery = session.published(
                frame.packetId(),
                frame.qos(),
                frame.duplicate(),
                frame.fingerprint(topicHash),
                matches.length,
                durable,
                System.nanoTime());
        if (delivery == null) {
            window.release(bytes);
            return;
        }
        RouteMeter[] meters = topic.meters(frame.qos());
        delivery.tag(chosen == matches.length ? meters : wanted(meters, chosen), receivedNanos);
        Failure failure = failure(frame);
        if (durable) {
            takeDurable(delivery, matches, message, each, failure);
        } else {
            takePlain(delivery, matches, message, each, failure);
        }
    }

    /** What a message takes of the window on each of its routes: what it keeps on the heap until the route is done with it. */
    private static long cost(PublishFrame frame, TopicCache.Entry topic, MqttMessage message) {
        return MqttToKafkaPipeline.cost(
                frame.length(),
                topic.weight,
                message.properties().userProperties().size());
    }

    /** Why a message fails before anything is made of it; null if it does not. */
    private @Nullable Failure failure(PublishFrame frame) {
        int count = frame.userProperties();
        long bytes = frame.userPropertyBytes();
        if (userProperties.allows(count, bytes)) {
            return null;
        }
        String excess = count > userProperties.most()
                ? "mqtt.maxUserProperties: the message has " + count + " user properties, but may have "
                        + userProperties.most() + "; raise mqtt.maxUserProperties(..)"
                : "mqtt.maxUserPropertyBytes: the user properties of the message have " + bytes
                        + " bytes, but may have " + userProperties.mostBytes()
                        + "; raise mqtt.maxUserPropertyBytes(..)";
        return new Failure(Failure.Kind.FINAL, new DeliveryException(excess));
    }

    private static boolean anyExactlyOnce(RouteMatch[] matches) {
        for (RouteMatch match : matches) {
            if (match.route.exactlyOnce) {
                return true;
            }
        }
        return false;
    }

    private void takePlain(
            Delivery delivery, RouteMatch[] matches, MqttMessage message, long each, @Nullable Failure failure) {
        int taken = 0;
        try {
            for (int i = 0; i < matches.length; i++) {
                if (!wanted[i] || !delivery.isOpen(i)) {
                    window.release(each);
                    if (delivery.settle(i)) {
                        session.settled(delivery);
                    }
                } else {
                    pipeline.take(
                            new RoutedMessage(pipeline, matches[i], message, delivery, null, i, each, order++),
                            failure);
                }
                taken++;
            }
        } catch (RuntimeException | Error e) {
            window.release(each * (matches.length - taken));
            // The connection breaks; when the message comes again it must count as new.
            session.failed(delivery);
            throw e;
        }
    }

    private void takeDurable(
            Delivery delivery, RouteMatch[] matches, MqttMessage message, long each, @Nullable Failure failure) {
        TransactionCommitter taking = Objects.requireNonNull(committer);
        TransactionUnit unit = new TransactionUnit(delivery, matches.length);
        taking.add(unit);
        int taken = 0;
        try {
            for (int i = 0; i < matches.length; i++) {
                if (wanted[i]) {
                    pipeline.take(
                            new RoutedMessage(pipeline, matches[i], message, delivery, unit, i, each, order++),
                            failure);
                } else {
                    window.release(each);
                    if (unit.withoutRecord()) {
                        taking.completed();
                    }
                }
                taken++;
            }
        } catch (RuntimeException | Error e) {
            window.release(each * (matches.length - taken));
            // The connection breaks, and what is not committed comes again.
            taking.fail(e);
            throw e;
        }
    }

    private void takeQos0(PublishFrame frame, TopicCache.Entry topic) throws MalformedPacketException {
        RouteMatch[] matches = topic.matches;
        MqttMessage message = message(frame, topic);
        choose(frame, matches);
        Failure failure = failure(frame);
        long each = cost(frame, topic, message);
        long receivedNanos = clock.nanos();
        for (int i = 0; i < matches.length; i++) {
            if (!wanted[i]) {
                continue;
            }
            if (room.awaitQos0(each, owner.patienceNanos())) {
                RoutedMessage attempt = new RoutedMessage(pipeline, matches[i], message, null, null, i, each, order++);
                attempt.receivedNanos = receivedNanos;
                pipeline.take(attempt, failure);
            } else {
                RouteMeter meter = matches[i].route.meter(0);
                meter.received();
                meter.shed();
                events.shed(matches[i].route.name(), 1, "no room: Kafka is slower than the messages come");
            }
        }
    }

    /**
     * Finds out which of the routes this copy of the message is for: the broker can send one for each subscription. Returns how
     * many they are.
     */
    private int choose(PublishFrame frame, RouteMatch[] matches) throws MalformedPacketException {
        int chosen = 0;
        if (matches.length > 1) {
            int[] ids = frame.subscriptionIds();
            for (int i = 0; i < matches.length; i++) {
                wanted[i] = contains(ids, matches[i].subscriptionId);
                chosen += wanted[i] ? 1 : 0;
            }
        }
        if (chosen == 0) {
            Arrays.fill(wanted, 0, matches.length, true);
            return matches.length;
        }
        return chosen;
    }

    /** The meters of the routes that this copy of the message is for. */
    private RouteMeter[] wanted(RouteMeter[] all, int chosen) {
        RouteMeter[] some = new RouteMeter[chosen];
        int next = 0;
        for (int i = 0; i < all.length; i++) {
            if (wanted[i]) {
                some[next++] = all[i];
            }
        }
        return some;
    }

    private static boolean contains(int[] ids, int id) {
        for (int one : ids) {
            if (one == id) {
                return true;
            }
        }
        return false;
    }

    private MqttMessage message(PublishFrame frame, TopicCache.Entry topic) throws MalformedPacketException {
        MqttProperties properties = frame.properties(userProperties);
        return new MqttMessage(
                topic.topic,
                frame.payload(),
                QoS.of(frame.qos()),
                frame.retained(),
                frame.duplicate(),
                properties,
                clock.millis());
    }

    private void tooManyRoutes(TopicCache.Entry topic) {
        owner.stop(
                topic.topic,
                new DeliveryException("route: " + topic.matches.length + " routes match '"
                        + UntrustedText.escape(topic.topic) + "', but one message can go to " + Delivery.MOST_ROUTES
                        + " at the most; narrow the filters of some"));
    }

    private void withoutRoute(PublishFrame frame, TopicCache.Entry topic, long topicHash)
            throws MalformedPacketException {
        // Not acknowledged unless it is well-formed.
        frame.properties(userProperties);
        unrouted.increment();
        if (frame.qos() == 0) {
            return;
        }
        // A broker goes on with what it had queued under a filter when that is unsubscribed.
        if (options.unrouted() == Unrouted.STOP && !subscriptions.isOutdated(topic.topic)) {
            owner.stop(
                    topic.topic,
                    new DeliveryException("mqtt.unrouted: a message on '" + UntrustedText.escape(topic.topic)
                            + "' matches no route; it comes from an earlier subscription of '"
                            + UntrustedText.escape(clientId)
                            + "': name its filter in mqtt.unsubscribe(..), or set mqtt.unrouted(ACKNOWLEDGE)"));
            return;
        }
        events.unrouted(clientId, topic.topic);
        session.published(
                frame.packetId(),
                frame.qos(),
                frame.duplicate(),
                frame.fingerprint(topicHash),
                0,
                false,
                System.nanoTime());
    }
}
