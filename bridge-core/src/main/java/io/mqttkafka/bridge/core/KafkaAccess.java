package io.mqttkafka.bridge.core;

import io.mqttkafka.bridge.BridgeHealth.KafkaHealth;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.core.events.Degradations;
import io.mqttkafka.bridge.core.failpoint.Failpoints;
import io.mqttkafka.bridge.core.kafka.RecordFeed;
import io.mqttkafka.bridge.core.kafka.RecordSender;
import io.mqttkafka.bridge.core.kafka.TopicWaits;
import io.mqttkafka.bridge.core.kafka.Transactions;
import io.mqttkafka.bridge.core.session.OutboxState;
import io.mqttkafka.bridge.core.session.Qos2State;
import io.mqttkafka.bridge.core.time.BridgeClock;

/**
 * How a bridge reaches Kafka: by clients of its own ({@link OwnKafkaClients}), or by the worker of Kafka Connect that it runs
 * in. Thread-safe.
 */
public interface KafkaAccess extends AutoCloseable {
    /** Makes the access of one bridge. */
    @FunctionalInterface
    interface Factory {
        /**
         * Makes an access that does nothing yet.
         *
         * @param bridge what it is made for
         * @return the access
         */
        KafkaAccess make(ForBridge bridge);
    }

    /**
     * What the access of a bridge is made with.
     *
     * @param clientId a client id of the bridge, for the names of clients and threads
     * @param mqtt the MQTT side, with nothing left to derive
     * @param clock says which time the bridge lives by
     * @param failpoints is told of the places passed
     * @param degradations hears when Kafka goes and comes
     */
    record ForBridge(
            String clientId, MqttOptions mqtt, BridgeClock clock, Failpoints failpoints, Degradations degradations) {}

    /**
     * Makes what writes records one by one: those of a connection from MQTT, or the dead letters of one to MQTT.
     *
     * @param clientId the client id of the connection
     * @return the sender, not open
     */
    RecordSender sender(String clientId);

    /**
     * Makes what writes records from MQTT exactly once.
     *
     * @param clientId the client id of the connection
     * @return the transactions, not open
     */
    Transactions<Qos2State> received(String clientId);

    /**
     * Makes what keeps the state of messages that are published to MQTT exactly once.
     *
     * @param clientId the client id of the connection
     * @return the transactions, not open
     */
    Transactions<OutboxState> outbox(String clientId);

    /** Returns what feeds routes from Kafka. */
    RecordFeed.Factory feeds();

    /** Returns what knows which topics are waited for. */
    TopicWaits waits();

    /** Begins to watch whether Kafka is there. */
    void start();

    /** Takes note that Kafka has just answered. */
    void answered();

    /**
     * Takes a snapshot.
     *
     * @return whether Kafka is there
     */
    KafkaHealth health();

    /** Ends the watch. What it has made is closed by whoever asked for it. */
    @Override
    void close();
}
