/** What routes of both directions have in common: meters, failures and their words, dead letters, metadata, loops. */
@NullMarked
package io.mqttkafka.bridge.core.route;

import org.jspecify.annotations.NullMarked;
