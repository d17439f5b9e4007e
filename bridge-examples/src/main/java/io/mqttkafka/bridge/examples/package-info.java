/** Programs to run and to copy from. */
@NullMarked
package io.mqttkafka.bridge.examples;

import org.jspecify.annotations.NullMarked;
