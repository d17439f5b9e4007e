/** The time that a bridge lives by, which a test can move. */
@NullMarked
package io.mqttkafka.bridge.core.time;

import org.jspecify.annotations.NullMarked;
