package io.mqttkafka.bridge.testkit.broker;

import io.mqttkafka.bridge.testkit.net.Ports;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * A real Kafka broker in a JVM of its own, which a test can kill and freeze.
 *
 * <p>It needs {@code org.apache.kafka:kafka_2.13}, which the testkit does not bring along.
 *
 * <p>The child runs on this JVM's class path and Java installation. It ends with this JVM, however that ends. Starting
 * it takes two to three seconds, about a second more after {@link #kill()}. {@link #pause()} and {@link #resume()} need
 * a Unix system.
 *
 * <p>Thread-safe.
 */
public final class KafkaProcess implements KafkaBroker {

    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);

    private static final String LOGGING = """
            <configuration>
                <appender name="OUT" class="ch.qos.logback.core.ConsoleAppender">
                    <encoder><pattern>%d %-5level %logger - %msg%n</pattern></encoder>
                </appender>
                <root level="WARN"><appender-ref ref="OUT"/></root>
            </configuration>
            """;

    private final KafkaNode node;
    private @Nullable ChildProcess process;

    KafkaProcess(KafkaNode node) {
        this.node = node;
    }

    /** Starts a broker with the defaults and returns when it serves clients. */
    public static KafkaProcess start() {
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

    /** Returns the process id. */
    public synchronized long pid() {
        return running().pid();
    }

    /** Freezes the broker (SIGSTOP): connections stay open, and nothing answers. */
    public synchronized void pause() {
        running().pause();
    }

    /** Lets a frozen broker go on (SIGCONT). */
    public synchronized void resume() {
        running().resume();
    }

    /** Ends the broker without giving it a chance to notice (SIGKILL). */
    public synchronized void kill() {
        running().kill();
        process = null;
    }

    /** {@inheritDoc} It is asked to end by SIGTERM; a frozen broker is woken for it. */
    @Override
    public synchronized void stop() {
        ChildProcess ending = process;
        if (ending != null) {
            process = null;
            ending.terminate();
        }
    }

    @Override
    public synchronized void restart() {
        stop();
        ChildProcess starting = ChildProcess.start(
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-Dlogback.configurationFile=" + node.directory().write("logback.xml", LOGGING),
                        KafkaProcessMain.class.getName(),
                        node.directory()
                                .write("server.properties", propertiesFile())
                                .toString()),
                Map.of("CLASSPATH", System.getProperty("java.class.path")),
                node.directory().resolve("kafka.out"));
        process = starting;
        if (!Ports.awaitListening(node.port(), START_TIMEOUT, () -> !starting.isAlive())) {
            throw new IllegalStateException("Kafka did not start. Its output ends:\n" + starting.outputTail());
        }
        KafkaTopics.awaitReady(bootstrapServers());
    }

    /** Kills the broker and deletes its data; does nothing when called again. */
    @Override
    public synchronized void close() {
        try {
            if (process != null) {
                kill();
            }
        } finally {
            node.close();
        }
    }

    private ChildProcess running() {
        ChildProcess running = process;
        if (running == null) {
            throw new IllegalStateException("The broker is not running");
        }
        return running;
    }

    private String propertiesFile() {
        Properties properties = new Properties();
        properties.putAll(node.properties());
        StringWriter text = new StringWriter();
        try {
            properties.store(text, null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    /**
     * Collects what differs from the defaults.
     *
     * <p>Not thread-safe.
     */
    public static final class Builder extends KafkaBuilder<KafkaProcess, Builder> {

        private Builder() {
            super(KafkaProcess::new);
        }

        @Override
        Builder self() {
            return this;
        }
    }
}
