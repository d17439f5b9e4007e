package io.mqttkafka.bridge.testkit.packet;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.mqttkafka.bridge.testkit.broker.MqttBroker;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.eclipse.paho.mqttv5.common.packet.UserProperty;
import org.jspecify.annotations.Nullable;

/**
 * A real MQTT 5 client, Paho, that waits for whatever it asks: what a test needs to publish to, and to read from, any {@link
 * MqttBroker}.
 *
 * <pre>{@code
 * try (MqttTestClient device = MqttTestClient.connect(broker.serverUri(), "device", true)) {
 *     device.subscribe("devices/7/cmd", 1);
 *     device.publish("sensors/7/temp", "21.5", 1);
 *     String command = device.next(); // "devices/7/cmd on"
 * }
 * }</pre>
 *
 * <p>It acknowledges messages as they arrive and keeps up to 10,000 until they are asked for; then it reads no more. Each method
 * waits 60 seconds at the longest, or as long as it is told. Thread-safe.
 */
public final class MqttTestClient implements AutoCloseable {

    private static final long TIMEOUT_MILLIS = 60_000;
    private static final long DISCONNECT_MILLIS = 1_000;
    private static final int KEPT = 10_000;

    private final MqttAsyncClient client;
    private final BlockingQueue<PublishPacket> received = new LinkedBlockingQueue<>(KEPT);
    private boolean sessionPresent;
    private int serverReceiveMaximum;

    private MqttTestClient(MqttAsyncClient client) {
        this.client = client;
    }

    /**
     * Connects; the session is kept for an hour unless {@code cleanStart}.
     *
     * @throws IllegalStateException if the broker refuses or does not answer
     */
    public static MqttTestClient connect(String serverUri, String clientId, boolean cleanStart) {
        MqttConnectionOptions options = new MqttConnectionOptions();
        options.setCleanStart(cleanStart);
        options.setSessionExpiryInterval(cleanStart ? 0L : 3_600L);
        return connect(serverUri, clientId, options);
    }

    public static MqttTestClient connect(String serverUri, String clientId, MqttConnectionOptions options) {
        try {
            MqttTestClient client =
                    new MqttTestClient(new MqttAsyncClient(serverUri, clientId, new MemoryPersistence()));
            client.open(options);
            return client;
        } catch (MqttException e) {
            throw new IllegalStateException(
                    "Cannot connect '" + clientId + "' to " + serverUri + ": " + e.getMessage(), e);
        }
    }

    /** Returns whether the broker went on with a session. */
    public boolean sessionPresent() {
        return sessionPresent;
    }

    public int serverReceiveMaximum() {
        return serverReceiveMaximum;
    }

    /**
     * Subscribes and returns when the broker has granted it.
     *
     * @throws IllegalStateException if it does not
     */
    public void subscribe(String filter, int qos) {
        run("subscribe to '" + filter + "'", () -> client.subscribe(filter, qos));
    }

    /**
     * Publishes and returns when the broker has taken the message over; at QoS 0 when it has been sent.
     *
     * @throws IllegalStateException if the broker does not take it
     */
    public void publish(String topic, String payload, int qos) {
        run("publish to '" + topic + "'", () -> client.publish(topic, payload.getBytes(UTF_8), qos, false));
    }

    /**
     * Publishes a message with everything that it has and returns when the broker has taken it over; at QoS 0 when it has been
     * sent. The packet id is the client's own.
     *
     * @throws IllegalStateException if the broker does not take it
     */
    public void publish(PublishPacket packet) {
        run("publish to '" + packet.topic() + "'", () -> client.publish(packet.topic(), message(packet)));
    }

    /** Says whether every message has been taken by {@link #next()}. */
    public boolean hasNothing() {
        return received.isEmpty();
    }

    /**
     * Waits for the next message and returns it as {@code topic payload}.
     *
     * @throws AssertionError if none arrives
     */
    public String next() {
        return next(Duration.ofMillis(TIMEOUT_MILLIS));
    }

    /**
     * Waits no longer than this for the next message and returns it as {@code topic payload}.
     *
     * @throws AssertionError if none arrives
     */
    public String next(Duration timeout) {
        PublishPacket packet = nextPacket(timeout);
        return packet.topic() + " " + packet.payloadText();
    }

    /**
     * Waits no longer than this for the next message and returns it with its QoS, flags and properties.
     *
     * @throws AssertionError if none arrives
     */
    public PublishPacket nextPacket(Duration timeout) {
        try {
            PublishPacket packet = received.poll(timeout.toMillis(), TimeUnit.MILLISECONDS);
            if (packet == null) {
                throw new AssertionError("Expected a message within " + timeout.toMillis() + " ms, but none arrived");
            }
            return packet;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while waiting for a message", e);
        }
    }

    /** Returns whether it is connected now. */
    public boolean isConnected() {
        return client.isConnected();
    }

    /** Disconnects, and leaves the session in place unless the start was clean. */
    @Override
    public void close() {
        try {
            disconnect();
            client.close();
        } catch (MqttException e) {
            throw new IllegalStateException("Cannot close '" + client.getClientId() + "'", e);
        }
    }

    private void disconnect() throws MqttException {
        try {
            client.disconnect(0, null, null, 0, new MqttProperties()).waitForCompletion(DISCONNECT_MILLIS);
        } catch (MqttException e) {
            // Not connected any more, or the broker does not read. With a DISCONNECT it waits out its whole time
            // always.
            client.disconnectForcibly(0, 1, false);
        }
    }

    private void open(MqttConnectionOptions options) throws MqttException {
        client.setCallback(new Receiver());
        try {
            IMqttToken token = client.connect(options);
            token.waitForCompletion(TIMEOUT_MILLIS);
            sessionPresent = token.getSessionPresent();
            Integer receiveMaximum = token.getResponseProperties().getReceiveMaximum();
            serverReceiveMaximum = receiveMaximum == null ? 65_535 : receiveMaximum & 0xFFFF;
        } catch (MqttException e) {
            client.close(true);
            throw e;
        }
    }

    private static PublishPacket packet(String topic, MqttMessage message) {
        MqttProperties properties = message.getProperties();
        PublishPacket.Builder packet = PublishPacket.to(topic)
                .payload(message.getPayload())
                .qos(message.getQos())
                .packetId(message.getQos() == 0 ? 0 : Math.max(1, message.getId()));
        if (message.isDuplicate() && message.getQos() > 0) {
            packet.dup();
        }
        if (message.isRetained()) {
            packet.retain();
        }
        if (properties != null) {
            properties.getUserProperties().forEach(one -> packet.userProperty(one.getKey(), one.getValue()));
            properties.getSubscriptionIdentifiers().forEach(packet::subscriptionId);
            ifThere(properties.getContentType(), packet::contentType);
            ifThere(properties.getResponseTopic(), packet::responseTopic);
            ifThere(properties.getCorrelationData(), packet::correlationData);
            ifThere(properties.getMessageExpiryInterval(), packet::messageExpiry);
            if (properties.getPayloadFormat()) {
                packet.payloadFormat(1);
            }
        }
        return packet.build();
    }

    private static MqttMessage message(PublishPacket packet) {
        MqttProperties properties = new MqttProperties();
        io.mqttkafka.bridge.testkit.packet.MqttProperties from = packet.properties();
        properties.setUserProperties(from.userProperties().stream()
                .map(pair -> new UserProperty(pair.getKey(), pair.getValue()))
                .toList());
        from.text(MqttProperty.CONTENT_TYPE).ifPresent(properties::setContentType);
        from.text(MqttProperty.RESPONSE_TOPIC).ifPresent(properties::setResponseTopic);
        from.data(MqttProperty.CORRELATION_DATA).ifPresent(properties::setCorrelationData);
        from.number(MqttProperty.MESSAGE_EXPIRY_INTERVAL).ifPresent(properties::setMessageExpiryInterval);
        from.number(MqttProperty.PAYLOAD_FORMAT_INDICATOR)
                .ifPresent(indicator -> properties.setPayloadFormat(indicator == 1));
        return new MqttMessage(packet.payload(), packet.qos(), packet.retain(), properties);
    }

    private static <V> void ifThere(@Nullable V value, Consumer<V> then) {
        if (value != null) {
            then.accept(value);
        }
    }

    private interface Call {
        IMqttToken run() throws MqttException;
    }

    private static void run(String what, Call call) {
        try {
            call.run().waitForCompletion(TIMEOUT_MILLIS);
        } catch (MqttException e) {
            throw new IllegalStateException("Cannot " + what + ": " + e.getMessage(), e);
        }
    }

    private final class Receiver implements MqttCallback {

        @Override
        public void messageArrived(String topic, MqttMessage message) throws InterruptedException {
            received.put(packet(topic, message));
        }

        @Override
        public void disconnected(MqttDisconnectResponse response) {}

        @Override
        public void mqttErrorOccurred(MqttException exception) {}

        @Override
        public void deliveryComplete(IMqttToken token) {}

        @Override
        public void connectComplete(boolean reconnect, String serverURI) {}

        @Override
        public void authPacketArrived(int reasonCode, MqttProperties properties) {}
    }
}
