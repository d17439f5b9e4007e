package io.mqttkafka.bridge.core.sink;

import io.mqttkafka.bridge.core.connection.StallWatch;
import io.mqttkafka.bridge.core.connection.Surroundings;
import io.mqttkafka.bridge.core.events.BridgeEvents;
import io.mqttkafka.bridge.core.events.Degradations;
import io.mqttkafka.bridge.core.mqtt.CloseReason;
import io.mqttkafka.bridge.core.session.SendPace;
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
    private final SinkTraffic traffic;
    private final List<Offsets> watched;
    private final BridgeEvents events;
    private final StallWatch messages;
    private final List<StallWatch> offsets;

    private long tooLong;
    private long finished;
    private long refused;
    private long progressAt;
    private long givenUp;
    private @Nullable SendPace pace;

    SinkWatch(String clientId, SinkTraffic traffic, List<Offsets> watched, Surroundings around) {
        this.clientId = clientId;
        this.traffic = traffic;
        this.watched = watched;
        events = around.events();
        messages = watch(Degradations.messages(clientId), around);
        offsets = watched.stream()
                .map(one -> watch(Degradations.offsets(one.route().name()), around))
                .toList();
    }

    private static StallWatch watch(String what, Surroundings around) {
        return new StallWatch(what, around.stallThreshold(), around.degradations(), log);
    }

    /** A connection begins. */
    void begin(Duration keepAlive, SendPace paceOfTheConnection) {
        pace = paceOfTheConnection;
        tooLong = keepAlive.toNanos() * 2;
        finished = traffic.finished();
        refused = paceOfTheConnection.refusals();
        progressAt = System.nanoTime();
        givenUp = traffic.givenUp();
    }

    /**
     * Looks.
     *
     * @param now the time
     * @param trouble what the broker is known to lack; null if nothing is
     * @param lastRead when the connection was read last
     * @return why the connection is of no use any more; null if it is
     */
    @Nullable
    CloseReason look(long now, @Nullable String trouble, long lastRead) {
        lookAtMessages(now, trouble);
        lookAtOffsets(now);
        lookAtGivenUp();
        long finishedNow = traffic.finished();
        long refusedNow = pace == null ? 0 : pace.refusals();
        if (finishedNow != finished || refusedNow != refused || !traffic.awaitsBroker()) {
            finished = finishedNow;
            refused = refusedNow;
            progressAt = now;
        }
        if (now - progressAt > tooLong) {
            return CloseReason.of(
                    "the MQTT broker has acknowledged nothing for twice the keep-alive although messages wait for it",
                    null);
        }
        if (now - lastRead > tooLong) {
            return CloseReason.of("the connection was not read for twice the keep-alive", null);
        }
        return null;
    }

    private void lookAtMessages(long now, @Nullable String trouble) {
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
    }

    private void lookAtOffsets(long now) {
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

    private void lookAtGivenUp() {
        long now = traffic.givenUp();
        if (now > givenUp) {
            log.warn(
                    "'{}': {} messages that were on their way when the bridge died held every place at the MQTT broker while more"
                            + " records than may wait came before theirs; their packet ids are given up, so they can be repeated",
                    clientId,
                    now - givenUp);
        }
        givenUp = now;
    }

    void end() {
        messages.end();
        offsets.forEach(StallWatch::end);
    }
}
