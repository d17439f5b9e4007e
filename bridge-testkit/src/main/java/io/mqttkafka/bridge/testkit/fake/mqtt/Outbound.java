package io.mqttkafka.bridge.testkit.fake.mqtt;

import io.mqttkafka.bridge.testkit.packet.MqttPacket;

/** What the broker's core can do with a client's network connection. */
interface Outbound {

    /** Sends a packet after all those sent before. */
    void send(MqttPacket packet);

    /** Closes the connection when all that was sent before is out; {@link BrokerCore#closed} is not called for it. */
    void close();

    /** Returns whether so much waits to be sent that QoS 0 messages are better dropped. */
    boolean isCongested();
}
