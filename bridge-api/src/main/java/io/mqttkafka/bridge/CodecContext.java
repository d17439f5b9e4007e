package io.mqttkafka.bridge;

import io.mqttkafka.bridge.message.Header;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link PayloadCodec} may know about the message whose payload it reads or writes.
 *
 * <p>Made by the library; valid only during the call it is passed to. Not thread-safe.
 */
public interface CodecContext {
    /**
     * Returns the MQTT topic.
     *
     * @return the topic that the message was published to, or will be; null while it is not known yet: a value from Kafka is
     *     decoded before the route maps the topic
     */
    @Nullable
    String mqttTopic();

    /**
     * Returns the Kafka topic.
     *
     * @return the topic that the record goes to or comes from; null while it is not known yet: a payload from MQTT is decoded
     *     before the route maps the topic
     */
    @Nullable
    String kafkaTopic();

    /**
     * Returns the content type that the publisher declared.
     *
     * @return the MQTT 5 content type, or the header {@code mqtt.content-type} of a record from Kafka; null if there is none
     */
    @Nullable
    String contentType();

    /**
     * Returns the headers: those of the message while decoding, those of the Kafka record while encoding.
     *
     * @return the headers in order, repeats included; unmodifiable. On the way to MQTT those of the record in both cases
     */
    List<Header> headers();

    /**
     * Adds a header, or on the way to MQTT a user property, to the message that is being written, such as a schema id.
     *
     * @param name the name
     * @param value the value; null is a header without a value
     * @throws IllegalStateException if called while decoding
     */
    void addHeader(String name, byte @Nullable [] value);
}
