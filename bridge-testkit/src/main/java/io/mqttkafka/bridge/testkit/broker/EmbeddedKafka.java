package io.mqttkafka.bridge.testkit.broker;

import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.utils.Time;
import org.jspecify.annotations.Nullable;

/**
 * A real Kafka broker inside this JVM.
 *
 * <pre>{@code
 * try (EmbeddedKafka kafka = EmbeddedKafka.start()) {
 *     kafka.createTopic("telemetry", 3);
 *     // point clients at kafka.bootstrapServers()
 * }
 * }</pre>
 *
 * <p>It starts in about two seconds the first time and in a fraction of a second from then on. It cannot be paused or
 * killed on its own; use {@link KafkaProcess} for that.
 *
 * <p>It needs {@code org.apache.kafka:kafka_2.13}, which the testkit does not bring along.
 *
 * <p>Thread-safe.
 */
public final class EmbeddedKafka implements KafkaBroker {

    private final KafkaNode node;
    private @Nullable KafkaRaftServer server;

    private EmbeddedKafka(KafkaNode node) {
        this.node = node;
    }

    /** Starts a broker with the defaults and returns when it serves clients. */
    public static EmbeddedKafka start() {
        return builder().start();
    }

    /** Returns a builder for a broker that needs more than the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public String bootstrapServers() {
        return node.bootstrapServers();
    }

    @Override
    public synchronized void stop() {
        KafkaRaftServer running = server;
        if (running != null) {
            server = null;
            running.shutdown();
            running.awaitShutdown();
        }
    }

    @Override
    public synchronized void restart() {
        stop();
        QuietLogging.warningsOnly("kafka", "org.apache.kafka", "state.change.logger");
        KafkaRaftServer starting = new KafkaRaftServer(new KafkaConfig(node.properties(), false), Time.SYSTEM);
        server = starting;
        starting.startup();
    }

    @Override
    public synchronized void close() {
        try {
            stop();
        } finally {
            node.close();
        }
    }

    /**
     * Collects what differs from the defaults.
     *
     * <p>Not thread-safe.
     */
    public static final class Builder extends KafkaBuilder<EmbeddedKafka, Builder> {

        private Builder() {
            super(EmbeddedKafka::new);
        }

        @Override
        Builder self() {
            return this;
        }
    }
}
