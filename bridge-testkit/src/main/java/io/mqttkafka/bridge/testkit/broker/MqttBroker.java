package io.mqttkafka.bridge.testkit.broker;

import io.mqttkafka.bridge.testkit.net.Ports;
import io.mqttkafka.bridge.testkit.packet.MqttTestClient;

/**
 * An MQTT 5 broker for a test: a fake ({@link io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker}), in this JVM ({@link
 * EmbeddedMqttBroker}), a process ({@link MosquittoBroker}) or a container ({@link ContainerMqttBroker}). A test written
 * against this interface, with a {@link MqttTestClient}, runs on any of them.
 *
 * <p>It listens on the loopback address unless it is a container, and keeps its port over {@link #restart()}.
 * Implementations are thread-safe.
 */
public interface MqttBroker extends AutoCloseable {

    /**
     * Starts the best broker this machine has, with sessions and queued messages that survive {@link #restart()}:
     * mosquitto if it is installed, else the embedded one.
     */
    static MqttBroker start() {
        return MosquittoBroker.available()
                ? MosquittoBroker.start()
                : EmbeddedMqttBroker.builder().filePersistence().start();
    }

    /** Returns the host clients connect to. */
    default String host() {
        return Ports.LOOPBACK;
    }

    /** Returns the port clients connect to; it stays the same over restarts. */
    int port();

    /** Returns the address in the form MQTT clients take, such as {@code tcp://127.0.0.1:1883}. */
    default String serverUri() {
        return "tcp://" + host() + ":" + port();
    }

    /**
     * Stops the broker in an orderly way; does nothing if it is not running. Clients are refused until {@link
     * #restart()}.
     */
    void stop();

    /** Stops the broker if it is running and starts it again on the same port. */
    void restart();

    /** Stops the broker and deletes its data; does nothing when called again. */
    @Override
    void close();
}
