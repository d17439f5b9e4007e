package io.mqttkafka.bridge.core.source;

import io.mqttkafka.bridge.Guarantee;
import io.mqttkafka.bridge.core.events.BridgeEvents;
import io.mqttkafka.bridge.core.session.SourceSession;
import io.mqttkafka.bridge.event.GuaranteeLowered;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the MQTT broker was seen to do that voids a promise: said once, and in the guarantees from then on. */
final class BrokerHabits {
    private static final Logger log = LoggerFactory.getLogger(BrokerHabits.class);

    private static final String IDS_USED_TWICE =
            "uses packet ids twice, or delivers again without DUP, so that messages can be repeated";

    private static final String RENUMBERED =
            "delivers messages again under new packet ids and without DUP after a connection has ended, so that they cannot be"
                    + " told from new ones and are repeated";

    private static final String NOT_AS_PUBLISHED =
            "clearedAsTombstone: a message without payload came without the RETAIN flag: its publisher did not retain it, or the"
                    + " MQTT broker does not keep the flag (Retain As Published), and then a retained message that is cleared"
                    + " becomes a record with an empty value rather than a tombstone";

    private final String clientId;
    private final List<SourceRoute> routes;
    private final SourceSession session;
    private final BridgeEvents events;

    BrokerHabits(String clientId, List<SourceRoute> routes, SourceSession session, BridgeEvents events) {
        this.clientId = clientId;
        this.routes = routes;
        this.session = session;
        this.events = events;
    }

    /** Looks at what the session and the routes have seen. */
    void look() {
        if (session.renumbered() > 0 && weaken(RENUMBERED)) {
            log.warn("'{}': the MQTT broker {}", clientId, RENUMBERED);
        }
        for (SourceRoute route : routes) {
            if (route.emptyWithoutRetain() && route.standing.doubt(NOT_AS_PUBLISHED)) {
                log.warn("Route '{}': {}", route.name(), NOT_AS_PUBLISHED);
                Guarantee kept = route.exactlyOnce() ? Guarantee.EXACTLY_ONCE : Guarantee.AT_LEAST_ONCE;
                tell(new GuaranteeLowered(route.name(), kept, NOT_AS_PUBLISHED));
            }
        }
    }

    /** The broker has used packet ids twice, of which somebody else has told the log. */
    void idsUsedTwice() {
        weaken(IDS_USED_TWICE);
    }

    /** Says whether that is news for a route. */
    private boolean weaken(String reason) {
        boolean news = false;
        for (SourceRoute route : routes) {
            if (route.exactlyOnce() && route.standing.weakness(reason)) {
                news = true;
                tell(new GuaranteeLowered(route.name(), Guarantee.AT_LEAST_ONCE, "the MQTT broker " + reason));
            }
        }
        return news;
    }

    private void tell(GuaranteeLowered event) {
        events.tellSurely(listener -> listener.onGuaranteeLowered(event));
    }
}
