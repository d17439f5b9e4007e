/**
 * How the engine is found, and what it sees of routes and of the whole bridge; of no interest to users, and it may change in
 * any release.
 */
@NullMarked
package io.mqttkafka.bridge.spi;

import org.jspecify.annotations.NullMarked;
