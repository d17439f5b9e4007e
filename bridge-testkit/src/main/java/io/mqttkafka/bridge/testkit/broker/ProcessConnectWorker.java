package io.mqttkafka.bridge.testkit.broker;

import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A worker in a JVM of its own. */
final class ProcessConnectWorker extends ConnectWorker {

    private static final String LOGGING = """
            <configuration>
                <appender name="OUT" class="ch.qos.logback.core.ConsoleAppender">
                    <encoder><pattern>%d %-5level %logger - %msg%n</pattern></encoder>
                </appender>
                <root level="WARN"><appender-ref ref="OUT"/></root>
                <logger name="io.mqttkafka.bridge" level="INFO"/>
            </configuration>
            """;

    private static final List<String> PLUGIN_LISTS = List.of(
            "META-INF/services/org.apache.kafka.connect.source.SourceConnector",
            "META-INF/services/org.apache.kafka.connect.sink.SinkConnector");

    private final TempDirectory directory;
    private final List<String> jvmOptions;
    private @Nullable ChildProcess process;

    /**
     * @param directory for its files
     * @param jvmOptions options of its JVM, which win over the defaults
     */
    ProcessConnectWorker(int port, Map<String, String> properties, TempDirectory directory, List<String> jvmOptions) {
        super(port, properties);
        this.directory = directory;
        this.jvmOptions = jvmOptions;
    }

    @Override
    public synchronized boolean isRunning() {
        return process != null;
    }

    @Override
    public synchronized void stop() {
        ChildProcess ending = process;
        if (ending != null) {
            process = null;
            ending.terminate();
        }
    }

    @Override
    public synchronized void kill() {
        running().kill();
        process = null;
    }

    @Override
    public synchronized void pause() {
        running().pause();
    }

    @Override
    public synchronized void resume() {
        running().resume();
    }

    @Override
    synchronized void launch() {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Dlogback.configurationFile=" + directory.write("connect-logback.xml", LOGGING)));
        command.addAll(jvmOptions);
        command.add(ConnectWorkerMain.class.getName());
        command.add(directory.write("worker-" + port() + ".properties", text()).toString());
        process = ChildProcess.start(
                command, Map.of("CLASSPATH", classPath()), directory.resolve("worker-" + port() + ".out"));
    }

    @Override
    synchronized boolean isAlive() {
        return process != null && process.isAlive();
    }

    @Override
    synchronized String output() {
        return process == null ? "(not running)" : process.outputTail();
    }

    private ChildProcess running() {
        ChildProcess running = process;
        if (running == null) {
            throw new IllegalStateException("The worker is not running");
        }
        return running;
    }

    /** This JVM's, without the folders and jars that are connectors themselves: those come by {@code plugin.path}. */
    private static String classPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> PLUGIN_LISTS.stream().noneMatch(list -> Files.exists(Path.of(entry, list))))
                .collect(Collectors.joining(File.pathSeparator));
    }

    private String text() {
        Properties all = new Properties();
        all.putAll(properties());
        StringWriter text = new StringWriter();
        try {
            all.store(text, null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }
}
