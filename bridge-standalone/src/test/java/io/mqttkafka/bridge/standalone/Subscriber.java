package io.mqttkafka.bridge.standalone;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.MqttSubscription;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;

/** Notes what an MQTT broker sends, as a device does. Safe for use by several threads. */
final class Subscriber implements MqttCallback, AutoCloseable {
    private static final long PATIENCE_MILLIS = TimeUnit.SECONDS.toMillis(30);

    private final MqttAsyncClient client;
    private final List<String> received = new CopyOnWriteArrayList<>();
    private final List<MqttMessage> messages = new CopyOnWriteArrayList<>();

    private Subscriber(MqttAsyncClient client) {
        this.client = client;
    }

    /** Subscribes with QoS 1 and returns when the broker has granted it. */
    static Subscriber connect(String serverUri, String filter) throws MqttException {
        MqttAsyncClient client =
                new MqttAsyncClient(serverUri, "subscriber-" + UUID.randomUUID(), new MemoryPersistence());
        MqttConnectionOptions options = new MqttConnectionOptions();
        options.setCleanStart(true);
        client.connect(options).waitForCompletion(PATIENCE_MILLIS);
        Subscriber subscriber = new Subscriber(client);
        client.setCallback(subscriber);
        client.subscribe(new MqttSubscription(filter, 1)).waitForCompletion(PATIENCE_MILLIS);
        return subscriber;
    }

    /** Publishes at QoS 1 with response topic and correlation data, and returns when the broker has taken it. */
    void request(String topic, String payload, String responseTopic, byte[] correlationData) throws MqttException {
        MqttMessage request = new MqttMessage(payload.getBytes(UTF_8));
        request.setQos(1);
        MqttProperties properties = new MqttProperties();
        properties.setResponseTopic(responseTopic);
        properties.setCorrelationData(correlationData);
        request.setProperties(properties);
        client.publish(topic, request).waitForCompletion(PATIENCE_MILLIS);
    }

    /** Returns what came so far, in order, as {@code topic: payload}. */
    List<String> received() {
        return List.copyOf(received);
    }

    /** Returns the messages that came so far, with their properties, in order. */
    List<MqttMessage> messages() {
        return List.copyOf(messages);
    }

    @Override
    public void messageArrived(String topic, MqttMessage message) {
        messages.add(message);
        received.add(topic + ": " + new String(message.getPayload(), UTF_8));
    }

    @Override
    public void disconnected(MqttDisconnectResponse response) {}

    @Override
    public void mqttErrorOccurred(MqttException exception) {}

    @Override
    public void deliveryComplete(IMqttToken token) {}

    @Override
    public void connectComplete(boolean reconnect, String serverUri) {}

    @Override
    public void authPacketArrived(int reasonCode, MqttProperties properties) {}

    @Override
    public void close() throws MqttException {
        client.disconnectForcibly(0, TimeUnit.SECONDS.toMillis(1), true);
        client.close();
    }
}
