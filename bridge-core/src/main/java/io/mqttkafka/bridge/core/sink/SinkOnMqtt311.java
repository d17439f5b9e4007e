package io.mqttkafka.bridge.core.sink;

import io.mqttkafka.bridge.spi.WhenUnheard;
import org.jspecify.annotations.Nullable;

/** What MQTT 3.1.1 takes away from routes from Kafka: refused where a route cannot do without, said in its guarantee elsewhere. */
public final class SinkOnMqtt311 {
    /** Ends what a guarantee says. */
    public static final String REMARK =
            "headers of records, content type, expiry, response topic and correlation data stay behind, the MQTT broker"
                    + " has no word for a message that nobody subscribes to, and how long the session is kept is for the MQTT broker to say"
                    + " (mqtt.sessionExpiry does not apply)";

    private SinkOnMqtt311() {}

    /**
     * Finds out what a route needs that MQTT 3.1.1 does not have.
     *
     * @param route the route
     * @return option, reason and mend; null if it needs nothing
     */
    static @Nullable String problem(SinkRoute route) {
        if (route.metadataProperties) {
            return "metadataProperties: are user properties, and MQTT 3.1.1 has none; leave it out, or speak MQTT 5"
                    + " (mqtt.version)";
        }
        if (route.noSubscribers instanceof WhenUnheard.Fail) {
            return "noSubscribers: fail() needs the MQTT broker to say that nobody subscribes, and MQTT 3.1.1 has no word for"
                    + " it; leave it out, or speak MQTT 5 (mqtt.version)";
        }
        return null;
    }
}
