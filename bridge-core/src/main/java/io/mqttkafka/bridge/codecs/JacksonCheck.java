package io.mqttkafka.bridge.codecs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationConfig;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.BeanDeserializerBase;
import com.fasterxml.jackson.databind.deser.DefaultDeserializationContext;
import com.fasterxml.jackson.databind.deser.SettableBeanProperty;
import com.fasterxml.jackson.databind.deser.impl.UnsupportedTypeDeserializer;
import com.fasterxml.jackson.databind.ser.BeanPropertyWriter;
import com.fasterxml.jackson.databind.ser.ContainerSerializer;
import com.fasterxml.jackson.databind.ser.PropertyWriter;
import com.fasterxml.jackson.databind.ser.impl.UnsupportedTypeSerializer;
import io.mqttkafka.bridge.error.BridgeConfigException;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds out whether a mapper can handle a type before there is a payload. Jackson finds out with the first one, and then it
 * looks as if that were to blame.
 */
final class JacksonCheck {
    private final Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());

    private JacksonCheck() {}

    /** Refuses a type that can neither be read nor written; one of the two may be all that a route asks for. */
    static void requireUsable(ObjectMapper mapper, JavaType type) {
        String unreadable = unreadable(mapper, type);
        String unwritable = unreadable == null ? null : unwritable(mapper, type);
        if (unreadable != null && unwritable != null) {
            boolean time = unreadable.startsWith("java.time.");
            throw new BridgeConfigException("JsonCodec: Jackson cannot handle "
                    + (unreadable.equals(type.toCanonical()) ? "" : unreadable + " in ") + type.toCanonical() + "; "
                    + (time
                            ? "add com.fasterxml.jackson.datatype:jackson-datatype-jsr310 to the class path, and register its"
                                    + " JavaTimeModule if the mapper is your own"
                            : "register a module for it with a mapper of your own, or change the type"));
        }
    }

    private static @Nullable String unreadable(ObjectMapper mapper, JavaType type) {
        DeserializationConfig config = mapper.getDeserializationConfig();
        if (!(mapper.getDeserializationContext() instanceof DefaultDeserializationContext blueprint)) {
            return null;
        }
        try {
            DeserializationContext context = blueprint.createInstance(config, null, mapper.getInjectableValues());
            return new JacksonCheck().unreadable(context.findRootValueDeserializer(type));
        } catch (JsonProcessingException | IllegalArgumentException e) {
            return type.toCanonical();
        }
    }

    /** Names the type that a deserializer would meet and cannot read; null if there is none that shows. */
    private @Nullable String unreadable(@Nullable JsonDeserializer<?> deserializer) {
        if (deserializer == null || !seen.add(deserializer)) {
            return null;
        }
        if (deserializer instanceof UnsupportedTypeDeserializer unsupported) {
            JavaType type = unsupported.getValueType();
            return type == null ? unsupported.handledType().getName() : type.toCanonical();
        }
        if (deserializer instanceof BeanDeserializerBase bean) {
            for (Iterator<SettableBeanProperty> properties = bean.properties(); properties.hasNext(); ) {
                String unreadable = unreadable(properties.next().getValueDeserializer());
                if (unreadable != null) {
                    return unreadable;
                }
            }
            return null;
        }
        if (deserializer instanceof com.fasterxml.jackson.databind.deser.std.ContainerDeserializerBase<?> container) {
            return unreadable(container.getContentDeserializer());
        }
        return unreadable(deserializer.getDelegatee());
    }

    private static @Nullable String unwritable(ObjectMapper mapper, JavaType type) {
        SerializerProvider provider = mapper.getSerializerProviderInstance();
        try {
            return new JacksonCheck().unwritable(provider.findValueSerializer(type), provider);
        } catch (JsonProcessingException | IllegalArgumentException e) {
            return type.toCanonical();
        }
    }

    private @Nullable String unwritable(@Nullable JsonSerializer<?> serializer, SerializerProvider provider)
            throws JsonProcessingException {
        if (serializer == null || !seen.add(serializer)) {
            return null;
        }
        if (serializer instanceof UnsupportedTypeSerializer) {
            return String.valueOf(serializer.handledType());
        }
        for (Iterator<PropertyWriter> properties = serializer.properties(); properties.hasNext(); ) {
            if (properties.next() instanceof BeanPropertyWriter property) {
                JsonSerializer<?> own = property.getSerializer();
                String unwritable =
                        unwritable(own != null ? own : provider.findValueSerializer(property.getType()), provider);
                if (unwritable != null) {
                    return unwritable;
                }
            }
        }
        if (serializer instanceof ContainerSerializer<?> container) {
            JsonSerializer<?> content = container.getContentSerializer();
            JavaType type = container.getContentType();
            return unwritable(content != null || type == null ? content : provider.findValueSerializer(type), provider);
        }
        return unwritable(serializer.getDelegatee(), provider);
    }
}
