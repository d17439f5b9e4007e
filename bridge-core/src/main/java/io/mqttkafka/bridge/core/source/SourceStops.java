package io.mqttkafka.bridge.core.source;

import io.mqttkafka.bridge.core.connection.ConnectionSupervisor;
import io.mqttkafka.bridge.core.connection.StopText;
import io.mqttkafka.bridge.core.connection.Surroundings;
import io.mqttkafka.bridge.core.events.Degradations;
import io.mqttkafka.bridge.core.route.SafeText;
import io.mqttkafka.bridge.core.routing.UntrustedText;
import io.mqttkafka.bridge.error.BridgeStartException;
import io.mqttkafka.bridge.error.DeliveryException;
import io.mqttkafka.bridge.event.RouteStopped;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Stops the routes that share a connection, and tells everybody which of them is at fault, at which message. */
final class SourceStops {
    private static final Logger log = LoggerFactory.getLogger(SourceStops.class);

    private final List<SourceRoute> routes;
    private final Surroundings around;

    SourceStops(List<SourceRoute> routes, Surroundings around) {
        this.routes = routes;
        this.around = around;
    }

    /**
     * Stops all of them.
     *
     * @param failed the route at fault; null if it is the connection
     * @param mqttTopic the topic of the message at fault; null if there is none
     * @param failure why
     * @param supervisor of the connection; a start that still waits fails
     */
    void stop(
            @Nullable SourceRoute failed,
            @Nullable String mqttTopic,
            Throwable failure,
            ConnectionSupervisor supervisor) {
        boolean atMessage = failed != null && mqttTopic != null;
        String said = SafeText.of(failure);
        String message = failed != null && atMessage ? StopText.atMessage(said, failed.failurePolicy) : said;
        supervisor.lastError(message);
        for (SourceRoute route : routes) {
            boolean culprit = failed == null || failed == route;
            Throwable cause = failed == null || culprit
                    ? failure
                    : new DeliveryException(
                            "route '" + failed.name() + "', which shares the MQTT connection, has stopped: " + message);
            String topic = culprit ? mqttTopic : null;
            route.lastError(cause);
            route.markStopped();
            around.degradations().begin(Degradations.route(route.name()), culprit ? message : SafeText.of(cause));
            if (culprit) {
                String frames = SafeText.withFrames(cause);
                log.error(
                        "Route '{}' has stopped{}: {}",
                        route.name(),
                        topic == null ? "" : " at a message on '" + UntrustedText.escape(topic) + "'",
                        failed != null && atMessage ? StopText.atMessage(frames, failed.failurePolicy) : frames);
            }
            around.events()
                    .tellSurely(listener -> listener.onRouteStopped(new RouteStopped(route.name(), topic, cause)));
        }
        supervisor.failStart(new BridgeStartException(message, failure));
    }
}
