package io.mqttkafka.bridge.testkit.fake.mqtt;

import io.mqttkafka.bridge.testkit.packet.MqttPacket;

/** A client's socket, as far as the broker has to do with it. None of it waits. */
interface Wire {

    /** Sends a packet after all those sent before. */
    void send(MqttPacket packet);

    /** Closes when all that was sent before is out. */
    void close();

    /** Resets the connection (TCP RST) when all that was sent before has been handed to the system. */
    void reset();

    /** Sends a FIN when all that was sent before is out, and keeps reading. */
    void halfClose();

    /** Says whether to read what the client sends. */
    void read(boolean on);

    /** Returns whether so much waits to be sent that QoS 0 messages are better dropped. */
    boolean isCongested();
}
