package io.mqttkafka.bridge.core.mqtt;

import io.mqttkafka.bridge.core.mqtt.wire.BrokerLimits;
import io.mqttkafka.bridge.core.mqtt.wire.ProtocolVersion;
import java.time.Duration;
import java.util.List;

/** A connection that the MQTT broker has accepted. Thread-safe. */
public interface MqttConnection {
    /**
     * Returns what the broker granted when it accepted the connection.
     *
     * @return what it grants
     */
    BrokerLimits limits();

    /**
     * Returns the version of MQTT that is spoken.
     *
     * @return the version
     */
    ProtocolVersion version();

    /**
     * Returns the address of the broker.
     *
     * @return a URI without secrets
     */
    String serverUri();

    /**
     * Subscribes and waits for the answer.
     *
     * @param subscriptions the subscriptions
     * @param timeout how long to wait for each answer
     * @return the reason codes of the broker, one per subscription
     * @throws MqttConnectException if there is no answer
     * @throws InterruptedException if the thread was interrupted meanwhile
     */
    List<Integer> subscribe(List<Subscription> subscriptions, Duration timeout)
            throws MqttConnectException, InterruptedException;

    /**
     * Unsubscribes and waits for the answer.
     *
     * @param filters what to remove from the session
     * @param timeout how long to wait for the answer
     * @return the reason codes of the broker, one per filter
     * @throws MqttConnectException if there is no answer
     * @throws InterruptedException if the thread was interrupted meanwhile
     */
    List<Integer> unsubscribe(List<String> filters, Duration timeout) throws MqttConnectException, InterruptedException;

    /**
     * Says when the connection was last read, or found to have nothing to read.
     *
     * @return a time by {@link System#nanoTime()}
     */
    long lastReadNanos();

    /**
     * Takes leave of the broker (DISCONNECT) and closes the connection. The session stays.
     *
     * @param reasonCode the reason to give
     */
    void disconnect(int reasonCode);

    /** Closes the connection without a word. Returns at once; {@link InboundHandler#closed} follows. */
    void drop();

    /**
     * Waits until nothing of the connection is left: no thread, no socket.
     *
     * @param timeout how long to wait at most
     * @return whether nothing is left
     * @throws InterruptedException if the thread was interrupted meanwhile
     */
    boolean awaitReleased(Duration timeout) throws InterruptedException;

    /**
     * One subscription.
     *
     * @param filter the topic filter, share prefix included
     * @param qos the QoS asked for
     * @param identifier the subscription identifier; 0 for none
     * @param retainAsPublished whether messages keep the RETAIN flag that they were published with
     */
    record Subscription(String filter, int qos, int identifier, boolean retainAsPublished) {}
}
