package io.mqttkafka.bridge.core.mqtt.control;

import io.mqttkafka.bridge.core.mqtt.wire.ConnAck;
import io.mqttkafka.bridge.core.mqtt.wire.MalformedPacketException;
import io.mqttkafka.bridge.core.mqtt.wire.ProtocolVersion;
import io.mqttkafka.bridge.core.mqtt.wire.RequestAnswer;
import java.time.Duration;

/** The dialogue in a simulation; mutants make one mistake each. */
class Party {
    interface Factory {
        Party create(
                ProtocolVersion version, boolean cleanStart, Duration connectTimeout, Duration keepAlive, long now);
    }

    final Dialogue dialogue;

    Party(ProtocolVersion version, boolean cleanStart, Duration connectTimeout, Duration keepAlive, long now) {
        dialogue = new Dialogue(version, cleanStart, connectTimeout, keepAlive, now);
    }

    void arriving(int firstByte, int remainingLength) throws MalformedPacketException {
        dialogue.arriving(firstByte, remainingLength);
    }

    void connAck(ConnAck answer, long now) throws MalformedPacketException {
        dialogue.connAck(answer, now);
    }

    void answered(RequestAnswer answer) throws MalformedPacketException {
        dialogue.answered(answer);
    }

    void pingAnswered(long now) throws MalformedPacketException {
        dialogue.pingAnswered(now);
    }

    int subscribing(int filters, Duration patience, long now) {
        return dialogue.subscribing(filters, patience, now);
    }

    Look look(long now, long lastSent, long lastReceived, long lastData) {
        return dialogue.look(now, lastSent, lastReceived, lastData);
    }
}
