/** Connections over sockets: names and addresses, TLS, WebSocket, and the threads that read and look after them. */
@NullMarked
package io.mqttkafka.bridge.core.mqtt.socket;

import org.jspecify.annotations.NullMarked;
