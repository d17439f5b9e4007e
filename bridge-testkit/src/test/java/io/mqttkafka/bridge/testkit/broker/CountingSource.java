package io.mqttkafka.bridge.testkit.broker;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.source.ExactlyOnceSupport;
import org.apache.kafka.connect.source.SourceConnector;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTask;

/** A connector that counts: the smallest there can be. */
public final class CountingSource extends SourceConnector {

    private Map<String, String> config = Map.of();

    @Override
    public String version() {
        return "1.0";
    }

    @Override
    public ConfigDef config() {
        return new ConfigDef()
                .define("topic", ConfigDef.Type.STRING, ConfigDef.Importance.HIGH, "where it counts")
                .define(
                        "limit",
                        ConfigDef.Type.INT,
                        10,
                        ConfigDef.Range.atLeast(0),
                        ConfigDef.Importance.LOW,
                        "how far");
    }

    @Override
    public void start(Map<String, String> props) {
        config = props;
    }

    @Override
    public Class<? extends Task> taskClass() {
        return Counting.class;
    }

    @Override
    public List<Map<String, String>> taskConfigs(int maxTasks) {
        return List.of(config);
    }

    @Override
    public ExactlyOnceSupport exactlyOnceSupport(Map<String, String> connectorConfig) {
        return ExactlyOnceSupport.SUPPORTED;
    }

    @Override
    public void stop() {
        // nothing is open
    }

    /** Its task. */
    public static final class Counting extends SourceTask {

        private static final Map<String, String> PARTITION = Map.of("one", "only");

        private String topic = "";
        private long next;
        private long limit;

        @Override
        public String version() {
            return "1.0";
        }

        @Override
        public void start(Map<String, String> props) {
            topic = props.get("topic");
            limit = Long.parseLong(props.get("limit"));
            if (limit == 0) {
                throw new IllegalStateException(
                        "nothing to count, says " + getClass().getClassLoader());
            }
            Map<String, Object> known = context.offsetStorageReader().offset(PARTITION);
            next = known == null ? 0 : (Long) known.get("next");
        }

        @Override
        public List<SourceRecord> poll() throws InterruptedException {
            List<SourceRecord> records = new ArrayList<>();
            while (next < limit) {
                next++;
                records.add(new SourceRecord(
                        PARTITION,
                        Map.of("next", next),
                        topic,
                        null,
                        null,
                        null,
                        Schema.BYTES_SCHEMA,
                        Long.toString(next).getBytes(java.nio.charset.StandardCharsets.UTF_8)));
            }
            if (records.isEmpty()) {
                synchronized (this) {
                    wait(20);
                }
                return null;
            }
            return records;
        }

        @Override
        public void stop() {
            // the worker interrupts nothing, and there is nothing to interrupt
        }
    }
}
