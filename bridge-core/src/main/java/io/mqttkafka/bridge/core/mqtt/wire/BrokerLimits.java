package io.mqttkafka.bridge.core.mqtt.wire;

import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the MQTT broker grants on one connection, with the defaults of the protocol for what it did not say. Immutable.
 *
 * @param sessionPresent whether it still has the session
 * @param sessionExpirySeconds how long it keeps the session; -1 if as long as asked
 * @param assignedClientId the client id it chose, or null
 * @param maximumQos the highest QoS it supports
 * @param receiveMaximum the most messages of QoS 1 and 2 that it takes at a time
 * @param maximumPacketSize the largest packet it takes, in bytes
 * @param serverKeepAliveSeconds the keep-alive it imposes; -1 if none
 * @param features what it can do, and what there is room for in the packets of this connection
 */
public record BrokerLimits(
        boolean sessionPresent,
        long sessionExpirySeconds,
        @Nullable String assignedClientId,
        int maximumQos,
        int receiveMaximum,
        long maximumPacketSize,
        int serverKeepAliveSeconds,
        Set<Feature> features) {
    /** What a broker may lack, or the version of MQTT that it speaks. */
    public enum Feature {
        /** It keeps retained messages. */
        RETAIN,
        /** It takes topic filters with wildcards. */
        WILDCARDS,
        /** It takes shared subscriptions. */
        SHARED_SUBSCRIPTIONS,
        /** It tells by which subscription a message comes. */
        SUBSCRIPTION_IDENTIFIERS,
        /** Acknowledgements have room for a reason. */
        REASON_CODES,
        /** Messages have room for user properties, a content type, a response topic and correlation data. */
        USER_PROPERTIES,
        /** Messages can expire. */
        MESSAGE_EXPIRY
    }

    /** The most messages at a time if the broker names no number: as many as there are packet ids. */
    public static final int MOST_AT_A_TIME = 65_535;

    /** What MQTT has room for: a fixed header, and the highest remaining length. */
    public static final long LARGEST_PACKET = 5 + 268_435_455L;

    /** Copies the features. */
    public BrokerLimits {
        features = Set.copyOf(features);
    }

    /**
     * Says whether the broker, or this connection to it, has a feature.
     *
     * @param feature the feature
     * @return whether it has
     */
    public boolean has(Feature feature) {
        return features.contains(feature);
    }

    /** Returns the version of MQTT that is spoken: only 5 has room for reasons. */
    public ProtocolVersion version() {
        return has(Feature.REASON_CODES) ? ProtocolVersion.V5 : ProtocolVersion.V3_1_1;
    }

    /**
     * Chooses how often the broker is pinged: a longer silence than asked for is not needed.
     *
     * @param asked the keep-alive that was asked for
     * @return the shorter one of that and what the broker imposes
     */
    public Duration keepAlive(Duration asked) {
        return serverKeepAliveSeconds > 0 && serverKeepAliveSeconds < asked.toSeconds()
                ? Duration.ofSeconds(serverKeepAliveSeconds)
                : asked;
    }
}
