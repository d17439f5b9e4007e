package io.mqttkafka.bridge.testkit.fake.mqtt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

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

/** Paho's MQTT 5 client. */
final class PahoClient implements AutoCloseable {

    private static final long TIMEOUT_MILLIS = 10_000;

    final BlockingQueue<MqttMessage> messages = new LinkedBlockingQueue<>();
    final BlockingQueue<Integer> disconnections = new LinkedBlockingQueue<>();
    final MqttAsyncClient client;
    private boolean sessionPresent;

    PahoClient(String serverUri, String clientId) throws MqttException {
        client = new MqttAsyncClient(serverUri, clientId, new MemoryPersistence());
        client.setCallback(new Receiver());
    }

    static MqttConnectionOptions options(boolean cleanStart, long sessionExpiry) {
        MqttConnectionOptions options = new MqttConnectionOptions();
        options.setCleanStart(cleanStart);
        options.setSessionExpiryInterval(sessionExpiry);
        return options;
    }

    PahoClient connect(MqttConnectionOptions options) throws MqttException {
        IMqttToken token = client.connect(options);
        token.waitForCompletion(TIMEOUT_MILLIS);
        sessionPresent = token.getSessionPresent();
        return this;
    }

    boolean sessionPresent() {
        return sessionPresent;
    }

    void subscribe(String filter, int qos) throws MqttException {
        client.subscribe(filter, qos).waitForCompletion(TIMEOUT_MILLIS);
    }

    void publish(String topic, String payload, int qos) throws MqttException {
        publish(topic, new MqttMessage(payload.getBytes(UTF_8), qos, false, null));
    }

    void publish(String topic, MqttMessage message) throws MqttException {
        client.publish(topic, message).waitForCompletion(TIMEOUT_MILLIS);
    }

    MqttMessage next() throws InterruptedException {
        MqttMessage message = messages.poll(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
        if (message == null) {
            throw new AssertionError("No message arrived");
        }
        return message;
    }

    /** Waits until the broker has ended the connection, and returns its reason. */
    int awaitDisconnected() throws InterruptedException {
        Integer reason = disconnections.poll(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
        if (reason == null) {
            throw new AssertionError("The connection was not ended");
        }
        // Paho tells its callback before it is done
        await().until(() -> !client.isConnected());
        return reason;
    }

    String nextPayload() throws InterruptedException {
        return new String(next().getPayload(), UTF_8);
    }

    @Override
    public void close() throws MqttException {
        if (client.isConnected()) {
            client.disconnect(0).waitForCompletion(TIMEOUT_MILLIS);
        }
        client.close(true);
    }

    private final class Receiver implements MqttCallback {

        @Override
        public void messageArrived(String topic, MqttMessage message) {
            messages.add(message);
        }

        @Override
        public void disconnected(MqttDisconnectResponse response) {
            disconnections.add(response.getReturnCode());
        }

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
