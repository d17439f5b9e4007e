/** Packets of MQTT 5 one by one: a scripted broker, a tap between client and broker, a client that shows what it gets. */
@NullMarked
package io.mqttkafka.bridge.testkit.packet;

import org.jspecify.annotations.NullMarked;
