/** Time for tests; the brokers, assertions and contract tests are in the packages below. */
@NullMarked
package io.mqttkafka.bridge.testkit;

import org.jspecify.annotations.NullMarked;
