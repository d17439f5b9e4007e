/** What is said about a connection rather than over it: CONNECT, SUBSCRIBE, pings and their answers. No sockets, no threads, no clock. */
@NullMarked
package io.mqttkafka.bridge.core.mqtt.control;

import org.jspecify.annotations.NullMarked;
