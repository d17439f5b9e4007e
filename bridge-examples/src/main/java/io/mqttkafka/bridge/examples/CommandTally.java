package io.mqttkafka.bridge.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.jspecify.annotations.Nullable;

/**
 * Receives commands as devices do, and notes which one arrived where. Shares nothing with the bridge, so that it can prove
 * it wrong.
 *
 * <p>Safe for use by several threads.
 */
final class CommandTally implements MqttCallback, AutoCloseable {
    private static final Pattern ID = Pattern.compile("\"id\":(\\d+)");
    private static final long PATIENCE_MILLIS = TimeUnit.SECONDS.toMillis(20);

    private final Map<Integer, String> topicById = new HashMap<>();
    private final Map<String, Integer> lastIdByTopic = new HashMap<>();
    private final List<String> oddities = new ArrayList<>();
    private @Nullable MqttAsyncClient client;

    /** Connects to a broker and subscribes to the commands of every device. */
    static CommandTally connect(String serverUri) throws MqttException {
        CommandTally tally = new CommandTally();
        MqttAsyncClient client = new MqttAsyncClient(serverUri, "quickstart-receivers", new MemoryPersistence());
        tally.client = client;
        MqttConnectionOptions options = new MqttConnectionOptions();
        options.setCleanStart(true);
        client.setCallback(tally);
        client.connect(options).waitForCompletion(PATIENCE_MILLIS);
        client.subscribe(DeviceCommand.MQTT_FILTER, 1).waitForCompletion(PATIENCE_MILLIS);
        return tally;
    }

    @Override
    public void messageArrived(String topic, MqttMessage message) {
        note(topic, new String(message.getPayload(), UTF_8));
    }

    /** Notes a command that arrived. */
    synchronized void note(String topic, String payload) {
        Matcher matcher = ID.matcher(payload);
        if (!matcher.find()) {
            oddities.add("a message on " + topic + " is none of the commands sent");
            return;
        }
        int id = Integer.parseInt(matcher.group(1));
        String before = topicById.put(id, topic);
        if (before != null) {
            oddities.add("command " + id + " has arrived twice, on " + before + " and " + topic);
        }
        Integer last = lastIdByTopic.put(topic, id);
        if (last != null && last > id) {
            oddities.add("command " + id + " comes after command " + last + " of the same device");
        }
    }

    /** Returns how many different commands have arrived so far. */
    synchronized int size() {
        return topicById.size();
    }

    /** Returns how many of these commands have arrived at their devices. */
    synchronized long inPlace(List<DeviceCommand> commands) {
        return commands.stream()
                .filter(command -> command.mqttTopic().equals(topicById.get(command.id())))
                .count();
    }

    /** Returns what should not be: repeated, reordered and unknown commands, one line each. */
    synchronized List<String> oddities() {
        return List.copyOf(oddities);
    }

    @Override
    public synchronized void disconnected(MqttDisconnectResponse response) {
        oddities.add("the connection of the devices was lost");
    }

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
        if (client != null) {
            client.disconnectForcibly(0, TimeUnit.SECONDS.toMillis(1), true);
            client.close();
        }
    }
}
