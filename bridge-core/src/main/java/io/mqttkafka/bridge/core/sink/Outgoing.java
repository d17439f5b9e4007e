package io.mqttkafka.bridge.core.sink;

import io.mqttkafka.bridge.core.mqtt.wire.EncodedPublish;
import io.mqttkafka.bridge.core.session.Publication;

/** One message ready to be published, and the record that it was made of. */
final class Outgoing extends Publication {
    private static final long NEVER = Long.MAX_VALUE;

    final KafkaToMqttPipeline pipeline;
    final RoutedRecord attempt;
    final EncodedPublish packet;

    /** When it expires, in milliseconds since 1970. */
    private final long deadlineMillis;

    Outgoing(KafkaToMqttPipeline pipeline, RoutedRecord attempt, int qos, EncodedPublish packet, long deadlineMillis) {
        // The record stays as long as the message.
        super(qos, packet.size() + (int) attempt.weight());
        this.pipeline = pipeline;
        this.attempt = attempt;
        this.packet = packet;
        this.deadlineMillis = deadlineMillis;
    }

    /** The deadline of a message that does not expire. */
    static long never() {
        return NEVER;
    }

    boolean expired(long nowMillis) {
        return deadlineMillis <= nowMillis;
    }

    /** The seconds left, rounded up; never 0, which brokers take in different ways. */
    long expirySeconds(long nowMillis) {
        long left = (deadlineMillis - nowMillis + 999) / 1000;
        return Math.max(1, Math.min(left, 0xFFFF_FFFFL));
    }

    @Override
    protected boolean isDone(int reasonCode) {
        return pipeline.isDone(attempt, reasonCode);
    }

    @Override
    protected void accepted(int reasonCode) {
        pipeline.accepted(attempt, reasonCode);
    }

    @Override
    protected void refused(int reasonCode) {
        pipeline.refused(attempt, reasonCode);
    }

    @Override
    protected void givenUp(String why) {
        pipeline.givenUp(attempt, why);
    }
}
