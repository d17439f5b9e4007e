/** What a running bridge tells its listener. */
@NullMarked
package io.mqttkafka.bridge.event;

import org.jspecify.annotations.NullMarked;
