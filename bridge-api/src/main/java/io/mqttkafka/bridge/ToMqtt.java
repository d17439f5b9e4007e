package io.mqttkafka.bridge;

import io.mqttkafka.bridge.failure.FailurePolicy;
import io.mqttkafka.bridge.spi.KafkaToMqttRoute;
import io.mqttkafka.bridge.spi.KafkaToMqttRoute.MqttTopic;
import io.mqttkafka.bridge.spi.KafkaToMqttRoute.Retention;
import io.mqttkafka.bridge.spi.KafkaToMqttRoute.Source;
import io.mqttkafka.bridge.spi.KafkaToMqttRoute.Target;
import io.mqttkafka.bridge.spi.KafkaToMqttRoute.UserProperties;
import io.mqttkafka.bridge.spi.Once;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The target stage of a route from Kafka: where its records go in MQTT, and what happens when they cannot.
 *
 * <p>Each option can be set once. Not thread-safe.
 *
 * @param <T> the type of the value that mappers see
 */
public final class ToMqtt<T> {
    private final Once once = new Once();
    private final Source source;
    private final @Nullable String topicTemplate;
    private final @Nullable MqttTopicMapper<?> topicMapper;
    private @Nullable String name;
    private QoS qos = QoS.AT_LEAST_ONCE;
    private boolean retain;
    private boolean userProperties = true;
    private boolean metadataProperties;
    private BinaryHeaders binaryHeaders = BinaryHeaders.FAIL;
    private @Nullable NoSubscribers noSubscribers;
    private boolean clearOnTombstone;
    private @Nullable String retainHeader;
    private boolean effectivelyOnce;
    private FailurePolicy failurePolicy = FailurePolicy.stop();

    private ToMqtt(Source source, @Nullable String topicTemplate, @Nullable MqttTopicMapper<?> topicMapper) {
        this.source = source;
        this.topicTemplate = topicTemplate;
        this.topicMapper = topicMapper;
    }

    static <T> ToMqtt<T> of(Source source, @Nullable String template, @Nullable MqttTopicMapper<? super T> mapper) {
        return new ToMqtt<>(source, template, mapper);
    }

    /**
     * Names the route, for events, health and log lines. Default: the Kafka topics, an arrow and the target.
     *
     * @param name a name that no other route of the bridge has, not blank
     * @return this
     * @throws IllegalArgumentException if blank
     * @throws IllegalStateException if set before
     */
    public ToMqtt<T> name(String name) {
        if (name.isBlank()) {
            throw new IllegalArgumentException("name: '" + name + "' is blank; name the route or leave it out");
        }
        this.name = once.set("name", name);
        return this;
    }

    /**
     * Sets the QoS to publish with. Default: {@link QoS#AT_LEAST_ONCE}. A broker that supports less is an error at start.
     *
     * <p>{@link QoS#EXACTLY_ONCE} delivers exactly once, whatever dies or breaks, as long as the broker keeps the MQTT
     * session: Kafka knows which record each packet id stands for before the message leaves, and that it was received
     * before it is released. That needs a stable client id, {@code mqtt.sessionExpiry} above 0, no {@code mqtt.cleanStart},
     * and the right to transactions ({@code kafka.transactions(..)}); a bridge where that is missing is refused. See {@link
     * #effectivelyOnce}.
     *
     * @param qos the QoS
     * @return this
     * @throws IllegalStateException if set before
     */
    public ToMqtt<T> qos(QoS qos) {
        this.qos = once.set("qos", Objects.requireNonNull(qos, "qos"));
        return this;
    }

    /**
     * Lets messages of QoS 2 go without transactions: packet ids are remembered in this process. No message is lost; if the
     * process dies, those in flight can be repeated. Cheaper, sooner delivered, and possible without the right to
     * transactions. Has no effect at other QoS. Default: exactly once.
     *
     * @return this
     * @throws IllegalStateException if set before
     */
    public ToMqtt<T> effectivelyOnce() {
        effectivelyOnce = once.set("effectivelyOnce", true);
        return this;
    }

    /**
     * Says whether messages are published as retained, so that the broker keeps the last one of each topic for later
     * subscribers. A broker without retained messages is an error at start. Default: false.
     *
     * @param retain whether they are
     * @return this
     * @throws IllegalStateException if set before
     */
    public ToMqtt<T> retain(boolean retain) {
        this.retain = once.set("retain", retain);
        return this;
    }

    /**
     * Lets a header say for each record whether its message is published as retained: {@code true} or {@code false}; any other
     * value is a failure of the record. A record without the header goes by {@link #retain(boolean)}. With {@code
     * mqtt.retained}, which {@link ToKafka#metadataHeaders()} writes, messages keep the flag they came with. The header does
     * not become a user property. A broker without retained messages is an error at start. Default: none.
     *
     * @param header the name of the header, not blank; the last one counts if it repeats
     * @return this
     * @throws IllegalArgumentException if blank
     * @throws IllegalStateException if set before
     */
    public ToMqtt<T> retainHeader(String header) {
        if (header.isBlank()) {
            throw new IllegalArgumentException("retainHeader: '" + header + "' is blank; name a header");
        }
        retainHeader = once.set("retainHeader", header);
        return this;
    }

    /**
     * Lets a record without a value (a tombstone) clear the retained message of its topic, so that the retained messages
     * mirror a compacted Kafka topic. Codecs, filters and maps do not see it, its headers are not sent, and subscribers get
     * an empty message. Needs {@code retain(true)} or {@code retainHeader(..)}, and a topic template. Default: such a record is a failure, which the
     * failure policy decides on.
     *
     * @return this
     * @throws IllegalStateException if set before
     */
    public ToMqtt<T> clearOnTombstone() {
        clearOnTombstone = once.set("clearOnTombstone", true);
        return this;
    }

    /**
     * Says whether headers become MQTT 5 user properties of the same name, in order and with repeats. Default: true. Headers
     * whose names start with {@code bridge.} are reserved and never copied, but for the marker of {@link
     * io.mqttkafka.bridge.config.LoopOptions}. Those that {@link ToKafka#metadataHeaders()}
     * writes become the properties of MQTT that they tell of, whatever is said here: {@code mqtt.payload-format}, {@code
     * mqtt.content-type}, {@code mqtt.response-topic}, {@code mqtt.correlation-data} and {@code mqtt.expires-at}, of which
     * the remaining seconds are sent; a record whose deadline is over is dropped and counted as expired. {@code mqtt.topic},
     * {@code mqtt.qos}, {@code mqtt.retained} and {@code mqtt.duplicate} tell of the message as it was and become nothing, but
     * for {@link #retainHeader(String)}. A header {@code user.mqtt.topic}, or so with another of these names, is the user
     * property {@code mqtt.topic} of a device and becomes it again. Of a repeated metadata header the last one counts, which is
     * the codec's if it adds one. A header without a value is a failure of the record, unless it becomes nothing.
     *
     * @param copy whether to copy them
     * @return this
     * @throws IllegalStateException if set before
     */
    public ToMqtt<T> userProperties(boolean copy) {
        userProperties = once.set("userProperties", copy);
        return this;
    }

    /**
     * Adds where the record came from as user properties, so that subscribers can recognise a repetition: {@code
     * kafka.topic}, {@code kafka.partition} and {@code kafka.offset}. Default: none of them.
     *
     * @return this
     * @throws IllegalStateException if set before
     */
    public ToMqtt<T> metadataProperties() {
        metadataProperties = once.set("metadataProperties", true);
        return this;
    }

    /**
     * Sets what happens to headers that are no MQTT strings. Default: {@link BinaryHeaders#FAIL}.
     *
     * @param binaryHeaders what happens
     * @return this
     * @throws IllegalStateException if set before
     */
    public ToMqtt<T> binaryHeaders(BinaryHeaders binaryHeaders) {
        this.binaryHeaders = once.set("binaryHeaders", Objects.requireNonNull(binaryHeaders, "binaryHeaders"));
        return this;
    }

    /**
     * Sets what happens to messages that nobody subscribes to, where the broker says so. A broker throws such a message away:
     * a backlog would be poured away before the first device is connected. Default: {@link NoSubscribers#await()}; with QoS
     * 0, of which no broker says so, {@link NoSubscribers#accept()}.
     *
     * @param noSubscribers what happens
     * @return this
     * @throws IllegalStateException if set before
     */
    public ToMqtt<T> noSubscribers(NoSubscribers noSubscribers) {
        this.noSubscribers = once.set("noSubscribers", Objects.requireNonNull(noSubscribers, "noSubscribers"));
        return this;
    }

    /**
     * Sets what to do with records that cannot be delivered. Default: {@link FailurePolicy#stop()}.
     *
     * @param options sets the options of the policy
     * @return this
     * @throws IllegalStateException if set before
     */
    public ToMqtt<T> onFailure(Consumer<FailurePolicy.Builder> options) {
        FailurePolicy.Builder builder = FailurePolicy.builder();
        options.accept(builder);
        return onFailure(builder.build());
    }

    /**
     * Sets what to do with records that cannot be delivered: because a codec, filter or mapper throws, because the MQTT topic
     * or a header is not legal, because the message is larger than the broker takes, because the broker refuses it, or, at QoS
     * 1, because five connections in a row end at it before the broker answers. A broker that is away, slow, or has no room
     * for now (reason code 0x97) is not a failure: records wait, in order. Default: {@link FailurePolicy#stop()}.
     *
     * @param policy the policy
     * @return this
     * @throws IllegalStateException if set before
     */
    public ToMqtt<T> onFailure(FailurePolicy policy) {
        failurePolicy = once.set("onFailure", Objects.requireNonNull(policy, "policy"));
        return this;
    }

    /**
     * Builds the route. The template is checked when a bridge is built with it.
     *
     * @return the route
     * @throws IllegalArgumentException if {@code noSubscribers} asks for what QoS 0 cannot tell, or {@code
     *     clearOnTombstone} is there without {@code retain(true)} or {@code retainHeader(..)}, or without a topic template
     */
    public Route build() {
        NoSubscribers unheard = qos == QoS.AT_MOST_ONCE ? NoSubscribers.accept() : NoSubscribers.await();
        String target = topicTemplate == null ? "mapper" : topicTemplate;
        return new KafkaToMqttRoute(
                name == null ? source.topicsShown() + " -> " + target : name,
                source,
                new Target(
                        new MqttTopic(topicTemplate, topicMapper),
                        qos,
                        effectivelyOnce,
                        new Retention(retain, retainHeader, clearOnTombstone),
                        new UserProperties(userProperties, metadataProperties, binaryHeaders),
                        noSubscribers == null ? unheard : noSubscribers),
                failurePolicy);
    }
}
