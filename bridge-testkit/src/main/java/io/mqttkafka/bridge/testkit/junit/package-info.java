/** {@code @BridgeTest}: fresh fakes for each JUnit test, and a look at what the test leaves behind. */
@NullMarked
package io.mqttkafka.bridge.testkit.junit;

import org.jspecify.annotations.NullMarked;
