package io.mqttkafka.bridge.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;

/** A real MQTT 5 client, to try the brokers with. */
final class TestClient implements AutoCloseable {

    private static final long TIMEOUT_MILLIS = 60_000;

    private final MqttAsyncClient client;
    private final BlockingQueue<String> received = new LinkedBlockingQueue<>();
    private boolean sessionPresent;
    private int serverReceiveMaximum;

    private TestClient(MqttAsyncClient client) {
        this.client = client;
    }

    /** Connects; the session is kept for an hour unless {@code cleanStart}. */
    static TestClient connect(String serverUri, String clientId, boolean cleanStart) {
        MqttConnectionOptions options = new MqttConnectionOptions();
        options.setCleanStart(cleanStart);
        options.setSessionExpiryInterval(cleanStart ? 0L : 3_600L);
        return connect(serverUri, clientId, options);
    }

    static TestClient connect(String serverUri, String clientId, MqttConnectionOptions options) {
        try {
            TestClient client = new TestClient(new MqttAsyncClient(serverUri, clientId, new MemoryPersistence()));
            client.open(options);
            return client;
        } catch (MqttException e) {
            throw new IllegalStateException(e);
        }
    }

    boolean sessionPresent() {
        return sessionPresent;
    }

    int serverReceiveMaximum() {
        return serverReceiveMaximum;
    }

    void subscribe(String filter, int qos) {
        run(() -> client.subscribe(filter, qos));
    }

    void publish(String topic, String payload, int qos) {
        run(() -> client.publish(topic, payload.getBytes(UTF_8), qos, false));
    }

    /** Returns the next message as {@code topic payload}. */
    boolean hasNothing() {
        return received.isEmpty();
    }

    String next() {
        try {
            String message = received.poll(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
            if (message == null) {
                throw new AssertionError("No message arrived");
            }
            return message;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    boolean isConnected() {
        return client.isConnected();
    }

    @Override
    public void close() {
        try {
            client.disconnectForcibly(0, 1_000, true);
            client.close();
        } catch (MqttException e) {
            throw new IllegalStateException(e);
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

    private interface Call {
        IMqttToken run() throws MqttException;
    }

    private static void run(Call call) {
        try {
            call.run().waitForCompletion(TIMEOUT_MILLIS);
        } catch (MqttException e) {
            throw new IllegalStateException(e);
        }
    }

    private final class Receiver implements MqttCallback {

        @Override
        public void messageArrived(String topic, MqttMessage message) {
            received.add(topic + " " + new String(message.getPayload(), UTF_8));
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
