/** The transport that leaves connect, subscribe, ping and TLS to Eclipse Paho, and takes PUBLISH off the stream. */
@NullMarked
package io.mqttkafka.bridge.core.mqtt.paho;

import org.jspecify.annotations.NullMarked;
