/**
 * Ready-made codecs: any Kafka serde, and JSON.
 *
 * <p>The only package of {@code bridge-core} for users; all others are internal and can change in any release.
 */
@NullMarked
package io.mqttkafka.bridge.codecs;

import org.jspecify.annotations.NullMarked;
