/** From the worker to MQTT: records are published as far as there is room, and their offsets follow the acknowledgements. */
@NullMarked
package io.mqttkafka.bridge.connect.sink;

import org.jspecify.annotations.NullMarked;
