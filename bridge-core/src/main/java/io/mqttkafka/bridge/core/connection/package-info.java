/**
 * Keeps one MQTT connection up, whatever uses it: connecting, watching, judging its end, connecting again. Knows neither
 * direction; what differs between them is an {@link io.mqttkafka.bridge.core.connection.ConnectionSupervisor.Owner}.
 */
@NullMarked
package io.mqttkafka.bridge.core.connection;

import org.jspecify.annotations.NullMarked;
