/** How listeners hear of what happens. */
@NullMarked
package io.mqttkafka.bridge.core.events;

import org.jspecify.annotations.NullMarked;
