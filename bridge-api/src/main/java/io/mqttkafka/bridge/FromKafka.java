package io.mqttkafka.bridge;

import io.mqttkafka.bridge.message.KafkaMessage;
import io.mqttkafka.bridge.spi.KafkaToMqttRoute.Filter;
import io.mqttkafka.bridge.spi.KafkaToMqttRoute.Mapping;
import io.mqttkafka.bridge.spi.KafkaToMqttRoute.Source;
import io.mqttkafka.bridge.spi.KafkaToMqttRoute.Step;
import io.mqttkafka.bridge.spi.Once;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The source stage of a route from Kafka: what it takes, and what happens to the value. {@link #toMqtt} goes on to the
 * target stage.
 *
 * <p>Immutable: every method returns a new stage. Each option can be set once.
 *
 * @param <T> what the value has become so far; {@code byte[]} at the start
 */
public final class FromKafka<T> {
    private final Source source;
    private final Once once;

    private FromKafka(Source source, Once once) {
        this.source = source;
        this.once = once;
    }

    static FromKafka<byte[]> of(List<String> topics, @Nullable Pattern pattern) {
        return new FromKafka<>(new Source(topics, pattern, null, null, null, List.of(), null), new Once());
    }

    /**
     * Sets the consumer group, whose committed offsets say where to go on after a restart. Several bridges of one group share
     * the partitions. A group that has committed nothing begins at the earliest record, unless the consumer property {@code
     * auto.offset.reset} says otherwise. Default: {@code bridge-} and the client id of the bridge.
     *
     * @param group the name of a consumer group, not blank
     * @return the next stage
     * @throws IllegalArgumentException if blank
     * @throws IllegalStateException if set before
     */
    public FromKafka<T> group(String group) {
        Objects.requireNonNull(group, "group");
        Once set = new Once(once);
        set.set("group", group);
        return new FromKafka<>(
                new Source(
                        source.topics(),
                        source.pattern(),
                        group,
                        source.clientId(),
                        source.decoder(),
                        source.steps(),
                        source.encoder()),
                set);
    }

    /**
     * Gives the route an MQTT connection of its own, or one shared with the routes from Kafka of the same client id. Default:
     * the client id of the bridge and {@code -out}.
     *
     * @param clientId a client id that no other client and no route from MQTT uses, 1 to 65,535 bytes of UTF-8, not blank,
     *     without U+0000
     * @return the next stage
     * @throws IllegalArgumentException if blank, too long or with U+0000
     * @throws IllegalStateException if set before
     */
    public FromKafka<T> clientId(String clientId) {
        Objects.requireNonNull(clientId, "clientId");
        Once set = new Once(once);
        set.set("clientId", clientId);
        return new FromKafka<>(
                new Source(
                        source.topics(),
                        source.pattern(),
                        source.group(),
                        clientId,
                        source.decoder(),
                        source.steps(),
                        source.encoder()),
                set);
    }

    /**
     * Decodes the value. Comes once, before filter, map and encode. Unless the route also maps or {@linkplain
     * #encode(PayloadCodec) encodes} it, the original bytes go to MQTT.
     *
     * @param <R> the type of the decoded value
     * @param codec the codec
     * @return the next stage
     * @throws IllegalStateException if the value is decoded already, or the stage has a filter, a mapping or an encoder
     */
    public <R> FromKafka<R> decode(PayloadCodec<R> codec) {
        Objects.requireNonNull(codec, "codec");
        if (source.decoder() != null
                || source.encoder() != null
                || !source.steps().isEmpty()) {
            throw new IllegalStateException("decode: comes first and once, before filter, map and encode");
        }
        return new FromKafka<>(
                new Source(
                        source.topics(), source.pattern(), source.group(), source.clientId(), codec, List.of(), null),
                once);
    }

    /**
     * Lets only some records pass. The offsets of the others are committed, and they are counted as filtered.
     *
     * @param keep true for records to bridge
     * @return the next stage
     */
    public FromKafka<T> filter(Predicate<? super T> keep) {
        Objects.requireNonNull(keep, "keep");
        return filter((value, message) -> keep.test(value));
    }

    /**
     * Lets only some records pass, judged with the record as it came. The offsets of the others are committed, and they are
     * counted as filtered.
     *
     * @param keep true for records to bridge
     * @return the next stage
     */
    public FromKafka<T> filter(BiPredicate<? super T, KafkaMessage> keep) {
        Objects.requireNonNull(keep, "keep");
        return with(new Filter(keep), source.encoder());
    }

    /**
     * Changes the value. Filters and mappings are applied in the order in which they were added; of several codecs, the last
     * one writes.
     *
     * @param <R> the type of the new value
     * @param mapping makes the new value; null is a failure of the record
     * @param codec writes the new value for MQTT
     * @return the next stage
     */
    public <R> FromKafka<R> map(Function<? super T, ? extends R> mapping, PayloadCodec<R> codec) {
        Objects.requireNonNull(mapping, "mapping");
        Objects.requireNonNull(codec, "codec");
        return with(new Mapping(mapping), codec);
    }

    /**
     * Writes the value for MQTT with a codec, rather than passing the original bytes on. Replaces the codec of an earlier
     * {@link #map}.
     *
     * @param codec the codec
     * @return the next stage
     * @throws IllegalStateException if set before
     */
    public FromKafka<T> encode(PayloadCodec<T> codec) {
        Objects.requireNonNull(codec, "codec");
        Once set = new Once(once);
        set.set("encode", codec);
        return new FromKafka<>(
                new Source(
                        source.topics(),
                        source.pattern(),
                        source.group(),
                        source.clientId(),
                        source.decoder(),
                        source.steps(),
                        codec),
                set);
    }

    /**
     * Publishes to the MQTT topic that a template names: literal text and <code>{key}</code> for the key of the record as
     * UTF-8 text, <code>{topic}</code> for the Kafka topic, <code>{partition}</code> for the number of the partition, {@code
     * {header:name}} for a header. Values are put in once and never read as templates; a value with {@code +}, {@code #} or a
     * control character is a failure of the record. A literal brace is written twice.
     *
     * <p>A value with {@code /} becomes several levels, as a mirror of MQTT topics needs. Who writes the records can so choose
     * topics that you did not have in mind; where that matters, refuse such keys with a mapper: {@link #toMqtt(MqttTopicMapper)}.
     *
     * @param template the template; checked when the bridge is built
     * @return the target stage
     */
    public ToMqtt<T> toMqtt(String template) {
        Objects.requireNonNull(template, "template");
        return ToMqtt.of(source, template, null);
    }

    /**
     * Publishes to the MQTT topic that a mapper chooses.
     *
     * @param mapper the mapper
     * @return the target stage
     */
    public ToMqtt<T> toMqtt(MqttTopicMapper<? super T> mapper) {
        Objects.requireNonNull(mapper, "mapper");
        return ToMqtt.of(source, null, mapper);
    }

    private <R> FromKafka<R> with(Step step, @Nullable PayloadCodec<?> encoder) {
        List<Step> steps = new ArrayList<>(source.steps());
        steps.add(step);
        return new FromKafka<>(
                new Source(
                        source.topics(),
                        source.pattern(),
                        source.group(),
                        source.clientId(),
                        source.decoder(),
                        steps,
                        encoder),
                once);
    }
}
