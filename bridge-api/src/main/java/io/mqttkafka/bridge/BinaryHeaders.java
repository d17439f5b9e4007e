package io.mqttkafka.bridge;

/**
 * What happens to a Kafka header that cannot be an MQTT string: not UTF-8, with control characters, without a value, or
 * longer than 65,535 bytes. None is ever left out in silence.
 *
 * <p>Immutable.
 */
public enum BinaryHeaders {
    /** The record fails, and the failure policy of the route decides. */
    FAIL,

    /**
     * The value is written as {@code base64:} and its bytes in Base64. A header whose name is no MQTT string, or that is too
     * long even so, fails the record. A value that begins with {@code base64:} itself is written so too, so that reading
     * back is never in doubt.
     */
    BASE64
}
