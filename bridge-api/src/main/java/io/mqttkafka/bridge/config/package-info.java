/** Options of a bridge: immutable values, checked when they are built. */
@NullMarked
package io.mqttkafka.bridge.config;

import org.jspecify.annotations.NullMarked;
