/** What the properties of a connector say: Confluent's names, those of Lenses, and our own, as options of a bridge. */
@NullMarked
package io.mqttkafka.bridge.connect.config;

import org.jspecify.annotations.NullMarked;
