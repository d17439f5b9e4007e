/**
 * An MQTT broker for tests, within the JVM.
 *
 * <p>{@code BrokerCore} and what it is made of know neither sockets nor threads nor a clock: packets come in, packets go
 * out. {@code NettyFront} is the only part that sees a socket.
 */
@NullMarked
package io.mqttkafka.bridge.testkit.fake;

import org.jspecify.annotations.NullMarked;
