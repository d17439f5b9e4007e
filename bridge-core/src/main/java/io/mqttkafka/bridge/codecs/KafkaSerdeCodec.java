package io.mqttkafka.bridge.codecs;

import io.mqttkafka.bridge.CodecContext;
import io.mqttkafka.bridge.PayloadCodec;
import io.mqttkafka.bridge.error.CodecException;
import io.mqttkafka.bridge.message.Header;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/**
 * Makes a codec of any Kafka serializer and deserializer, such as those for Avro, Protobuf and JSON Schema that work with a
 * schema registry.
 *
 * <p>Serializers and deserializers must be {@linkplain Serializer#configure configured} before they are given to the codec.
 *
 * <p><b>Topic.</b> Serdes are told a topic, of which those with a registry make the subject ({@code <topic>-value}). It is
 * the Kafka topic wherever that is known: always when a value is written. A payload is read before the route knows its
 * Kafka topic; the deserializer is then told the {@link #decodingTopic}, and without one the MQTT topic. Set it if the
 * deserializer looks up or caches by topic, since there can be any number of MQTT topics.
 *
 * <p><b>Headers.</b> A deserializer sees the headers of the message; what it changes there has no effect. A serializer sees
 * the headers that the record has so far; what it adds goes into the record, what it removes stays.
 *
 * <p><b>Failures.</b> Whatever a serde throws becomes the cause of a {@link CodecException}. A null that a serde returns is a
 * {@link CodecException} too. The message names the serde, the topic and the kind of failure; the cause is the serde's own
 * and may quote the payload.
 *
 * <p><b>Closing.</b> Closes the serdes. A route and its codecs can serve several bridges, so no bridge does this: close the
 * codec after the last of them.
 *
 * <p>Thread-safe, also where the serdes are not: a codec made of one serializer and one deserializer lets one call at a time
 * into each, and a {@linkplain #pooled pooled} one has as many as there are calls at a time. Do not give one serde to
 * several codecs unless it is thread-safe itself.
 *
 * @param <T> the type of the values
 */
public final class KafkaSerdeCodec<T> implements PayloadCodec<T>, AutoCloseable {
    private final Lender<T> lender;
    private final @Nullable String decodingTopic;

    private KafkaSerdeCodec(Lender<T> lender, @Nullable String decodingTopic) {
        this.lender = lender;
        this.decodingTopic = decodingTopic;
    }

    /**
     * Makes a codec that reads and writes, one call at a time each.
     *
     * @param <T> the type of the values
     * @param serde the serde, configured; closed by {@link #close()}
     * @return the codec
     * @throws NullPointerException if {@code serde} is null or has no serializer or deserializer
     */
    public static <T> KafkaSerdeCodec<T> of(Serde<T> serde) {
        Objects.requireNonNull(serde, "serde");
        Serializer<T> serializer = Objects.requireNonNull(serde.serializer(), "serde.serializer()");
        Deserializer<T> deserializer = Objects.requireNonNull(serde.deserializer(), "serde.deserializer()");
        return new KafkaSerdeCodec<>(new Guarded<>(serializer, deserializer, serde::close), null);
    }

    /**
     * Makes a codec that reads and writes, one call at a time each.
     *
     * @param <T> the type of the values
     * @param serializer the serializer, configured; closed by {@link #close()}
     * @param deserializer the deserializer, configured; closed by {@link #close()}
     * @return the codec
     * @throws NullPointerException if one is null
     */
    public static <T> KafkaSerdeCodec<T> of(Serializer<T> serializer, Deserializer<T> deserializer) {
        Objects.requireNonNull(serializer, "serializer");
        Objects.requireNonNull(deserializer, "deserializer");
        return new KafkaSerdeCodec<>(
                new Guarded<>(
                        serializer, deserializer, () -> closeAll(List.of(serializer::close, deserializer::close))),
                null);
    }

    /**
     * Makes a codec that only reads, one call at a time. {@link #encode} throws a {@link CodecException}.
     *
     * @param <T> the type of the values
     * @param deserializer the deserializer, configured; closed by {@link #close()}
     * @return the codec
     * @throws NullPointerException if {@code deserializer} is null
     */
    public static <T> KafkaSerdeCodec<T> deserializing(Deserializer<T> deserializer) {
        Objects.requireNonNull(deserializer, "deserializer");
        return new KafkaSerdeCodec<>(new Guarded<>(null, deserializer, deserializer::close), null);
    }

    /**
     * Makes a codec that only writes, one call at a time. {@link #decode} throws a {@link CodecException}.
     *
     * @param <T> the type of the values
     * @param serializer the serializer, configured; closed by {@link #close()}
     * @return the codec
     * @throws NullPointerException if {@code serializer} is null
     */
    public static <T> KafkaSerdeCodec<T> serializing(Serializer<T> serializer) {
        Objects.requireNonNull(serializer, "serializer");
        return new KafkaSerdeCodec<>(new Guarded<>(serializer, null, serializer::close), null);
    }

    /**
     * Makes a codec that reads and writes without calls waiting for each other: a call that finds every serde busy makes
     * another. There are never more of them than there were calls at the same time. Worth it where one codec serves several
     * busy connections.
     *
     * @param <T> the type of the values
     * @param serdes makes a configured serde at every call; called by any thread; the serdes are closed by {@link #close()}
     * @return the codec
     * @throws NullPointerException if {@code serdes} is null
     */
    public static <T> KafkaSerdeCodec<T> pooled(Supplier<? extends Serde<T>> serdes) {
        return new KafkaSerdeCodec<>(new Pooled<>(Objects.requireNonNull(serdes, "serdes")), null);
    }

    /**
     * Returns this codec with a topic for the deserializer to be told while the Kafka topic is not known. Both use the same
     * serdes: closing one closes both. Default: the MQTT topic.
     *
     * @param topic the topic whose schemas the payloads follow, usually the Kafka topic that the route writes to; not blank
     * @return the codec
     * @throws IllegalArgumentException if {@code topic} is blank
     */
    public KafkaSerdeCodec<T> decodingTopic(String topic) {
        if (topic.isBlank()) {
            throw new IllegalArgumentException("decodingTopic: '" + topic + "' is blank; name a topic or leave it out");
        }
        return new KafkaSerdeCodec<>(lender, topic);
    }

    /**
     * {@inheritDoc}
     *
     * <p>The deserializer is given a copy of the payload, so that it may keep it.
     *
     * @throws CodecException if the deserializer throws or returns null, or there is none
     * @throws IllegalStateException if the codec is closed
     */
    @Override
    public T decode(byte[] payload, CodecContext context) {
        boolean own = context.kafkaTopic() == null && decodingTopic != null;
        String topic = own ? Objects.requireNonNull(decodingTopic) : topicOf(context);
        return lender.read(topic, kafkaHeaders(context), payload.clone());
    }

    /**
     * {@inheritDoc}
     *
     * @throws CodecException if the serializer throws or returns null, or there is none
     * @throws IllegalStateException if the codec is closed
     */
    @Override
    public byte[] encode(T value, CodecContext context) {
        RecordHeaders headers = kafkaHeaders(context);
        Set<Object> before = context.headers().isEmpty() ? Set.of() : identitySet(headers);
        byte[] payload = lender.write(topicOf(context), headers, value);
        for (org.apache.kafka.common.header.Header header : headers) {
            if (!before.contains(header)) {
                context.addHeader(header.key(), header.value());
            }
        }
        return payload;
    }

    /** Closes the serdes, once no call uses them. A codec that is closed twice does nothing the second time. */
    @Override
    public void close() {
        lender.close();
    }

    /** Names the classes of the serdes, never their configuration. */
    @Override
    public String toString() {
        return "KafkaSerdeCodec[" + lender + (decodingTopic == null ? "" : ", decodingTopic=" + decodingTopic) + "]";
    }

    /** The Kafka topic, or the MQTT topic while that is not known. */
    private static String topicOf(CodecContext context) {
        String kafkaTopic = context.kafkaTopic();
        return kafkaTopic == null ? Objects.requireNonNull(context.mqttTopic(), "mqttTopic") : kafkaTopic;
    }

    private static Set<Object> identitySet(RecordHeaders headers) {
        Set<Object> set = Collections.newSetFromMap(new IdentityHashMap<>());
        headers.forEach(set::add);
        return set;
    }

    private static RecordHeaders kafkaHeaders(CodecContext context) {
        RecordHeaders headers = new RecordHeaders();
        for (Header header : context.headers()) {
            headers.add(new RecordHeader(header.name(), header.value()));
        }
        return headers;
    }

    private static <T> T read(@Nullable Deserializer<T> deserializer, String topic, Headers headers, byte[] payload) {
        if (deserializer == null) {
            throw new CodecException("the codec only writes: it was made with serializing(..); use of(..)");
        }
        T value;
        try {
            value = deserializer.deserialize(topic, headers, payload);
        } catch (RuntimeException e) {
            throw failure(deserializer, topic, e);
        }
        return checked(value, deserializer, topic);
    }

    private static <T> byte[] write(@Nullable Serializer<T> serializer, String topic, Headers headers, T value) {
        if (serializer == null) {
            throw new CodecException("the codec only reads: it was made with deserializing(..); use of(..)");
        }
        byte[] payload;
        try {
            payload = serializer.serialize(topic, headers, value);
        } catch (RuntimeException e) {
            throw failure(serializer, topic, e);
        }
        return checked(payload, serializer, topic);
    }

    private static <V> V checked(@Nullable V result, Object serde, String topic) {
        if (result == null) {
            throw new CodecException(nameOf(serde) + " made null of a message for topic '" + topic
                    + "'; a bridged message needs a value");
        }
        return result;
    }

    /** Without the message of the cause: many serdes quote the payload there. */
    private static CodecException failure(Object serde, String topic, RuntimeException cause) {
        return cause instanceof CodecException codecException
                ? codecException
                : new CodecException(
                        nameOf(serde) + " failed for topic '" + topic + "' with " + nameOf(cause) + "; see the cause",
                        cause);
    }

    private static String nameOf(Object object) {
        return object.getClass().getName();
    }

    /** Runs all, and throws the first failure when all have run. */
    private static void closeAll(List<Runnable> closers) {
        RuntimeException first = null;
        for (Runnable closer : closers) {
            try {
                closer.run();
            } catch (RuntimeException e) {
                if (first == null) {
                    first = e;
                } else {
                    first.addSuppressed(e);
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }

    private static IllegalStateException closed() {
        return new IllegalStateException("the codec is closed; close it after the bridges that use it");
    }

    /** Lends a serde to one call at a time. */
    private interface Lender<T> {
        T read(String topic, Headers headers, byte[] payload);

        byte[] write(String topic, Headers headers, T value);

        void close();
    }

    /** One of each, behind a lock of its own. */
    private static final class Guarded<T> implements Lender<T> {
        private final @Nullable Serializer<T> serializer;
        private final @Nullable Deserializer<T> deserializer;
        private final Runnable closer;
        private final Object writing = new Object();
        private final Object reading = new Object();
        private boolean closed; // written under both locks, read under either

        Guarded(@Nullable Serializer<T> serializer, @Nullable Deserializer<T> deserializer, Runnable closer) {
            this.serializer = serializer;
            this.deserializer = deserializer;
            this.closer = closer;
        }

        @Override
        public T read(String topic, Headers headers, byte[] payload) {
            synchronized (reading) {
                requireOpen();
                return KafkaSerdeCodec.read(deserializer, topic, headers, payload);
            }
        }

        @Override
        public byte[] write(String topic, Headers headers, T value) {
            synchronized (writing) {
                requireOpen();
                return KafkaSerdeCodec.write(serializer, topic, headers, value);
            }
        }

        @Override
        public void close() {
            synchronized (writing) {
                synchronized (reading) {
                    if (!closed) {
                        closed = true;
                        closer.run();
                    }
                }
            }
        }

        private void requireOpen() {
            if (closed) {
                throw closed();
            }
        }

        @Override
        public String toString() {
            return (serializer == null ? "no serializer" : nameOf(serializer)) + ", "
                    + (deserializer == null ? "no deserializer" : nameOf(deserializer));
        }
    }

    /** As many serdes as there are calls at a time. Not per thread: a bridge has a new thread for every connection. */
    private static final class Pooled<T> implements Lender<T> {
        private final Supplier<? extends Serde<T>> serdes;
        private final Deque<Serde<T>> idle = new ArrayDeque<>();
        private boolean closed;

        Pooled(Supplier<? extends Serde<T>> serdes) {
            this.serdes = serdes;
        }

        @Override
        public T read(String topic, Headers headers, byte[] payload) {
            Serde<T> serde = take();
            try {
                return KafkaSerdeCodec.read(serde.deserializer(), topic, headers, payload);
            } finally {
                giveBack(serde);
            }
        }

        @Override
        public byte[] write(String topic, Headers headers, T value) {
            Serde<T> serde = take();
            try {
                return KafkaSerdeCodec.write(serde.serializer(), topic, headers, value);
            } finally {
                giveBack(serde);
            }
        }

        private Serde<T> take() {
            synchronized (idle) {
                if (closed) {
                    throw closed();
                }
                Serde<T> serde = idle.poll();
                if (serde != null) {
                    return serde;
                }
            }
            try {
                return Objects.requireNonNull(serdes.get(), "serde");
            } catch (RuntimeException e) {
                throw new CodecException("the supplier of serdes failed with " + nameOf(e) + "; see the cause", e);
            }
        }

        private void giveBack(Serde<T> serde) {
            synchronized (idle) {
                if (!closed) {
                    idle.push(serde);
                    return;
                }
            }
            serde.close();
        }

        @Override
        public void close() {
            List<Runnable> closers = new ArrayList<>();
            synchronized (idle) {
                closed = true;
                idle.forEach(serde -> closers.add(serde::close));
                idle.clear();
            }
            closeAll(closers);
        }

        @Override
        public String toString() {
            return "pooled";
        }
    }
}
