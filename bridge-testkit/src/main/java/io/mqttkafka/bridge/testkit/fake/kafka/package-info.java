/** A Kafka in the JVM: {@code KafkaCore}, whose producers and consumers stand in for those that the engine would make. */
@NullMarked
package io.mqttkafka.bridge.testkit.fake.kafka;

import org.jspecify.annotations.NullMarked;
