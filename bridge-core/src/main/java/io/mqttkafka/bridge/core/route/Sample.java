package io.mqttkafka.bridge.core.route;

import io.mqttkafka.bridge.core.routing.TopicTemplate;
import org.jspecify.annotations.Nullable;

/** Values for templates where no message is at hand. */
public record Sample(
        String topic, String[] levels, @Nullable String key) implements TopicTemplate.Values {
    /** Stands for whatever it may be. */
    public static final String ANY = "x";

    @Override
    public String level(int index) {
        return levels[index];
    }

    @Override
    public String header(String name) {
        return ANY;
    }
}
