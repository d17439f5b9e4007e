/** What a route does with a message it cannot deliver. */
@NullMarked
package io.mqttkafka.bridge.failure;

import org.jspecify.annotations.NullMarked;
