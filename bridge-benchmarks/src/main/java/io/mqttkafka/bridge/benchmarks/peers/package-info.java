/** The bridges under measurement. Each is a main class that the benchmark runs in a JVM of its own. */
@NullMarked
package io.mqttkafka.bridge.benchmarks.peers;

import org.jspecify.annotations.NullMarked;
