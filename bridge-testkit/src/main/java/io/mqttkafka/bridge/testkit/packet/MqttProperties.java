package io.mqttkafka.bridge.testkit.packet;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The properties of one MQTT 5 packet, in the order they have on the wire.
 *
 * <pre>{@code
 * MqttProperties.NONE.with(MqttProperty.RECEIVE_MAXIMUM, 10).withUserProperty("site", "north")
 * }</pre>
 *
 * <p>Which property belongs in which packet is not checked. Immutable.
 */
public final class MqttProperties {

    /** No properties. */
    public static final MqttProperties NONE = new MqttProperties(List.of());

    /** A property with a Long, a String, a byte[] or, for user properties, a Map.Entry, as its kind asks for. */
    record Entry(MqttProperty property, Object value) {}

    private final List<Entry> entries;

    private MqttProperties(List<Entry> entries) {
        this.entries = entries;
    }

    static MqttProperties of(List<Entry> entries) {
        return new MqttProperties(List.copyOf(entries));
    }

    /**
     * Returns these properties and one more, which is a number.
     *
     * @throws IllegalArgumentException if the property is no number, or has no room for this one
     */
    public MqttProperties with(MqttProperty property, long value) {
        long highest = property.kind().highest();
        if (!property.kind().isNumber() || value < 0 || value > highest) {
            throw new IllegalArgumentException(property + " cannot be the number " + value);
        }
        return plus(new Entry(property, value));
    }

    /**
     * Returns these properties and one more, which is a text.
     *
     * @throws IllegalArgumentException if the property is no text
     */
    public MqttProperties with(MqttProperty property, String value) {
        requireKind(property, MqttProperty.Kind.TEXT);
        return plus(new Entry(property, value));
    }

    /**
     * Returns these properties and one more, which is binary data.
     *
     * @throws IllegalArgumentException if the property is no binary data
     */
    public MqttProperties with(MqttProperty property, byte[] value) {
        requireKind(property, MqttProperty.Kind.DATA);
        return plus(new Entry(property, value.clone()));
    }

    /** Returns these properties and one more user property; names may repeat. */
    public MqttProperties withUserProperty(String name, String value) {
        return plus(new Entry(MqttProperty.USER_PROPERTY, Map.entry(name, value)));
    }

    /** Returns these properties without this one, however often it is there. */
    public MqttProperties without(MqttProperty property) {
        return of(entries.stream().filter(entry -> entry.property() != property).toList());
    }

    /** Returns the value of a property that is a number, the first one if it repeats. */
    public OptionalLong number(MqttProperty property) {
        return values(property, Long.class).mapToLong(Long::longValue).findFirst();
    }

    /** Returns all values of a property that is a number, in order. */
    public List<Long> numbers(MqttProperty property) {
        return values(property, Long.class).toList();
    }

    /** Returns the value of a property that is a text. */
    public Optional<String> text(MqttProperty property) {
        return values(property, String.class).findFirst();
    }

    /** Returns the value of a property that is binary data. */
    public Optional<byte[]> data(MqttProperty property) {
        return values(property, byte[].class).map(byte[]::clone).findFirst();
    }

    /** Returns the user properties in order, repeated names included. */
    public List<Map.Entry<String, String>> userProperties() {
        return values(MqttProperty.USER_PROPERTY, Map.Entry.class)
                .map(pair -> Map.entry((String) pair.getKey(), (String) pair.getValue()))
                .toList();
    }

    /** Returns whether there are none. */
    public boolean isEmpty() {
        return entries.isEmpty();
    }

    /** Returns the properties with their values, such as {@code {RECEIVE_MAXIMUM=10, USER_PROPERTY=site:north}}. */
    @Override
    public String toString() {
        return entries.stream()
                .map(entry -> entry.property() + "=" + display(entry.value()))
                .collect(Collectors.joining(", ", "{", "}"));
    }

    List<Entry> entries() {
        return entries;
    }

    private <T> Stream<T> values(MqttProperty property, Class<T> type) {
        return entries.stream().filter(entry -> entry.property() == property).map(entry -> type.cast(entry.value()));
    }

    private MqttProperties plus(Entry entry) {
        List<Entry> more = new ArrayList<>(entries);
        more.add(entry);
        return new MqttProperties(List.copyOf(more));
    }

    private static void requireKind(MqttProperty property, MqttProperty.Kind kind) {
        if (property.kind() != kind) {
            throw new IllegalArgumentException(property + " is not of the kind " + kind);
        }
    }

    private static String display(Object value) {
        if (value instanceof byte[] data) {
            return HexFormat.of().formatHex(data);
        }
        if (value instanceof Map.Entry<?, ?> pair) {
            return pair.getKey() + ":" + pair.getValue();
        }
        return String.valueOf(value);
    }
}
