package io.mqttkafka.bridge.message;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The MQTT 5 properties of a message.
 *
 * <p>Immutable as long as nobody changes the array; two are equal if their bytes are.
 *
 * @param payloadIsUtf8 whether the publisher declared the payload to be UTF-8 text; null if it declared nothing
 * @param expirySeconds the lifetime that the message had left when it was received, in seconds from 0 to 4,294,967,295;
 *     null if it does not expire
 * @param contentType the content type, or null
 * @param responseTopic the topic for a response, or null
 * @param correlationData what a response has to carry, or null; not to be changed
 * @param userProperties the user properties in order, repeats included
 */
public record MqttProperties(
        @Nullable Boolean payloadIsUtf8,
        @Nullable Long expirySeconds,
        @Nullable String contentType,
        @Nullable String responseTopic,
        byte @Nullable [] correlationData,
        List<UserProperty> userProperties) {
    private static final long LONGEST_EXPIRY = 0xFFFF_FFFFL;

    /** No properties. */
    public static final MqttProperties NONE = new MqttProperties(null, null, null, null, null, List.of());

    /**
     * Checks the range, and copies the list.
     *
     * @param payloadIsUtf8 whether the publisher declared the payload to be UTF-8 text; null if it declared nothing
     * @param expirySeconds the lifetime that the message had left when it was received, in seconds from 0 to 4,294,967,295;
     *     null if it does not expire
     * @param contentType the content type, or null
     * @param responseTopic the topic for a response, or null
     * @param correlationData what a response has to carry, or null; not to be changed
     * @param userProperties the user properties in order, repeats included
     * @throws NullPointerException if {@code userProperties} is or holds null
     * @throws IllegalArgumentException if {@code expirySeconds} is out of range
     */
    public MqttProperties {
        userProperties = List.copyOf(Objects.requireNonNull(userProperties, "userProperties"));
        if (expirySeconds != null && (expirySeconds < 0 || expirySeconds > LONGEST_EXPIRY)) {
            throw new IllegalArgumentException(
                    "expirySeconds: " + expirySeconds + " must be from 0 to " + LONGEST_EXPIRY);
        }
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof MqttProperties that
                && Objects.equals(payloadIsUtf8, that.payloadIsUtf8)
                && Objects.equals(expirySeconds, that.expirySeconds)
                && Objects.equals(contentType, that.contentType)
                && Objects.equals(responseTopic, that.responseTopic)
                && Arrays.equals(correlationData, that.correlationData)
                && userProperties.equals(that.userProperties);
    }

    @Override
    public int hashCode() {
        return Objects.hash(
                payloadIsUtf8,
                expirySeconds,
                contentType,
                responseTopic,
                Arrays.hashCode(correlationData),
                userProperties);
    }

    /** Shows everything but the contents of correlation data and user properties. */
    @Override
    public String toString() {
        return "MqttProperties[payloadIsUtf8=" + payloadIsUtf8 + ", expirySeconds=" + expirySeconds + ", contentType="
                + contentType + ", responseTopic=" + responseTopic + ", correlationData="
                + (correlationData == null ? "null" : correlationData.length + " bytes") + ", userProperties="
                + userProperties + "]";
    }
}
