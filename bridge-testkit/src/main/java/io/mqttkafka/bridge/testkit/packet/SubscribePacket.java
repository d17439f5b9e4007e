package io.mqttkafka.bridge.testkit.packet;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * What a client's SUBSCRIBE says.
 *
 * <p>Immutable.
 */
public record SubscribePacket(int packetId, List<Subscription> subscriptions, MqttProperties properties) {

    /**
     * One topic filter with its options.
     *
     * <p>Immutable.
     *
     * @param retainHandling 0 to send retained messages, 1 for new subscriptions only, 2 for never
     */
    public record Subscription(
            String filter, int qos, boolean noLocal, boolean retainAsPublished, int retainHandling) {}

    private static final int NO_LOCAL = 0x04;
    private static final int RETAIN_AS_PUBLISHED = 0x08;
    private static final int RESERVED = 0xC0;

    /** Copies the list. */
    public SubscribePacket {
        subscriptions = List.copyOf(subscriptions);
    }

    /** Returns the topic filters in order. */
    public List<String> filters() {
        return subscriptions.stream().map(Subscription::filter).toList();
    }

    /** Returns the subscription identifier, if there is one. */
    public OptionalLong subscriptionId() {
        return properties.number(MqttProperty.SUBSCRIPTION_IDENTIFIER);
    }

    /** Returns the packet id and the subscriptions. */
    @Override
    public String toString() {
        return "id=" + packetId + " " + subscriptions + (properties.isEmpty() ? "" : " " + properties);
    }

    static SubscribePacket decode(MqttPacket packet) {
        packet.require(MqttPacketType.SUBSCRIBE);
        WireReader body = packet.body();
        int packetId = body.twoBytes();
        MqttProperties properties = body.properties();
        List<Subscription> subscriptions = new ArrayList<>();
        do {
            subscriptions.add(subscription(body.text(), body.oneByte()));
        } while (body.hasMore());
        return new SubscribePacket(packetId, subscriptions, properties);
    }

    private static Subscription subscription(String filter, int options) {
        int qos = options & 3;
        int retainHandling = options >> 4 & 3;
        if (qos > 2 || retainHandling > 2 || (options & RESERVED) != 0) {
            throw new IllegalArgumentException("The options of " + filter + " must not be " + options);
        }
        return new Subscription(
                filter, qos, (options & NO_LOCAL) != 0, (options & RETAIN_AS_PUBLISHED) != 0, retainHandling);
    }
}
