/** Abstract JUnit tests of what a codec, a topic mapper and a partitioner promise, to be extended for one's own. */
@NullMarked
package io.mqttkafka.bridge.testkit.contract;

import org.jspecify.annotations.NullMarked;
