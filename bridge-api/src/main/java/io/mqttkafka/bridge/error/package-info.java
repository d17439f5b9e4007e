/** The exceptions of the bridge, all unchecked. */
@NullMarked
package io.mqttkafka.bridge.error;

import org.jspecify.annotations.NullMarked;
