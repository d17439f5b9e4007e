/**
 * The MQTT side of the engine: one connection at a time, whoever makes it.
 *
 * <p>{@link io.mqttkafka.bridge.core.mqtt.MqttTransport} is the seam behind which an MQTT client sits.
 */
@NullMarked
package io.mqttkafka.bridge.core.mqtt;

import org.jspecify.annotations.NullMarked;
