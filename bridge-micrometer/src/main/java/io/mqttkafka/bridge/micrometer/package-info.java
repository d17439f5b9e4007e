/** The counts of a bridge, and those of its Kafka clients, as meters of Micrometer. */
@NullMarked
package io.mqttkafka.bridge.micrometer;

import org.jspecify.annotations.NullMarked;
