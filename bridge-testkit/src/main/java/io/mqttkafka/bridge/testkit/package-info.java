/** Brokers, assertions and contract tests for those who test a bridge. */
@NullMarked
package io.mqttkafka.bridge.testkit;

import org.jspecify.annotations.NullMarked;
