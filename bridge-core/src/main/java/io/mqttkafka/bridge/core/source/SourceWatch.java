package io.mqttkafka.bridge.core.source;

import io.mqttkafka.bridge.core.connection.StallWatch;
import io.mqttkafka.bridge.core.connection.Surroundings;
import io.mqttkafka.bridge.core.events.BridgeEvents;
import io.mqttkafka.bridge.core.events.Degradations;
import io.mqttkafka.bridge.core.kafka.TopicWaits;
import io.mqttkafka.bridge.core.mqtt.CloseReason;
import io.mqttkafka.bridge.core.session.SourceSession;
import io.mqttkafka.bridge.event.Stalled;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What can wait for too long while a connection of the source is up: messages for Kafka, acknowledgements and the reader for the broker. */
final class SourceWatch {
    private static final Logger log = LoggerFactory.getLogger(SourceWatch.class);

    private final String clientId;
    private final SourceSession session;
    private final TopicWaits waits;
    private final BridgeEvents events;
    private final StallWatch messages;
    private final BrokerHabits habits;

    /** How many packet ids that were used twice have been told. */
    private long idsUsedTwice;

    private boolean toldIds;
    private long owedSince;
    private Duration keepAlive = Duration.ZERO;

    SourceWatch(
            String clientId, List<SourceRoute> routes, SourceSession session, TopicWaits waits, Surroundings around) {
        this.clientId = clientId;
        this.habits = new BrokerHabits(clientId, routes, session, around.events());
        this.session = session;
        this.waits = waits;
        events = around.events();
        messages = new StallWatch(Degradations.messages(clientId), around.stallThreshold(), around.degradations(), log);
    }

    /** A connection begins. */
    void begin(Duration keepAliveOfTheConnection) {
        keepAlive = keepAliveOfTheConnection;
        owedSince = 0;
        toldIds = false;
    }

    /**
     * Looks.
     *
     * @param now the time
     * @param lastRead when the connection was read last
     * @return why it is of no use any more; null if it is
     */
    @Nullable
    CloseReason look(long now, long lastRead) {
        lookAtMessages(now);
        lookAtIds();
        habits.look();
        owedSince = session.owesAcknowledgement() ? owedSince == 0 ? now : owedSince : 0;
        long tooLong = keepAlive.toNanos() * 2;
        if (owedSince != 0 && now - owedSince > tooLong) {
            return CloseReason.of(
                    "acknowledgements could not be written for " + keepAlive.multipliedBy(2)
                            + ", twice the keep-alive (mqtt.keepAlive)",
                    null);
        }
        if (now - lastRead > tooLong) {
            return CloseReason.of(
                    "the connection was not read for twice the keep-alive (mqtt.keepAlive); "
                            + "a codec or function of a route may block",
                    null);
        }
        return null;
    }

    void end() {
        messages.end();
    }

    /** Once for each connection; what came before its subscriptions counts too. */
    private void lookAtIds() {
        long now = session.idsUsedTwice();
        boolean more = now != idsUsedTwice;
        idsUsedTwice = now;
        if (toldIds || !more) {
            return;
        }
        toldIds = true;
        habits.idsUsedTwice();
        log.warn(
                "'{}': the MQTT broker uses packet ids for a second message before it has released the first, or delivers again "
                        + "without DUP; MQTT forbids both, and messages of QoS 2 can be repeated. mosquitto before 2.0.13 uses "
                        + "ids so with a large backlog",
                clientId);
    }

    private void lookAtMessages(long now) {
        long age = session.oldestAge(now);
        int waiting = session.unacknowledged();
        boolean tell = messages.look(now, age, () -> {
            TopicWaits.Wait topic = waits.longest(now);
            return "the oldest of " + waiting + " unacknowledged messages has waited for "
                    + TimeUnit.NANOSECONDS.toSeconds(age) + " s: "
                    + (topic == null
                            ? "no record waits for Kafka, so a route tries a message again, or waits for its topic; see"
                                    + " lastError of the routes"
                            : "Kafka does not confirm; " + topic);
        });
        if (tell) {
            events.tell(listener -> listener.onStalled(new Stalled(clientId, Duration.ofNanos(age), waiting)));
        }
    }
}
