/** How the engine is found; of no interest to users. */
@NullMarked
package io.mqttkafka.bridge.spi;

import org.jspecify.annotations.NullMarked;
