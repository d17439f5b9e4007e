package io.mqttkafka.bridge.testkit.fake.mqtt;

import io.mqttkafka.bridge.testkit.fake.kafka.Confirmation;
import io.mqttkafka.bridge.testkit.net.FaultProxy.Direction;
import io.mqttkafka.bridge.testkit.packet.MqttPacket;
import java.time.Duration;

/**
 * A packet that a client sent or was sent.
 *
 * <p>Immutable as long as nobody writes to the packet's bytes.
 *
 * @param at when, since the broker was made, by its clock
 * @param connection which connection, counted from 1 over the broker's life
 * @param clientId the client's id; empty before its CONNECT was accepted
 * @param direction which way it went
 * @param packet the packet, always in the form of MQTT 5
 * @param order its place among all that happened in the fakes of this JVM, to be compared with {@link Confirmation#order()}
 */
public record LoggedPacket(
        Duration at, int connection, String clientId, Direction direction, MqttPacket packet, long order) {

    /** Returns a line such as {@code 12 ms  #1 edge-1 <- PUBACK id=3 reason=0x00}; never a payload or a password. */
    @Override
    public String toString() {
        String arrow = direction == Direction.CLIENT_TO_SERVER ? "<-" : "->";
        return "%7d ms  #%d %s %s %s".formatted(at.toMillis(), connection, clientId, arrow, packet);
    }
}
