package io.mqttkafka.bridge.codecs;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.Module;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.exc.InvalidDefinitionException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.mqttkafka.bridge.CodecContext;
import io.mqttkafka.bridge.PayloadCodec;
import io.mqttkafka.bridge.error.MalformedPayloadException;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import org.jspecify.annotations.Nullable;

/** What {@link JsonCodec} does once Jackson is known to be there. Thread-safe. */
final class JacksonCodec<T> implements PayloadCodec<T> {
    private final ObjectMapper mapper;
    private final JavaType type;
    private final ObjectReader reader;
    private final ObjectWriter writer;

    private JacksonCodec(ObjectMapper mapper, JavaType type) {
        this.mapper = mapper;
        this.type = type;
        this.reader = mapper.readerFor(type)
                .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .without(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION);
        this.writer = mapper.writerFor(type);
    }

    static <T> JacksonCodec<T> of(Class<T> type) {
        return of(Defaults.MAPPER, type);
    }

    static <T> JacksonCodec<T> of(TypeReference<T> type) {
        return of(Defaults.MAPPER, Defaults.MAPPER.constructType(type));
    }

    static <T> JacksonCodec<T> of(ObjectMapper mapper, Class<T> type) {
        return of(mapper, mapper.constructType(type));
    }

    static <T> JacksonCodec<T> of(ObjectMapper mapper, JavaType type) {
        JacksonCheck.requireUsable(mapper, type);
        return new JacksonCodec<>(mapper, type);
    }

    @Override
    public T decode(byte[] payload, CodecContext context) {
        if (payload.length == 0) {
            throw new MalformedPayloadException("the payload is empty, not JSON for " + type.toCanonical());
        }
        T value;
        try {
            value = reader.readValue(payload);
        } catch (IOException | RuntimeException e) {
            throw new MalformedPayloadException(
                    "the payload is not JSON for " + type.toCanonical() + ": " + describe(e));
        }
        if (value == null || (value instanceof JsonNode node && (node.isNull() || node.isMissingNode()))) {
            throw new MalformedPayloadException("the payload is JSON null, which is no " + type.toCanonical());
        }
        return value;
    }

    @Override
    public byte[] encode(T value, CodecContext context) {
        try {
            return writer.writeValueAsBytes(value);
        } catch (JsonProcessingException | RuntimeException e) {
            throw new MalformedPayloadException(
                    "the value cannot be written as JSON of " + type.toCanonical() + ": " + describe(e));
        }
    }

    @Override
    public String toString() {
        return "JsonCodec[" + type.toCanonical() + "]";
    }

    /** Everything about an exception but its message, and the names in its path only if they are the type's own. */
    private String describe(Exception e) {
        StringBuilder text = new StringBuilder(e.getClass().getSimpleName());
        if (e instanceof JsonMappingException mapping) {
            describePath(mapping, text);
        }
        if (e instanceof InvalidDefinitionException definition && definition.getType() != null) {
            text.append(", Jackson cannot handle ").append(definition.getType().toCanonical());
            if (definition.getType().getRawClass().getName().startsWith("java.time.")) {
                text.append("; add com.fasterxml.jackson.datatype:jackson-datatype-jsr310 to the class path");
            }
        } else if (e instanceof MismatchedInputException mismatch && mismatch.getTargetType() != null) {
            text.append(", wanted ").append(mismatch.getTargetType().getTypeName());
        } else if (e instanceof StreamConstraintsException) {
            text.append(", beyond the limits of Jackson's StreamReadConstraints");
        }
        Throwable cause = e.getCause();
        if (cause != null && !(cause instanceof JsonProcessingException)) {
            text.append(", caused by ").append(cause.getClass().getName());
        }
        JsonLocation location = e instanceof JsonProcessingException processing ? processing.getLocation() : null;
        if (location != null && location.getLineNr() > 0) {
            text.append(", at line ")
                    .append(location.getLineNr())
                    .append(", column ")
                    .append(location.getColumnNr());
        }
        return text.toString();
    }

    private void describePath(JsonMappingException e, StringBuilder text) {
        boolean first = true;
        for (JsonMappingException.Reference reference : e.getPath()) {
            text.append(first ? " at " : "");
            if (reference.getIndex() >= 0) {
                text.append('[').append(reference.getIndex()).append(']');
            } else {
                text.append(first ? "" : ".").append(ownName(reference));
            }
            first = false;
        }
    }

    /** The keys of a map and unknown properties come out of the payload: they are content. */
    private String ownName(JsonMappingException.Reference reference) {
        String name = reference.getFieldName();
        return name != null && isPropertyOf(reference.getFrom(), name) ? name : "?";
    }

    private boolean isPropertyOf(@Nullable Object from, String name) {
        if (from == null) {
            return false;
        }
        Class<?> owner = from instanceof Class<?> itself ? itself : from.getClass();
        try {
            BeanDescription bean = mapper.getDeserializationConfig().introspect(mapper.constructType(owner));
            return bean.findProperties().stream()
                    .anyMatch(property -> property.getName().equals(name));
        } catch (RuntimeException e) {
            return false;
        }
    }

    /** Made at the first use, and shared. */
    private static final class Defaults {
        static final ObjectMapper MAPPER = mapper();

        private static ObjectMapper mapper() {
            JsonMapper.Builder builder = JsonMapper.builder()
                    .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
                    .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
                    .disable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS);
            Module javaTime = javaTime();
            return (javaTime == null ? builder : builder.addModule(javaTime)).build();
        }

        private static @Nullable Module javaTime() {
            try {
                return (Module) Class.forName("com.fasterxml.jackson.datatype.jsr310.JavaTimeModule")
                        .getConstructor()
                        .newInstance();
            } catch (ClassNotFoundException e) {
                return null;
            } catch (NoSuchMethodException
                    | InstantiationException
                    | IllegalAccessException
                    | InvocationTargetException e) {
                throw new IllegalStateException("JsonCodec: the module for java.time does not start", e);
            }
        }
    }
}
