/** AssertJ assertions about the brokers of the testkit; each waits until it holds. */
@NullMarked
package io.mqttkafka.bridge.testkit.assertj;

import org.jspecify.annotations.NullMarked;
