package io.mqttkafka.bridge.message;

import java.util.Map;
import java.util.Objects;

/**
 * A message on its way through a route: as it came, decoded, and with the named levels of the route's filter.
 *
 * <p>Immutable if the decoded payload is.
 *
 * @param <T> the type of the decoded payload
 */
public interface Received<T> {
    /**
     * Returns the message as the MQTT broker delivered it.
     *
     * @return the message
     */
    MqttMessage message();

    /**
     * Returns the payload as decoded, and mapped, by the route.
     *
     * @return the value; the payload's bytes if the route has no codec
     */
    T value();

    /**
     * Returns a topic level by the name it has in the route's filter.
     *
     * @param name the name, without braces
     * @return the level of this message's topic
     * @throws IllegalArgumentException if the filter names no such level
     */
    String level(String name);

    /**
     * Makes one, as tests of a {@link io.mqttkafka.bridge.TopicMapper} need it.
     *
     * @param <T> the type of the decoded payload
     * @param message the message
     * @param value the decoded payload
     * @param levels the named levels
     * @return the message on its way
     * @throws NullPointerException if a part is or holds null
     */
    static <T> Received<T> of(MqttMessage message, T value, Map<String, String> levels) {
        record Fixed<T>(MqttMessage message, T value, Map<String, String> levels) implements Received<T> {
            @Override
            public String level(String name) {
                String level = levels.get(name);
                if (level == null) {
                    throw new IllegalArgumentException("level: '" + name + "' is none of " + levels.keySet());
                }
                return level;
            }

            @Override
            public String toString() {
                return "Received[" + message + ", " + levels + "]";
            }
        }
        return new Fixed<>(
                Objects.requireNonNull(message, "message"), Objects.requireNonNull(value, "value"), Map.copyOf(levels));
    }
}
