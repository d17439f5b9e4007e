package io.mqttkafka.bridge;

import io.mqttkafka.bridge.message.MqttMessage;
import io.mqttkafka.bridge.spi.MqttToKafkaRoute.Filter;
import io.mqttkafka.bridge.spi.MqttToKafkaRoute.Mapping;
import io.mqttkafka.bridge.spi.MqttToKafkaRoute.Source;
import io.mqttkafka.bridge.spi.MqttToKafkaRoute.Step;
import io.mqttkafka.bridge.spi.Once;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The source stage of a route from MQTT: what it takes, and what happens to the payload. {@link #toKafka} goes on to the
 * target stage.
 *
 * <p>Immutable: every method returns a new stage. Each option can be set once.
 *
 * @param <T> what the payload has become so far; {@code byte[]} at the start
 */
public final class FromMqtt<T> {
    private final Source source;
    private final Once once;

    private FromMqtt(Source source, Once once) {
        this.source = source;
        this.once = once;
    }

    static FromMqtt<byte[]> of(String filter) {
        Objects.requireNonNull(filter, "filter");
        return new FromMqtt<>(new Source(filter, QoS.AT_LEAST_ONCE, false, null, null, List.of(), null), new Once());
    }

    /**
     * Sets the QoS to subscribe with. Default: {@link QoS#AT_LEAST_ONCE}. A broker that grants less is an error at start.
     *
     * @param qos the QoS
     * @return the next stage
     * @throws IllegalStateException if set before
     */
    public FromMqtt<T> qos(QoS qos) {
        Objects.requireNonNull(qos, "qos");
        Once set = new Once(once);
        set.set("qos", qos);
        return new FromMqtt<>(
                new Source(
                        source.filter(),
                        qos,
                        source.effectivelyOnce(),
                        source.clientId(),
                        source.decoder(),
                        source.steps(),
                        source.encoder()),
                set);
    }

    /**
     * Lets messages of QoS 2 go to Kafka without transactions: PUBREC follows Kafka's confirmation, and packet ids are
     * remembered in this process. No message is lost; if the process dies, those in flight can be repeated. Cheaper, sooner
     * readable, and possible where exactly once is not: with a shared subscription, or without the right to transactions.
     * Default: exactly once.
     *
     * @return the next stage
     * @throws IllegalStateException if set before
     */
    public FromMqtt<T> effectivelyOnce() {
        Once set = new Once(once);
        set.set("effectivelyOnce", true);
        return new FromMqtt<>(
                new Source(
                        source.filter(),
                        source.qos(),
                        true,
                        source.clientId(),
                        source.decoder(),
                        source.steps(),
                        source.encoder()),
                set);
    }

    /**
     * Gives the route an MQTT connection of its own, or one shared with the routes of the same client id. Routes on one
     * connection share its receive window and stop together. Default: the client id of the bridge.
     *
     * @param clientId a client id that no other client uses, 1 to 65,535 bytes of UTF-8, not blank, without U+0000
     * @return the next stage
     * @throws IllegalArgumentException if blank, too long or with U+0000
     * @throws IllegalStateException if set before
     */
    public FromMqtt<T> clientId(String clientId) {
        Objects.requireNonNull(clientId, "clientId");
        Once set = new Once(once);
        set.set("clientId", clientId);
        return new FromMqtt<>(
                new Source(
                        source.filter(),
                        source.qos(),
                        source.effectivelyOnce(),
                        clientId,
                        source.decoder(),
                        source.steps(),
                        source.encoder()),
                set);
    }

    /**
     * Decodes the payload. Comes once, before filter, map and encode. Unless the route also maps or {@linkplain #encode(PayloadCodec) encodes} it, the original bytes
     * go to Kafka.
     *
     * @param <R> the type of the decoded payload
     * @param codec the codec
     * @return the next stage
     * @throws IllegalStateException if the payload is decoded already, or the stage has a filter, a mapping or an encoder
     */
    public <R> FromMqtt<R> decode(PayloadCodec<R> codec) {
        Objects.requireNonNull(codec, "codec");
        if (source.decoder() != null
                || source.encoder() != null
                || !source.steps().isEmpty()) {
            throw new IllegalStateException("decode: comes first and once, before filter, map and encode");
        }
        return new FromMqtt<>(
                new Source(
                        source.filter(),
                        source.qos(),
                        source.effectivelyOnce(),
                        source.clientId(),
                        codec,
                        List.of(),
                        null),
                once);
    }

    /**
     * Lets only some messages pass. The others are acknowledged and counted as filtered.
     *
     * @param keep true for messages to bridge
     * @return the next stage
     */
    public FromMqtt<T> filter(Predicate<? super T> keep) {
        Objects.requireNonNull(keep, "keep");
        return filter((value, message) -> keep.test(value));
    }

    /**
     * Lets only some messages pass, judged with the message as it came. The others are acknowledged and counted as
     * filtered.
     *
     * @param keep true for messages to bridge
     * @return the next stage
     */
    public FromMqtt<T> filter(BiPredicate<? super T, MqttMessage> keep) {
        Objects.requireNonNull(keep, "keep");
        return with(new Filter(keep), source.encoder());
    }

    /**
     * Changes the value. Filters and mappings are applied in the order in which they were added; of several codecs, the
     * last one writes.
     *
     * @param <R> the type of the new value
     * @param mapping makes the new value; null is a failure of the message
     * @param codec writes the new value for Kafka
     * @return the next stage
     */
    public <R> FromMqtt<R> map(Function<? super T, ? extends R> mapping, PayloadCodec<R> codec) {
        Objects.requireNonNull(mapping, "mapping");
        Objects.requireNonNull(codec, "codec");
        return with(new Mapping(mapping), codec);
    }

    /**
     * Writes the value for Kafka with a codec, rather than passing the original bytes on. Replaces the codec of an earlier
     * {@link #map}.
     *
     * @param codec the codec
     * @return the next stage
     * @throws IllegalStateException if set before
     */
    public FromMqtt<T> encode(PayloadCodec<T> codec) {
        Objects.requireNonNull(codec, "codec");
        Once set = new Once(once);
        set.set("encode", codec);
        return new FromMqtt<>(
                new Source(
                        source.filter(),
                        source.qos(),
                        source.effectivelyOnce(),
                        source.clientId(),
                        source.decoder(),
                        source.steps(),
                        codec),
                set);
    }

    /**
     * Sends to the Kafka topic that a template names: literal text and {@code {level}} for a named level of the filter,
     * {@code {topic}} for the whole MQTT topic, {@code {key}} for the key of the record, {@code {header:name}} for a user
     * property. Values are put in once and never read as templates. A literal brace is written twice.
     *
     * @param template the template; checked when the bridge is built
     * @return the target stage
     */
    public ToKafka<T> toKafka(String template) {
        Objects.requireNonNull(template, "template");
        return ToKafka.of(source, template, null);
    }

    /**
     * Sends to the Kafka topic that a mapper chooses.
     *
     * @param mapper the mapper
     * @return the target stage
     */
    public ToKafka<T> toKafka(TopicMapper<? super T> mapper) {
        Objects.requireNonNull(mapper, "mapper");
        return ToKafka.of(source, null, mapper);
    }

    private <R> FromMqtt<R> with(Step step, @Nullable PayloadCodec<?> encoder) {
        List<Step> steps = new ArrayList<>(source.steps());
        steps.add(step);
        return new FromMqtt<>(
                new Source(
                        source.filter(),
                        source.qos(),
                        source.effectivelyOnce(),
                        source.clientId(),
                        source.decoder(),
                        List.copyOf(steps),
                        encoder),
                once);
    }
}
