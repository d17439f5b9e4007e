package io.mqttkafka.bridge.testkit.fake;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What goes wrong with one operation. Immutable.
 *
 * @param delay how long the operation is held up first
 * @param release for a hang, the number of releases that ends it; 0 for none
 * @param failure what the client is told; null for success
 * @param done whether Kafka does what it was asked even though the client is told a failure
 * @param fences whether the producer is shut out
 */
record KafkaFault(Duration delay, long release, @Nullable RuntimeException failure, boolean done, boolean fences) {

    static final KafkaFault NONE = new KafkaFault(Duration.ZERO, 0, null, true, false);
}
