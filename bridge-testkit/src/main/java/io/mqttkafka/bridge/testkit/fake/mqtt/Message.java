package io.mqttkafka.bridge.testkit.fake.mqtt;

import io.mqttkafka.bridge.testkit.packet.MqttProperties;
import io.mqttkafka.bridge.testkit.packet.MqttProperty;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/**
 * A message on its way through the broker.
 *
 * @param qos as published
 * @param kept the properties that are passed on, but for the message expiry
 * @param expiresAt when it expires, in nanoseconds
 * @param publication what becomes of it
 */
record Message(
        String topic,
        byte[] payload,
        int qos,
        boolean retain,
        MqttProperties kept,
        OptionalLong expiresAt,
        Publication publication) {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    static Message of(String topic, byte[] payload, int qos, boolean retain, MqttProperties properties, long now) {
        OptionalLong expiry = properties.number(MqttProperty.MESSAGE_EXPIRY_INTERVAL);
        MqttProperties kept = properties
                .without(MqttProperty.TOPIC_ALIAS)
                .without(MqttProperty.MESSAGE_EXPIRY_INTERVAL)
                .without(MqttProperty.WILL_DELAY_INTERVAL);
        OptionalLong expiresAt =
                expiry.isPresent() ? OptionalLong.of(now + expiry.getAsLong() * SECOND) : OptionalLong.empty();
        return new Message(topic, payload, qos, retain, kept, expiresAt, new Publication());
    }

    /** Returns the same message as one whose deliveries are counted on their own. */
    Message again() {
        return new Message(topic, payload, qos, retain, kept, expiresAt, new Publication());
    }

    boolean isExpired(long now) {
        return expiresAt.isPresent() && expiresAt.getAsLong() - now <= 0;
    }

    /** Returns its properties with what is left of its time. */
    MqttProperties properties(long now) {
        if (expiresAt.isEmpty()) {
            return kept;
        }
        long left = Math.max(0, expiresAt.getAsLong() - now);
        // rounded up, else a message that was just sent would have lost a second
        return kept.with(MqttProperty.MESSAGE_EXPIRY_INTERVAL, (left + SECOND - 1) / SECOND);
    }
}
