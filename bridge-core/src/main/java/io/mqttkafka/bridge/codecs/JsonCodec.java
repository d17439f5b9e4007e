package io.mqttkafka.bridge.codecs;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mqttkafka.bridge.CodecContext;
import io.mqttkafka.bridge.PayloadCodec;
import io.mqttkafka.bridge.error.BridgeConfigException;
import io.mqttkafka.bridge.error.CodecException;
import java.util.Objects;

/**
 * Reads and writes JSON with Jackson 2.
 *
 * <p>Needs {@code com.fasterxml.jackson.core:jackson-databind} 2.15 or later on the class path, an optional dependency of
 * {@code bridge-core}.
 *
 * <p><b>The mapper</b>, unless one is given, is Jackson's default but for these:
 *
 * <ul>
 *   <li>Unknown properties are ignored, so that a device with newer software does not stop a route. Nothing is lost by it
 *       unless the route encodes: without that, the original bytes go to Kafka.
 *   <li>A primitive that is missing in a record, or null anywhere, is refused rather than read as 0 or false.
 *   <li>{@code java.time} is read, and written as ISO 8601 text, if {@code
 *       com.fasterxml.jackson.datatype:jackson-datatype-jsr310} is on the class path. No other module is looked for.
 * </ul>
 *
 * <p>No class is ever chosen by the payload, unless the user's own types or mapper ask for it: the codec switches no
 * polymorphic typing on. Jackson's limits of depth, length and size ({@code StreamReadConstraints}) stay as they are.
 *
 * <p>With any mapper: an empty payload, JSON {@code null}, and anything after the value are a {@link CodecException}. Its
 * message says where, what kind of error and which type, but never quotes the payload; Jackson's exceptions do quote it
 * and are therefore not passed on as the cause.
 *
 * <p>A type that the mapper can neither read nor write, such as a record with an {@code Instant} where the module for it is
 * missing, is refused when the codec is made, as far as the type shows it.
 *
 * <p>A given mapper is not copied or changed; changing its configuration later has no effect on the codec.
 *
 * <p>Thread-safe.
 *
 * @param <T> the type of the values
 */
public final class JsonCodec<T> implements PayloadCodec<T> {
    // Jackson is optional: this class must load without it, so only JacksonCodec touches it.
    private final PayloadCodec<T> jackson;

    private JsonCodec(PayloadCodec<T> jackson) {
        this.jackson = jackson;
    }

    /**
     * Makes a codec of a class with the default mapper.
     *
     * @param <T> the type of the values
     * @param type the class
     * @return the codec
     * @throws NullPointerException if {@code type} is null
     * @throws BridgeConfigException if Jackson is missing or older than 2.15, or the mapper can neither read nor write the
     *     type
     */
    public static <T> JsonCodec<T> of(Class<T> type) {
        Objects.requireNonNull(type, "type");
        requireJackson();
        return new JsonCodec<>(JacksonCodec.of(type));
    }

    /**
     * Makes a codec of a generic type with the default mapper.
     *
     * @param <T> the type of the values
     * @param type the type, as in {@code new TypeReference<List<Reading>>() {}}
     * @return the codec
     * @throws NullPointerException if {@code type} is null
     * @throws BridgeConfigException if Jackson is missing or older than 2.15, or the mapper can neither read nor write the
     *     type
     */
    public static <T> JsonCodec<T> of(TypeReference<T> type) {
        Objects.requireNonNull(type, "type");
        requireJackson();
        return new JsonCodec<>(JacksonCodec.of(type));
    }

    /**
     * Makes a codec of a class with the user's mapper.
     *
     * @param <T> the type of the values
     * @param mapper the mapper
     * @param type the class
     * @return the codec
     * @throws NullPointerException if a parameter is null
     * @throws BridgeConfigException if Jackson is missing or older than 2.15, or the mapper can neither read nor write the
     *     type
     */
    public static <T> JsonCodec<T> of(ObjectMapper mapper, Class<T> type) {
        Objects.requireNonNull(mapper, "mapper");
        Objects.requireNonNull(type, "type");
        requireJackson();
        return new JsonCodec<>(JacksonCodec.of(mapper, type));
    }

    /**
     * Makes a codec of a generic type with the user's mapper.
     *
     * @param <T> the type of the values
     * @param mapper the mapper
     * @param type the type, made by the mapper's type factory; it must be a {@code T}
     * @return the codec
     * @throws NullPointerException if a parameter is null
     * @throws BridgeConfigException if Jackson is missing or older than 2.15, or the mapper can neither read nor write the
     *     type
     */
    public static <T> JsonCodec<T> of(ObjectMapper mapper, JavaType type) {
        Objects.requireNonNull(mapper, "mapper");
        Objects.requireNonNull(type, "type");
        requireJackson();
        return new JsonCodec<>(JacksonCodec.of(mapper, type));
    }

    @Override
    public T decode(byte[] payload, CodecContext context) {
        return jackson.decode(payload, context);
    }

    @Override
    public byte[] encode(T value, CodecContext context) {
        return jackson.encode(value, context);
    }

    /** Names the type. */
    @Override
    public String toString() {
        return jackson.toString();
    }

    private static void requireJackson() {
        try {
            Class.forName("com.fasterxml.jackson.databind.ObjectMapper", true, JsonCodec.class.getClassLoader());
        } catch (ClassNotFoundException | LinkageError e) {
            throw new BridgeConfigException(
                    "JsonCodec: Jackson is missing; add com.fasterxml.jackson.core:jackson-databind to the class path",
                    e);
        }
        try {
            // The newest of what JacksonCodec uses: its limits of depth, length and size.
            Class.forName(
                    "com.fasterxml.jackson.core.exc.StreamConstraintsException",
                    false,
                    JsonCodec.class.getClassLoader());
        } catch (ClassNotFoundException | LinkageError e) {
            throw new BridgeConfigException(
                    "JsonCodec: found Jackson " + com.fasterxml.jackson.core.json.PackageVersion.VERSION
                            + ", needs at least 2.15; put com.fasterxml.jackson.core:jackson-databind 2.15 or later on the class"
                            + " path, and jackson-core of the same version",
                    e);
        }
    }
}
