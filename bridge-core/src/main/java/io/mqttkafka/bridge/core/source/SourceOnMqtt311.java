package io.mqttkafka.bridge.core.source;

import io.mqttkafka.bridge.core.routing.TopicTemplate.Variable;
import io.mqttkafka.bridge.core.routing.UntrustedText;
import org.jspecify.annotations.Nullable;

/** What MQTT 3.1.1 takes away from routes to Kafka: refused where a route cannot do without, said in its guarantee elsewhere. */
public final class SourceOnMqtt311 {
    /** Ends what a guarantee says. */
    public static final String REMARK =
            "retained messages come again at each connect (mqtt.retained tells), and how long the session is kept is for the MQTT"
                    + " broker to say (mqtt.sessionExpiry does not apply)";

    private SourceOnMqtt311() {}

    /**
     * Finds out what a route needs that MQTT 3.1.1 does not have.
     *
     * @param route the route
     * @return option, reason and mend; null if it needs nothing
     */
    static @Nullable String problem(SourceRoute route) {
        if (route.filter.shareGroup() != null) {
            return "fromMqtt: '" + UntrustedText.escape(route.filter.subscription())
                    + "' is shared, which MQTT 5 knows: a broker can take it for a filter that no topic matches, and never"
                    + " send anything; leave $share out, or speak MQTT 5 (mqtt.version)";
        }
        if (route.clearedAsTombstone) {
            return "clearedAsTombstone: needs to know which messages were published as retained, and MQTT 3.1.1 tells it of"
                    + " those only that the MQTT broker had kept; leave it out, or speak MQTT 5 (mqtt.version)";
        }
        if (usesUserProperties(route)) {
            return "toKafka, key, header: a template asks for a user property with {header:..}, and MQTT 3.1.1 has none;"
                    + " use levels of the topic, or speak MQTT 5 (mqtt.version)";
        }
        return null;
    }

    private static boolean usesUserProperties(SourceRoute route) {
        return (route.topicTemplate != null && route.topicTemplate.uses(Variable.HEADER))
                || (route.keyTemplate != null && route.keyTemplate.uses(Variable.HEADER))
                || route.headers.stream().anyMatch(header -> header.template().uses(Variable.HEADER));
    }
}
