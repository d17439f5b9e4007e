package io.mqttkafka.bridge.tests.faults;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;

/**
 * A subscriber with a session that outlives its connections. It keeps what arrives on {@code devices/KEY/cmd}, where each
 * payload is the number of the command for that key.
 */
final class CommandSubscriber implements AutoCloseable {
    private static final long TIMEOUT_MILLIS = 10_000;

    /** It writes a line for every message of QoS 2. */
    private static final Logger PAHO = Logger.getLogger("org.eclipse.paho");

    static {
        PAHO.setLevel(Level.WARNING);
    }

    private record Command(String topic, int number) {}

    private final String serverUri;
    private final String clientId;
    private final int qos;
    private final List<Command> received = new CopyOnWriteArrayList<>();
    private MqttAsyncClient client;

    private CommandSubscriber(String serverUri, String clientId, int qos) {
        this.serverUri = serverUri;
        this.clientId = clientId;
        this.qos = qos;
    }

    static CommandSubscriber connect(String serverUri, String clientId, int qos) {
        CommandSubscriber subscriber = new CommandSubscriber(serverUri, clientId, qos);
        subscriber.connect();
        try {
            subscriber.client.subscribe("devices/#", qos).waitForCompletion(TIMEOUT_MILLIS);
        } catch (MqttException e) {
            throw new IllegalStateException(e);
        }
        return subscriber;
    }

    /** Connects with a client of its own; the session goes on. */
    void connect() {
        try {
            client = new MqttAsyncClient(serverUri, clientId, new MemoryPersistence());
            client.setCallback(new Receiver());
            MqttConnectionOptions options = new MqttConnectionOptions();
            options.setCleanStart(false);
            options.setSessionExpiryInterval(3_600L);
            options.setReceiveMaximum(1_000);
            client.connect(options).waitForCompletion(TIMEOUT_MILLIS);
        } catch (MqttException e) {
            throw new IllegalStateException(e);
        }
    }

    int count() {
        return received.size();
    }

    /** How many different commands have arrived. */
    int different() {
        Set<Command> different = new HashSet<>(received);
        return different.size();
    }

    /** Checks that for each key every command arrived, the first copies in order, and returns how many came again. */
    int judge(int keys, int commands) {
        Map<String, List<Integer>> firstCopies = new TreeMap<>();
        Set<Command> seen = new HashSet<>();
        for (Command command : received) {
            if (seen.add(command)) {
                firstCopies
                        .computeIfAbsent(command.topic(), topic -> new ArrayList<>())
                        .add(command.number());
            }
        }
        assertThat(firstCopies).hasSize(keys);
        List<Integer> expected = new ArrayList<>();
        for (int i = 0; i < commands; i++) {
            expected.add(i);
        }
        firstCopies.forEach((topic, numbers) -> assertThat(numbers).as(topic).isEqualTo(expected));
        return received.size() - seen.size();
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

    private final class Receiver implements MqttCallback {
        @Override
        public void messageArrived(String topic, MqttMessage message) {
            received.add(new Command(topic, Integer.parseInt(new String(message.getPayload(), UTF_8))));
        }

        @Override
        public void disconnected(MqttDisconnectResponse response) {}

        @Override
        public void mqttErrorOccurred(MqttException exception) {}

        @Override
        public void deliveryComplete(IMqttToken token) {}

        @Override
        public void connectComplete(boolean reconnect, String uri) {}

        @Override
        public void authPacketArrived(int reasonCode, MqttProperties properties) {}
    }
}
