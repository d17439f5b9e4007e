package io.mqttkafka.bridge;

import io.mqttkafka.bridge.failure.FailurePolicy;
import io.mqttkafka.bridge.message.Received;
import io.mqttkafka.bridge.spi.MqttToKafkaRoute;
import io.mqttkafka.bridge.spi.MqttToKafkaRoute.HeaderTemplate;
import io.mqttkafka.bridge.spi.MqttToKafkaRoute.KafkaTopics;
import io.mqttkafka.bridge.spi.MqttToKafkaRoute.RecordHeaders;
import io.mqttkafka.bridge.spi.MqttToKafkaRoute.RecordKey;
import io.mqttkafka.bridge.spi.MqttToKafkaRoute.Source;
import io.mqttkafka.bridge.spi.MqttToKafkaRoute.Target;
import io.mqttkafka.bridge.spi.Once;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The target stage of a route from MQTT: where its messages go in Kafka, and what happens when they cannot.
 *
 * <p>Each option can be set once; headers add up. Not thread-safe.
 *
 * @param <T> the type of the value that mappers see
 */
public final class ToKafka<T> {
    private static final int DEFAULT_MAX_TOPICS = 100;

    private final Once once = new Once();
    private final Source source;
    private final @Nullable String topicTemplate;
    private final @Nullable TopicMapper<?> topicMapper;
    private @Nullable String name;
    private @Nullable String keyTemplate = "{topic}";
    private @Nullable Function<?, byte @Nullable []> keyMapper;
    private final List<HeaderTemplate> headers = new ArrayList<>();
    private boolean userProperties = true;
    private boolean metadataHeaders;
    private Partitioner partitioner = Partitioner.byKey();
    private FailurePolicy failurePolicy = FailurePolicy.stop();
    private int maxTopics = DEFAULT_MAX_TOPICS;
    private boolean allowInternalTopics;
    private boolean clearedAsTombstone;

    private ToKafka(Source source, @Nullable String topicTemplate, @Nullable TopicMapper<?> topicMapper) {
        this.source = source;
        this.topicTemplate = topicTemplate;
        this.topicMapper = topicMapper;
    }

    static <T> ToKafka<T> of(Source source, @Nullable String template, @Nullable TopicMapper<? super T> mapper) {
        return new ToKafka<>(source, template, mapper);
    }

    /**
     * Names the route, for events, health and log lines. Default: the filter, an arrow and the target.
     *
     * @param name a name that no other route of the bridge has, not blank
     * @return this
     * @throws IllegalArgumentException if blank
     * @throws IllegalStateException if set before
     */
    public ToKafka<T> name(String name) {
        if (name.isBlank()) {
            throw new IllegalArgumentException("name: '" + name + "' is blank; name the route or leave it out");
        }
        this.name = once.set("name", name);
        return this;
    }

    /**
     * Sets the key of the records by a template, as in {@link FromMqtt#toKafka(String)} but without {@code {key}}. Default:
     * {@code {topic}}, the MQTT topic, which keeps every MQTT topic in order.
     *
     * @param template the template; checked when the bridge is built
     * @return this
     * @throws IllegalStateException if a key was set before
     */
    public ToKafka<T> key(String template) {
        keyTemplate = once.set("key", Objects.requireNonNull(template, "template"));
        return this;
    }

    /**
     * Sets the key of the records by a function. A null key lets Kafka spread the records, which gives up their order.
     *
     * @param mapper makes the key
     * @return this
     * @throws IllegalStateException if a key was set before
     */
    public ToKafka<T> key(Function<? super Received<T>, byte @Nullable []> mapper) {
        Objects.requireNonNull(mapper, "mapper");
        once.note("key", "a function");
        keyTemplate = null;
        keyMapper = mapper;
        return this;
    }

    /**
     * Adds a header whose value is made by a template, as in {@link FromMqtt#toKafka(String)}. Can be called repeatedly.
     *
     * @param name the name of the header
     * @param template the template; checked when the bridge is built
     * @return this
     * @throws NullPointerException if a part is null
     */
    public ToKafka<T> header(String name, String template) {
        headers.add(new HeaderTemplate(name, template));
        return this;
    }

    /**
     * Says whether MQTT 5 user properties become headers of the same name, in order and with repeats. Default: true.
     * Properties whose names start with {@code bridge.} are reserved and never copied, but for the marker of
     * {@link io.mqttkafka.bridge.config.LoopOptions}. The names that {@link #metadataHeaders()} writes are the bridge's too,
     * whether it is set or not, so that no device can forge them: a property {@code mqtt.topic} becomes the header {@code
     * user.mqtt.topic}, {@code user.mqtt.topic} becomes {@code user.user.mqtt.topic}, and a route from Kafka turns them back.
     *
     * @param copy whether to copy them
     * @return this
     * @throws IllegalStateException if set before
     */
    public ToKafka<T> userProperties(boolean copy) {
        userProperties = once.set("userProperties", copy);
        return this;
    }

    /**
     * Adds what MQTT knows of the message as headers: {@code mqtt.topic}, {@code mqtt.qos}, {@code mqtt.retained}, {@code
     * mqtt.duplicate}, and where the message has them {@code mqtt.payload-format}, {@code mqtt.content-type}, {@code
     * mqtt.response-topic}, {@code mqtt.correlation-data} and {@code mqtt.expires-at} (the deadline in milliseconds since
     * 1970). Texts and numbers are UTF-8 text; correlation data is the bytes. Default: none of them.
     *
     * @return this
     * @throws IllegalStateException if set before
     */
    public ToKafka<T> metadataHeaders() {
        metadataHeaders = once.set("metadataHeaders", true);
        return this;
    }

    /**
     * Sets the placement on partitions. Default: {@link Partitioner#byKey()}.
     *
     * @param partitioner the partitioner
     * @return this
     * @throws IllegalStateException if set before
     */
    public ToKafka<T> partitioner(Partitioner partitioner) {
        this.partitioner = once.set("partitioner", Objects.requireNonNull(partitioner, "partitioner"));
        return this;
    }

    /**
     * Sets what to do with messages that cannot be delivered. Default: {@link FailurePolicy#stop()}.
     *
     * @param options sets the options of the policy
     * @return this
     * @throws IllegalStateException if set before
     */
    public ToKafka<T> onFailure(Consumer<FailurePolicy.Builder> options) {
        FailurePolicy.Builder builder = FailurePolicy.builder();
        options.accept(builder);
        return onFailure(builder.build());
    }

    /**
     * Sets what to do with messages that cannot be delivered. Default: {@link FailurePolicy#stop()}.
     *
     * @param policy the policy
     * @return this
     * @throws IllegalStateException if set before
     */
    public ToKafka<T> onFailure(FailurePolicy policy) {
        failurePolicy = once.set("onFailure", Objects.requireNonNull(policy, "policy"));
        return this;
    }

    /**
     * Limits how many Kafka topics the route may write to, so that a flood of MQTT topics does not become a flood of Kafka
     * topics. A message for one topic more is a failure of that message. The dead letter topic does not count. Default: 100.
     *
     * @param limit the most topics, from 1 to 100,000
     * @return this
     * @throws IllegalArgumentException if out of range
     * @throws IllegalStateException if set before
     */
    public ToKafka<T> maxTopics(int limit) {
        if (limit < 1 || limit > 100_000) {
            throw new IllegalArgumentException("maxTopics: " + limit + " must be from 1 to 100000 topics");
        }
        maxTopics = once.set("maxTopics", limit);
        return this;
    }

    /**
     * Allows Kafka topics whose names start with {@code __}, which Kafka and its tools keep for themselves. Default:
     * refused.
     *
     * @return this
     * @throws IllegalStateException if set before
     */
    public ToKafka<T> allowInternalTopics() {
        allowInternalTopics = once.set("allowInternalTopics", true);
        return this;
    }

    /**
     * Lets an empty retained message, with which MQTT clears the retained message of a topic, become a record without a value (a
     * tombstone), so that a compacted Kafka topic mirrors the retained messages. Codecs, filters and maps do not see it. Needs
     * templates of topic and key; of the default key, the MQTT topic, each retained message has a record of its own. The route
     * subscribes with Retain As Published: {@link io.mqttkafka.bridge.message.MqttMessage#retained()} and {@code mqtt.retained}
     * then tell whether the message was published as retained, also for other routes of the same filter. What was cleared while
     * the MQTT broker kept no session for the bridge is not heard of. Default: an empty message is a record with an empty value.
     *
     * @return this
     * @throws IllegalStateException if set before
     */
    public ToKafka<T> clearedAsTombstone() {
        clearedAsTombstone = once.set("clearedAsTombstone", true);
        return this;
    }

    /**
     * Builds the route. Filter and templates are checked when a bridge is built with it.
     *
     * @return the route
     * @throws IllegalArgumentException if {@code clearedAsTombstone} is there without templates of topic and key
     */
    public Route build() {
        String target = topicTemplate == null ? "mapper" : topicTemplate;
        return new MqttToKafkaRoute(
                name == null ? source.filter() + " -> " + target : name,
                source,
                new Target(
                        new KafkaTopics(topicTemplate, topicMapper, maxTopics, allowInternalTopics),
                        new RecordKey(keyTemplate, keyMapper),
                        new RecordHeaders(headers, userProperties, metadataHeaders),
                        partitioner,
                        clearedAsTombstone),
                failurePolicy);
    }
}
