/** How often something is begun anew before it counts as hopeless. */
@NullMarked
package io.mqttkafka.bridge.core.restart;

import org.jspecify.annotations.NullMarked;
