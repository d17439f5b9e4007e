/**
 * What the bridge owes the MQTT broker, as pure state machines: no sockets, threads, clocks or clients.
 *
 * <p>{@link io.mqttkafka.bridge.core.session.SourceSession} takes events (a message was published, Kafka has confirmed it,
 * the connection is gone) and says which acknowledgements may leave, in which order. So a simulation can run it through
 * hundreds of thousands of random schedules.
 */
@NullMarked
package io.mqttkafka.bridge.core.session;

import org.jspecify.annotations.NullMarked;
