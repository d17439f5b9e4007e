/** What stands between two ends of a connection in a test: a proxy with faults, and ports that are free. */
@NullMarked
package io.mqttkafka.bridge.testkit.net;

import org.jspecify.annotations.NullMarked;
