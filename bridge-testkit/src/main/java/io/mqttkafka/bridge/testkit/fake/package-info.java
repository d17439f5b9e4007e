/** What the fake MQTT broker and the fake Kafka share: an order of what happens, and counts of faults that happened. */
@NullMarked
package io.mqttkafka.bridge.testkit.fake;

import org.jspecify.annotations.NullMarked;
