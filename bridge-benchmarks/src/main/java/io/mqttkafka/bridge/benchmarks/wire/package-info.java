/** Just enough MQTT 5 over a blocking socket to queue a backlog and to build the benchmark's floor. */
@NullMarked
package io.mqttkafka.bridge.benchmarks.wire;

import org.jspecify.annotations.NullMarked;
