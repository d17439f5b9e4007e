/** How fast the bridge is, and what it costs. */
@NullMarked
package io.mqttkafka.bridge.benchmarks;

import org.jspecify.annotations.NullMarked;
