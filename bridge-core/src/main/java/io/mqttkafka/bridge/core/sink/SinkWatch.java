package io.mqttkafka.bridge.core.sink;

import io.mqttkafka.bridge.core.connection.StallWatch;
import io.mqttkafka.bridge.core.events.BridgeEvents;
import io.mqttkafka.bridge.core.events.Degradations;
import io.mqttkafka.bridge.core.session.PublishTraffic;
import io.mqttkafka.bridge.event.Stalled;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What can wait for too long while a connection of the sink is up: messages for the MQTT broker, offsets for Kafka. */
final class SinkWatch {
    private static final Logger log = LoggerFactory.getLogger(SinkWatch.class);

    /**
     * Whose offsets are watched.
     *
     * @param route the route
     * @param uncommittedAge tells by the time for how long Kafka has committed nothing
     */
    record Offsets(SinkRoute route, LongUnaryOperator uncommittedAge) {}

    private final String clientId;
    private final PublishTraffic traffic;
    private final List<Offsets> watched;
    private final BridgeEvents events;
    private final StallWatch messages;
    private final List<StallWatch> offsets;

    SinkWatch(
            String clientId,
            PublishTraffic traffic,
            List<Offsets> watched,
            BridgeEvents events,
            Degradations degradations,
            Duration threshold) {
        this.clientId = clientId;
        this.traffic = traffic;
        this.watched = watched;
        this.events = events;
        messages = new StallWatch(Degradations.messages(clientId), threshold, degradations, log);
        offsets = watched.stream()
                .map(one -> new StallWatch(Degradations.offsets(one.route().name()), threshold, degradations, log))
                .toList();
    }

    /**
     * Looks.
     *
     * @param now the time
     * @param trouble what the broker is known to lack; null if nothing is
     */
    void look(long now, @Nullable String trouble) {
        long age = traffic.oldestAge(now);
        int waiting = traffic.unfinished();
        boolean tell = messages.look(
                now,
                age,
                () -> "the oldest of " + waiting + " published messages has waited for "
                        + TimeUnit.NANOSECONDS.toSeconds(age) + " s: "
                        + (trouble == null ? "the MQTT broker does not acknowledge it" : trouble));
        if (tell) {
            events.tell(listener -> listener.onStalled(new Stalled(clientId, Duration.ofNanos(age), waiting)));
        }
        for (int i = 0; i < offsets.size(); i++) {
            SinkRoute route = watched.get(i).route();
            long uncommitted = watched.get(i).uncommittedAge().applyAsLong(now);
            offsets.get(i)
                    .look(
                            now,
                            uncommitted,
                            () -> "Kafka has committed nothing for the group '" + route.group() + "' for "
                                    + TimeUnit.NANOSECONDS.toSeconds(uncommitted)
                                    + " s, so that a crash would publish again what has been published since");
        }
    }

    void end() {
        messages.end();
        offsets.forEach(StallWatch::end);
    }
}
