package io.mqttkafka.bridge.event;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A connection to the MQTT broker was lost, refused or given up.
 *
 * <p>Immutable.
 *
 * @param clientId the MQTT client id
 * @param reason what happened, in words
 * @param retryIn when it will be tried again; null if it will not
 */
public record Disconnected(
        String clientId, String reason, @Nullable Duration retryIn) {}
