package io.mqttkafka.bridge.core.source;

import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.core.connection.Starvation;
import io.mqttkafka.bridge.core.connection.StopText;
import io.mqttkafka.bridge.core.mqtt.CloseReason;
import io.mqttkafka.bridge.core.mqtt.ReasonCodes;
import io.mqttkafka.bridge.core.restart.Restarts;
import io.mqttkafka.bridge.error.DeliveryException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Judges by how the connections of a source end, one after the other, whether another one is of any use. */
final class SourceEnds {
    private static final int MOST_MALFORMED_IN_A_ROW = 3;

    private final String clientId;
    private final MqttOptions options;
    private final List<SourceRoute> routes;
    private final Starvation starvation = new Starvation();

    /** Connections in a row that ended for a reason of ours. */
    private final Restarts restarts = new Restarts();

    /** How many connections in a row have ended because the broker sent what cannot be understood, or says that we do. */
    private int malformed;

    SourceEnds(String clientId, MqttOptions options, List<SourceRoute> routes) {
        this.clientId = clientId;
        this.options = options;
        this.routes = routes;
    }

    /**
     * Says why no other connection is to be made; null if one is.
     *
     * @param achieving whether messages were acknowledged on the last one
     */
    @Nullable
    DeliveryException judge(CloseReason reason, boolean achieving) {
        boolean offence = reason.malformed()
                || (ReasonCodes.ofDisconnect(reason.reasonCode()) == ReasonCodes.Meaning.MESSAGE && !achieving);
        malformed = offence ? malformed + 1 : 0;
        if (achieving) {
            restarts.progress();
        }
        if (reason.takenOver()) {
            return new DeliveryException(StopText.takenOver(clientId, options, routes));
        }
        DeliveryException starved = starvation.judge(reason.cause(), achieving);
        if (starved != null) {
            return starved;
        }
        if (malformed >= MOST_MALFORMED_IN_A_ROW) {
            return new DeliveryException(StopText.onConnection(clientId, reason.text()), reason.cause());
        }
        if (reason.hopeless() && restarts.exhausted()) {
            return new DeliveryException(
                    Restarts.MOST
                            + " connections in a row have ended without a message in between, the last one because "
                            + reason.text(),
                    reason.cause());
        }
        return null;
    }
}
