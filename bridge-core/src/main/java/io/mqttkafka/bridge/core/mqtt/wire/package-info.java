/** MQTT 5 frames on the data plane: PUBLISH in, acknowledgements out. No client, no threads. */
@NullMarked
package io.mqttkafka.bridge.core.mqtt.wire;

import org.jspecify.annotations.NullMarked;
