/** From MQTT to the worker: records wait until they are polled, and are acknowledged when the worker says that Kafka has them. */
@NullMarked
package io.mqttkafka.bridge.connect.source;

import org.jspecify.annotations.NullMarked;
