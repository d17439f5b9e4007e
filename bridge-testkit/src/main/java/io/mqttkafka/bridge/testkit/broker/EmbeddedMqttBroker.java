package io.mqttkafka.bridge.testkit.broker;

import com.hivemq.embedded.EmbeddedHiveMQ;
import io.mqttkafka.bridge.testkit.net.Ports;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A real MQTT 5 broker inside this JVM: HiveMQ Community Edition.
 *
 * <p>By default it keeps everything in memory, so sessions and queued messages are gone after {@link #restart()};
 * {@link Builder#filePersistence()} keeps them. Stopping takes about four seconds whatever the options: start it once
 * for a whole test class where that is possible.
 *
 * <p>It needs {@code com.hivemq:hivemq-community-edition-embedded}, which the testkit does not bring along.
 *
 * <p>Thread-safe.
 */
public final class EmbeddedMqttBroker implements MqttBroker {

    private final TempDirectory directory;
    private final int port;
    private @Nullable EmbeddedHiveMQ server;

    private EmbeddedMqttBroker(TempDirectory directory, int port) {
        this.directory = directory;
        this.port = port;
    }

    /** Starts an in-memory broker and returns when it accepts clients. */
    public static EmbeddedMqttBroker start() {
        return builder().start();
    }

    /** Returns a builder for a broker that needs more than the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public int port() {
        return port;
    }

    @Override
    public synchronized void stop() {
        EmbeddedHiveMQ running = server;
        if (running != null) {
            server = null;
            close(running);
        }
    }

    @Override
    public synchronized void restart() {
        stop();
        QuietLogging.warningsOnly("com.hivemq", "io.netty", "jetbrains.exodus", "oshi", "com.codahale");
        EmbeddedHiveMQ starting = EmbeddedHiveMQ.builder()
                .withConfigurationFolder(directory.folder("conf"))
                .withDataFolder(directory.folder("data"))
                .withExtensionsFolder(directory.folder("extensions"))
                .withoutLoggingBootstrap()
                .build();
        server = starting;
        starting.start().join();
    }

    @Override
    public synchronized void close() {
        try {
            stop();
        } finally {
            directory.close();
        }
    }

    private static void close(EmbeddedHiveMQ server) {
        try {
            server.close();
        } catch (ExecutionException e) {
            throw new IllegalStateException("HiveMQ did not stop", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while HiveMQ stopped", e);
        }
    }

    /**
     * Collects what differs from the defaults.
     *
     * <p>Not thread-safe.
     */
    public static final class Builder {

        private static final int HIGHEST_RECEIVE_MAXIMUM = 65_535;

        private boolean filePersistence;
        private int receiveMaximum = 10;
        private int maxQueuedMessages = 1_000_000;

        private Builder() {}

        /** Keeps sessions, retained and queued messages on disk, so that they survive a restart. Default: in memory. */
        public Builder filePersistence() {
            this.filePersistence = true;
            return this;
        }

        /**
         * Sets how many QoS 1 and 2 messages a client may send without waiting for an answer. Default: 10, HiveMQ's
         * own.
         *
         * @throws IllegalArgumentException if it is not within 1 to 65535
         */
        public Builder receiveMaximum(int receiveMaximum) {
            if (receiveMaximum < 1 || receiveMaximum > HIGHEST_RECEIVE_MAXIMUM) {
                throw new IllegalArgumentException(
                        "receiveMaximum must be within 1 to 65535, but is " + receiveMaximum);
            }
            this.receiveMaximum = receiveMaximum;
            return this;
        }

        /**
         * Sets how many messages the broker queues for each session before it drops new ones. Default: 1,000,000.
         *
         * @throws IllegalArgumentException if it is less than 1
         */
        public Builder maxQueuedMessages(int maxQueuedMessages) {
            if (maxQueuedMessages < 1) {
                throw new IllegalArgumentException("maxQueuedMessages must be at least 1, but is " + maxQueuedMessages);
            }
            this.maxQueuedMessages = maxQueuedMessages;
            return this;
        }

        /** Starts the broker and returns when it accepts clients. */
        public EmbeddedMqttBroker start() {
            int port = Ports.free();
            TempDirectory directory = TempDirectory.create("hivemq-");
            EmbeddedMqttBroker broker = new EmbeddedMqttBroker(directory, port);
            try {
                directory.folder("conf");
                directory.write("conf/config.xml", configuration(port));
                broker.restart();
                return broker;
            } catch (RuntimeException | Error e) {
                broker.close();
                throw e;
            }
        }

        private String configuration(int port) {
            return """
                    <?xml version="1.0" encoding="UTF-8"?>
                    <hivemq>
                        <listeners>
                            <tcp-listener>
                                <port>%d</port>
                                <bind-address>%s</bind-address>
                            </tcp-listener>
                        </listeners>
                        <persistence>
                            <mode>%s</mode>
                        </persistence>
                        <mqtt>
                            <receive-maximum>
                                <server-receive-maximum>%d</server-receive-maximum>
                            </receive-maximum>
                            <queued-messages>
                                <max-queue-size>%d</max-queue-size>
                                <strategy>discard</strategy>
                            </queued-messages>
                        </mqtt>
                        <anonymous-usage-statistics>
                            <enabled>false</enabled>
                        </anonymous-usage-statistics>
                    </hivemq>
                    """.formatted(
                    port, Ports.LOOPBACK, filePersistence ? "file" : "in-memory", receiveMaximum, maxQueuedMessages);
        }
    }
}
