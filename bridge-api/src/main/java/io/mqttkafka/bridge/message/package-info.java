/** The messages that user code sees. */
@NullMarked
package io.mqttkafka.bridge.message;

import org.jspecify.annotations.NullMarked;
