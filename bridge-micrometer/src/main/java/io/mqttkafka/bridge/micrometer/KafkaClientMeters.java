package io.mqttkafka.bridge.micrometer;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.mqttkafka.bridge.config.KafkaOptions;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.metrics.KafkaMetric;
import org.apache.kafka.common.metrics.MetricsReporter;
import org.jspecify.annotations.Nullable;

/**
 * Shows what the Kafka clients of a bridge count as meters: {@code .kafka(k -> KafkaClientMeters.report(k.bootstrapServers(..),
 * registry))}. Kafka makes the reporter itself.
 *
 * <p>Names are those of Micrometer's own binder, {@code kafka.producer.record.error.total} for example, with the tag {@code
 * client.id}. Only what a client counts as a whole is shown: no meter for each topic, partition or broker, so that the number of
 * meters is bounded. The meters of a client go when it is closed.
 *
 * <p>Thread-safe.
 */
public final class KafkaClientMeters implements MetricsReporter {
    private static final String REGISTRY = "bridge.meter.registry";
    private static final Set<String> GROUPS = Set.of(
            "producer-metrics",
            "consumer-metrics",
            "consumer-fetch-manager-metrics",
            "consumer-coordinator-metrics",
            "admin-client-metrics");

    private final Map<MetricName, Meter> meters = new ConcurrentHashMap<>();
    private @Nullable MeterRegistry registry;

    /** Makes a reporter, as Kafka does. */
    public KafkaClientMeters() {}

    /**
     * Lets the clients report to a registry. Sets the property {@code metric.reporters}.
     *
     * @param options the Kafka side of a bridge
     * @param registry where to report to
     * @return the options
     */
    public static KafkaOptions.Builder report(KafkaOptions.Builder options, MeterRegistry registry) {
        return options.client("metric.reporters", KafkaClientMeters.class.getName())
                .client(REGISTRY, Objects.requireNonNull(registry, "registry"));
    }

    @Override
    public void configure(Map<String, ?> configs) {
        registry = configs.get(REGISTRY) instanceof MeterRegistry given ? given : null;
    }

    @Override
    public void init(List<KafkaMetric> metrics) {
        metrics.forEach(this::metricChange);
    }

    @Override
    public void metricChange(KafkaMetric metric) {
        MetricName name = metric.metricName();
        MeterRegistry to = registry;
        if (to == null
                || !GROUPS.contains(name.group())
                || !name.tags().keySet().equals(Set.of("client-id"))
                // Texts, such as the version.
                || !(metric.metricValue() instanceof Number)) {
            return;
        }
        metricRemoval(metric);
        String meter = "kafka." + name.group().replace("-metrics", "").replace('-', '.') + "."
                + name.name().replace('-', '.');
        Tags tags = Tags.of("client.id", Objects.requireNonNull(name.tags().get("client-id")));
        meters.put(
                name,
                name.name().endsWith("-total")
                        ? FunctionCounter.builder(meter, metric, KafkaClientMeters::value)
                                .description(name.description())
                                .tags(tags)
                                .register(to)
                        : Gauge.builder(meter, metric, KafkaClientMeters::value)
                                .description(name.description())
                                .tags(tags)
                                .strongReference(true)
                                .register(to));
    }

    private static double value(KafkaMetric metric) {
        return metric.metricValue() instanceof Number number ? number.doubleValue() : Double.NaN;
    }

    @Override
    public void metricRemoval(KafkaMetric metric) {
        Meter meter = meters.remove(metric.metricName());
        if (meter != null && registry != null) {
            registry.remove(meter);
        }
    }

    @Override
    public void close() {
        MeterRegistry from = registry;
        if (from != null) {
            meters.values().forEach(from::remove);
        }
        meters.clear();
    }
}
