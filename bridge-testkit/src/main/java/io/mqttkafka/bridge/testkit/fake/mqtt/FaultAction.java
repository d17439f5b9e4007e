package io.mqttkafka.bridge.testkit.fake.mqtt;

import io.mqttkafka.bridge.testkit.packet.MqttPacket;
import java.util.function.Consumer;

/** What a fault does with the packet it has been waiting for. */
@FunctionalInterface
interface FaultAction {

    /**
     * Acts in place of the lane: what is not handed onwards goes no further.
     *
     * @param onwards takes the packet to where it was going; does nothing for a fault after a packet, which is there
     */
    void apply(Lane lane, MqttPacket packet, Consumer<MqttPacket> onwards);
}
