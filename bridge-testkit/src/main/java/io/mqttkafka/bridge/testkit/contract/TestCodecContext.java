package io.mqttkafka.bridge.testkit.contract;

import io.mqttkafka.bridge.CodecContext;
import io.mqttkafka.bridge.message.Header;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A {@link CodecContext} for tests of codecs, which takes headers and shows them.
 *
 * <p>Not thread-safe.
 */
public final class TestCodecContext implements CodecContext {

    private final @Nullable String mqttTopic;
    private final @Nullable String kafkaTopic;
    private final List<Header> headers = new ArrayList<>();

    /**
     * Makes a context without headers and content type.
     *
     * @param mqttTopic the MQTT topic; null while it is not known
     * @param kafkaTopic the Kafka topic; null while it is not known
     */
    public TestCodecContext(@Nullable String mqttTopic, @Nullable String kafkaTopic) {
        this.mqttTopic = mqttTopic;
        this.kafkaTopic = kafkaTopic;
    }

    @Override
    public @Nullable String mqttTopic() {
        return mqttTopic;
    }

    @Override
    public @Nullable String kafkaTopic() {
        return kafkaTopic;
    }

    @Override
    public @Nullable String contentType() {
        return null;
    }

    @Override
    public List<Header> headers() {
        return List.copyOf(headers);
    }

    @Override
    @SuppressWarnings("NullAway") // it cannot see in class files of JDK 17 that an array may be null
    public void addHeader(String name, byte @Nullable [] value) {
        headers.add(new Header(name, value));
    }
}
