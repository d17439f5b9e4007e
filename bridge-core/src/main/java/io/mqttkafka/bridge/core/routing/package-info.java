/**
 * Which routes take a message, and the names they make of it. Everything is parsed when a bridge is built, so that a
 * mistake shows then, and a message costs a walk over its topic.
 */
@NullMarked
package io.mqttkafka.bridge.core.routing;

import org.jspecify.annotations.NullMarked;
