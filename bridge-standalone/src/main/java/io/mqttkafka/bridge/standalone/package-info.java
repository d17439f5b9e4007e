/** The bridge as a program of its own: a file, a command, a port. Only what {@code bridge-examples} uses is public. */
@NullMarked
package io.mqttkafka.bridge.standalone;

import org.jspecify.annotations.NullMarked;
