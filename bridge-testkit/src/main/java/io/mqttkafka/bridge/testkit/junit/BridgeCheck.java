package io.mqttkafka.bridge.testkit.junit;

/** What a {@link BridgeTest} may not leave behind. */
public enum BridgeCheck {
    /** Messages that a client has not acknowledged to the fake MQTT broker, though it is connected. */
    UNACKNOWLEDGED,
    /** Sockets that are open at the fake MQTT broker, and producers and consumers of the fake Kafka. */
    CONNECTIONS,
    /** Threads of bridges, of their MQTT clients and of their Kafka clients. */
    THREADS,
    /** Faults that were to happen and did not, those by chance left out: the test has not seen what it is about. */
    FAULTS
}
