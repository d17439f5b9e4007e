package io.mqttkafka.bridge.core.sink;

import io.mqttkafka.bridge.core.connection.Starvation;
import io.mqttkafka.bridge.core.connection.StopText;
import io.mqttkafka.bridge.core.mqtt.CloseReason;
import io.mqttkafka.bridge.core.mqtt.ReasonCodes;
import io.mqttkafka.bridge.core.mqtt.ReasonCodes.Meaning;
import io.mqttkafka.bridge.core.restart.Restarts;
import io.mqttkafka.bridge.core.session.SendPace;
import io.mqttkafka.bridge.error.DeliveryException;
import org.jspecify.annotations.Nullable;

/** Judges by how the connections of a sink end, one after the other, whether another one is of any use. */
final class SinkEnds {
    private static final int MOST_REFUSALS_IN_A_ROW = 3;

    private final String clientId;
    private final SinkTraffic traffic;
    private final SendPace pace;
    private final Starvation starvation = new Starvation();

    /** How many connections in a row the broker has ended because a message offended it. */
    private int offended;

    /** How many connections in a row have ended before the broker answered to a message. */
    private int brokenInVain;

    /** How many messages were on their way when the last connection ended. */
    private int leftOnWire;

    /** Whether some of them waited for the broker, rather than for Kafka. */
    private boolean awaitedBroker;

    /** How many answers there had been when the last connection began. */
    private volatile long answersBefore;

    /** Whether it was not for Kafka's sake that the last connection ended. */
    private volatile boolean brokenByBroker;

    SinkEnds(String clientId, SinkTraffic traffic, SendPace pace) {
        this.clientId = clientId;
        this.traffic = traffic;
        this.pace = pace;
    }

    /** A connection begins. */
    void begun() {
        answersBefore = traffic.answers();
        brokenByBroker = true;
    }

    /** It is we who end the present connection. */
    void dropping() {
        brokenByBroker = false;
    }

    /** The connection has ended, and nothing has forgotten yet what was on its way. */
    void left() {
        awaitedBroker = traffic.session.onWire() > 0 || (traffic.outbox != null && traffic.outbox.awaitsBroker());
        leftOnWire = traffic.onWire();
    }

    /**
     * Says why no other connection is to be made; null if one is.
     *
     * @param achieving whether messages were done with on the last one
     */
    @Nullable
    DeliveryException judge(CloseReason reason, boolean achieving) {
        DeliveryException starved = starvation.judge(reason.cause(), achieving);
        if (starved != null) {
            return starved;
        }
        Meaning meaning = ReasonCodes.ofDisconnect(reason.reasonCode());
        if (meaning == Meaning.PATIENCE) {
            pace.slowDown(leftOnWire);
        }
        boolean offence = reason.malformed() || meaning == Meaning.MESSAGE;
        offended = offence && !achieving ? offended + 1 : 0;
        if (offended >= MOST_REFUSALS_IN_A_ROW) {
            return new DeliveryException(StopText.onConnection(clientId, reason.text()), reason.cause());
        }
        return hopeless(reason, meaning);
    }

    /**
     * Says whether connections end again and again before the MQTT broker says a word of the messages that wait for it. After
     * the second of them one message goes at a time, so that the one that ends them can be named, and is then a failure of
     * that message.
     */
    private @Nullable DeliveryException hopeless(CloseReason reason, Meaning meaning) {
        if (traffic.answers() > answersBefore) {
            brokenInVain = 0;
            return null;
        }
        if (!awaitedBroker || !brokenByBroker || meaning == Meaning.PATIENCE) {
            return null;
        }
        brokenInVain++;
        if (brokenInVain > 1) {
            pace.slowDown(1);
        }
        if (brokenInVain < Restarts.MOST) {
            return null;
        }
        String why = Restarts.MOST + " connections in a row have ended before the MQTT broker answered to a message: "
                + reason.text();
        if (traffic.session.giveUpSuspect(why)) {
            brokenInVain = 0;
            return null;
        }
        return new DeliveryException(why, reason.cause());
    }
}
