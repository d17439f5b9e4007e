package io.mqttkafka.bridge.standalone;

import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.micrometer.BridgeMetrics;
import io.mqttkafka.bridge.micrometer.KafkaClientMeters;

/** The meters of the program, as Prometheus reads them. Thread-safe. */
final class Metrics implements AutoCloseable {
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics collections = new JvmGcMetrics();

    /** Lets Kafka's clients report. It takes the property metric.reporters: with the port open, a user's own is refused as set twice. */
    void of(KafkaOptions.Builder options) {
        KafkaClientMeters.report(options, registry);
    }

    void of(Bridge bridge) {
        new BridgeMetrics(bridge).bindTo(registry);
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        collections.bindTo(registry);
    }

    /** Returns all meters as text. */
    String scrape() {
        return registry.scrape();
    }

    @Override
    public void close() {
        collections.close();
        registry.close();
    }
}
