package io.mqttkafka.bridge.connect;

import io.mqttkafka.bridge.connect.config.CommonSettings;
import io.mqttkafka.bridge.connect.config.FilterSplit;
import io.mqttkafka.bridge.connect.config.LensesNames;
import io.mqttkafka.bridge.connect.config.SourceSettings;
import io.mqttkafka.bridge.connect.source.SourceAccess;
import io.mqttkafka.bridge.connect.source.StateOffsets;
import io.mqttkafka.bridge.core.DefaultBridge;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.Config;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.source.ConnectorTransactionBoundaries;
import org.apache.kafka.connect.source.ExactlyOnceSupport;
import org.apache.kafka.connect.source.SourceConnector;

/**
 * Takes messages from an MQTT broker, and acknowledges each when Kafka has its record: nothing is lost at QoS 1 and 2, and at
 * QoS 2 nothing is repeated either, with {@code exactly.once.support=required} on a worker that has it enabled.
 *
 * <p>Thread-safe, as far as a worker asks.
 */
public final class MqttKafkaSourceConnector extends SourceConnector {
    private volatile Map<String, String> properties = Map.of();

    /** Makes a connector, as a worker does. */
    public MqttKafkaSourceConnector() {}

    @Override
    public String version() {
        return ConnectorVersion.get();
    }

    @Override
    public ConfigDef config() {
        return SourceSettings.definition();
    }

    @Override
    public Config validate(Map<String, String> given) {
        return Validation.of(
                config(),
                given,
                names -> LensesNames.translate(names, true),
                MqttKafkaSourceConnector::problems,
                SourceSettings.TOPICS);
    }

    private static List<String> problems(Map<String, String> given) {
        SourceSettings settings = new SourceSettings(given);
        // It finds out what does not fit, and reaches nothing.
        new DefaultBridge(
                        settings.bridge(),
                        bridge -> new SourceAccess(
                                settings.clientId(), settings.stateTopic(), settings.largestRecord(), new NoOffsets()))
                .close();
        return List.of();
    }

    @Override
    public void start(Map<String, String> given) {
        new SourceSettings(given).tellDifferences();
        properties = Map.copyOf(given);
    }

    @Override
    public Class<? extends Task> taskClass() {
        return MqttKafkaSourceTask.class;
    }

    @Override
    public List<Map<String, String>> taskConfigs(int maxTasks) {
        SourceSettings settings = new SourceSettings(properties);
        List<Map<String, String>> tasks = new ArrayList<>();
        List<List<String>> split = FilterSplit.among(settings.filters(), maxTasks);
        for (int i = 0; i < maxTasks; i++) {
            List<String> filters = settings.shared() ? settings.filters() : split.get(i);
            if (!filters.isEmpty()) {
                Map<String, String> task = new HashMap<>(LensesNames.translate(properties, true));
                task.put(SourceSettings.TOPICS, String.join(",", filters));
                // Its number, not its place among those that have something to do: its session is known by it.
                task.put(CommonSettings.TASK, Integer.toString(i));
                tasks.add(task);
            }
        }
        return tasks;
    }

    @Override
    public void stop() {
        // Tasks end by themselves.
    }

    @Override
    public ExactlyOnceSupport exactlyOnceSupport(Map<String, String> given) {
        try {
            return new SourceSettings(given).obstacleToExactlyOnce().isEmpty()
                    ? ExactlyOnceSupport.SUPPORTED
                    : ExactlyOnceSupport.UNSUPPORTED;
        } catch (ConfigException e) {
            // What is wrong is told by validate().
            return ExactlyOnceSupport.UNSUPPORTED;
        }
    }

    @Override
    public ConnectorTransactionBoundaries canDefineTransactionBoundaries(Map<String, String> given) {
        return ConnectorTransactionBoundaries.UNSUPPORTED;
    }

    /**
     * Lets a user forget the packet ids of sessions, but not make them up.
     *
     * @param given the properties
     * @param offsets what is to be changed
     * @return true
     * @throws ConnectException if an offset is to be set, or is none of ours
     */
    @Override
    public boolean alterOffsets(Map<String, String> given, Map<Map<String, ?>, Map<String, ?>> offsets) {
        offsets.forEach(StateOffsets::requireRemovable);
        return true;
    }
}
