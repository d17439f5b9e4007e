/**
 * An MQTT broker and a Kafka for tests, within the JVM.
 *
 * <p>{@code BrokerCore} and what it is made of know neither sockets nor threads nor a clock: packets come in, packets go
 * out. {@code NettyFront} is the only part that sees a socket. {@code KafkaCore} is the Kafka; its producers and consumers
 * stand in for those that the engine would make.
 */
@NullMarked
package io.mqttkafka.bridge.testkit.fake;

import org.jspecify.annotations.NullMarked;
