/**
 * Named places where a crash would hurt most, so that tests can crash exactly there. Nothing happens at them otherwise.
 */
@NullMarked
package io.mqttkafka.bridge.core.failpoint;

import org.jspecify.annotations.NullMarked;
