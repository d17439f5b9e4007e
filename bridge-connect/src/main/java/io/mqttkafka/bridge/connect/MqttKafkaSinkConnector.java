package io.mqttkafka.bridge.connect;

import io.mqttkafka.bridge.connect.config.CommonSettings;
import io.mqttkafka.bridge.connect.config.LensesNames;
import io.mqttkafka.bridge.connect.config.SinkSettings;
import io.mqttkafka.bridge.connect.sink.SinkAccess;
import io.mqttkafka.bridge.core.DefaultBridge;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.config.Config;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.sink.SinkConnector;

/**
 * Publishes records to an MQTT broker, in the order of their partition, and commits up to the first one that the broker has not
 * taken over: nothing is lost at QoS 1 and 2.
 *
 * <p>Thread-safe, as far as a worker asks.
 */
public final class MqttKafkaSinkConnector extends SinkConnector {
    private volatile Map<String, String> properties = Map.of();

    /** Makes a connector, as a worker does. */
    public MqttKafkaSinkConnector() {}

    @Override
    public String version() {
        return ConnectorVersion.get();
    }

    @Override
    public ConfigDef config() {
        return SinkSettings.definition();
    }

    @Override
    public Config validate(Map<String, String> given) {
        return Validation.of(
                config(),
                given,
                names -> LensesNames.translate(names, false),
                MqttKafkaSinkConnector::problems,
                SinkSettings.TOPIC_TEMPLATE);
    }

    private static List<String> problems(Map<String, String> given) {
        // It finds out what does not fit, and reaches nothing.
        SinkSettings settings = new SinkSettings(given);
        new DefaultBridge(
                        settings.bridge(),
                        bridge -> new SinkAccess(
                                settings, (record, cause) -> CompletableFuture.completedFuture(null), bridge))
                .close();
        return List.of();
    }

    @Override
    public void start(Map<String, String> given) {
        new SinkSettings(given).tellDifferences();
        properties = Map.copyOf(given);
    }

    @Override
    public Class<? extends Task> taskClass() {
        return MqttKafkaSinkTask.class;
    }

    @Override
    public List<Map<String, String>> taskConfigs(int maxTasks) {
        SinkSettings settings = new SinkSettings(properties);
        // A partition that goes from one task to another takes no packet ids along, which stand in the session of the
        // first.
        int most = settings.exactlyOnce() ? 1 : maxTasks;
        List<Map<String, String>> tasks = new ArrayList<>();
        for (int i = 0; i < most; i++) {
            Map<String, String> task = new HashMap<>(LensesNames.translate(properties, false));
            task.put(CommonSettings.TASK, Integer.toString(i));
            tasks.add(task);
        }
        return tasks;
    }

    @Override
    public void stop() {
        // Tasks end by themselves.
    }
}
