/** Real brokers for tests: Kafka and HiveMQ CE in the JVM, Kafka and mosquitto as processes, both in containers; workers of Kafka Connect. */
@NullMarked
package io.mqttkafka.bridge.testkit.broker;

import org.jspecify.annotations.NullMarked;
