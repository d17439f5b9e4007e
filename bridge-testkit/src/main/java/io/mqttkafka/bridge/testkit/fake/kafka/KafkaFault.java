package io.mqttkafka.bridge.testkit.fake.kafka;

import org.jspecify.annotations.Nullable;

/**
 * What goes wrong with one operation. Immutable.
 *
 * @param delayed whether the operation is held up until a moment first
 * @param untilNanos that moment, by the clock of the Kafka
 * @param release for a hang, the number of releases that ends it; 0 for none
 * @param failure what the client is told; null for success
 * @param done whether Kafka does what it was asked even though the client is told a failure
 * @param fences whether the producer is shut out
 */
record KafkaFault(
        boolean delayed,
        long untilNanos,
        long release,
        @Nullable RuntimeException failure,
        boolean done,
        boolean fences) {

    static final KafkaFault NONE = new KafkaFault(false, 0, 0, null, true, false);
}
