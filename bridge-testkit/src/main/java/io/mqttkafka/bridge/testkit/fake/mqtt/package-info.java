/**
 * An MQTT broker in the JVM, of MQTT 5 and 3.1.1.
 *
 * <p>{@code BrokerCore} and what it is made of know neither sockets nor threads nor a clock: packets come in, packets go out.
 * {@code NettyFront} is the only part that sees a socket.
 */
@NullMarked
package io.mqttkafka.bridge.testkit.fake.mqtt;

import org.jspecify.annotations.NullMarked;
