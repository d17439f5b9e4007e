package io.mqttkafka.bridge.testkit.broker;

import io.mqttkafka.bridge.testkit.net.Ports;
import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Distributed workers of Kafka Connect, each a process, that share connectors: one can be killed, and the others go on with its
 * tasks. Connectors come from {@code plugin.path} and see nothing of the test's class path, as in production.
 *
 * <p>Needs {@code org.apache.kafka:connect-runtime} on the class path of the test. Thread-safe.
 */
public final class EmbeddedConnect implements AutoCloseable {
    private static final String MAIN = "org.apache.kafka.connect.cli.ConnectDistributed";
    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final Duration LOOK_AGAIN = Duration.ofMillis(100);
    private static final Duration REQUEST = Duration.ofSeconds(60);
    private static final int CONFLICT = 409;
    private static final int NOT_FOUND = 404;
    private static final int OK = 200;
    private static final Pattern STATE = Pattern.compile("\"state\"\\s*:\\s*\"(\\w+)\"");
    private static final Pattern TASK = Pattern.compile(
            "\"id\"\\s*:\\s*(\\d+)\\s*,\\s*\"state\"\\s*:\\s*\"\\w+\"\\s*,\\s*\"worker_id\"\\s*:\\s*\"[^\"]*:(\\d+)\"");

    private static final String LOGGING = """
            <configuration>
                <appender name="OUT" class="ch.qos.logback.core.ConsoleAppender">
                    <encoder><pattern>%d %-5level [%thread] %logger - %msg%n</pattern></encoder>
                </appender>
                <logger name="io.mqttkafka.bridge" level="INFO"/>
                <root level="WARN"><appender-ref ref="OUT"/></root>
            </configuration>
            """;

    private final Map<String, String> properties;
    private final TempDirectory directory = TempDirectory.create("connect");
    private final int[] ports;
    private final @Nullable ChildProcess[] workers;
    private final HttpClient http = HttpClient.newBuilder()
            .connectTimeout(Duration.ofSeconds(5))
            .version(HttpClient.Version.HTTP_1_1)
            .build();

    private EmbeddedConnect(Builder builder) {
        properties = Map.copyOf(builder.properties);
        ports = new int[builder.workers];
        workers = new ChildProcess[builder.workers];
        for (int i = 0; i < ports.length; i++) {
            ports[i] = Ports.free();
        }
    }

    /**
     * Returns a builder.
     *
     * @param kafka the Kafka that the workers work with
     * @param plugins the folder that holds the folders of connectors
     */
    public static Builder builder(KafkaBroker kafka, Path plugins) {
        return new Builder(kafka, plugins);
    }

    // Workers.

    /**
     * Starts a worker that is not running, and returns when it answers.
     *
     * @param worker its number, from 0
     * @throws IllegalStateException if it does not start
     */
    public void start(int worker) {
        launch(worker);
        awaitAnswer(worker);
    }

    private synchronized void launch(int worker) {
        if (workers[worker] != null) {
            throw new IllegalStateException("Worker " + worker + " is running");
        }
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx384m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Dlogback.configurationFile=" + directory.write("logback.xml", LOGGING),
                MAIN,
                directory
                        .write("worker-" + worker + ".properties", propertiesFile(worker))
                        .toString());
        workers[worker] = ChildProcess.start(
                command, Map.of("CLASSPATH", classPath()), directory.resolve("worker-" + worker + ".out"));
    }

    /** What a worker has, and nothing of what is tested: that comes from the plugin path. */
    private static String classPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
                .filter(entry ->
                        entry.endsWith(".jar") && !new File(entry).getName().startsWith("bridge-"))
                .collect(Collectors.joining(File.pathSeparator));
    }

    private String propertiesFile(int worker) {
        Properties all = new Properties();
        all.putAll(properties);
        all.setProperty("listeners", "http://127.0.0.1:" + ports[worker]);
        StringWriter text = new StringWriter();
        try {
            all.store(text, null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    private void awaitAnswer(int worker) {
        long until = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            ChildProcess process;
            synchronized (this) {
                process = workers[worker];
            }
            if (process == null || !process.isAlive() || System.nanoTime() - until > 0) {
                throw new IllegalStateException("Worker " + worker + " does not answer. Its output ends:\n"
                        + (process == null ? "(it was stopped)" : process.outputTail()));
            }
            try {
                if (send(worker, "GET", "/connectors", null).statusCode() == OK) {
                    return;
                }
            } catch (UncheckedIOException e) {
                if (!(e.getCause() instanceof ConnectException) && !(e.getCause() instanceof IOException)) {
                    throw e;
                }
            }
            pause();
        }
    }

    /**
     * Ends a worker without giving it a chance to notice (SIGKILL).
     *
     * @param worker its number, from 0
     */
    public synchronized void kill(int worker) {
        ChildProcess process = running(worker);
        workers[worker] = null;
        process.kill();
    }

    /**
     * Asks a worker to end (SIGTERM), and returns when it has.
     *
     * @param worker its number, from 0
     */
    public void stop(int worker) {
        ChildProcess process;
        synchronized (this) {
            process = running(worker);
            workers[worker] = null;
        }
        process.terminate();
    }

    /** Says whether a worker is running. */
    public synchronized boolean isRunning(int worker) {
        ChildProcess process = workers[worker];
        return process != null && process.isAlive();
    }

    private ChildProcess running(int worker) {
        ChildProcess process = workers[worker];
        if (process == null) {
            throw new IllegalStateException("Worker " + worker + " is not running");
        }
        return process;
    }

    /**
     * Returns what a worker has printed lately.
     *
     * @param worker its number, from 0
     */
    public synchronized String output(int worker) {
        ChildProcess process = workers[worker];
        return process == null ? "" : process.outputTail();
    }

    // Connectors.

    /**
     * Registers a connector, or changes its configuration.
     *
     * @param name its name
     * @param config its configuration
     * @throws IllegalStateException if the worker refuses it; the message has its answer
     */
    public void register(String name, Map<String, String> config) {
        HttpResponse<String> answer = request("PUT", "/connectors/" + name + "/config", json(config));
        if (answer.statusCode() / 100 != 2) {
            throw new IllegalStateException("The worker refuses '" + name + "': " + answer.body());
        }
    }

    /**
     * Waits until a connector runs with so many tasks.
     *
     * @param name its name
     * @param tasks how many tasks
     * @throws IllegalStateException if it does not within 120 seconds; the message has its state
     */
    public void awaitRunning(String name, int tasks) {
        awaitStatus(name, status -> {
            List<String> states = states(status);
            return states.size() == tasks + 1 && states.stream().allMatch("RUNNING"::equals);
        });
    }

    /**
     * Waits until a task of a connector has failed.
     *
     * @param name its name
     * @return its state, as the worker tells it, with the trace
     */
    public String awaitFailed(String name) {
        return awaitStatus(name, status -> states(status).contains("FAILED"));
    }

    private String awaitStatus(String name, Predicate<String> condition) {
        long until = System.nanoTime() + PATIENCE.toNanos();
        String status = "";
        while (System.nanoTime() - until < 0) {
            HttpResponse<String> answer = request("GET", "/connectors/" + name + "/status", null);
            status = answer.body();
            if (answer.statusCode() != NOT_FOUND && condition.test(status)) {
                return status;
            }
            pause();
        }
        throw new IllegalStateException("'" + name + "' is still " + status);
    }

    private static List<String> states(String status) {
        List<String> states = new ArrayList<>();
        Matcher matcher = STATE.matcher(status);
        while (matcher.find()) {
            states.add(matcher.group(1));
        }
        return states;
    }

    /**
     * Says which worker runs a task.
     *
     * @param name the name of its connector
     * @param task its number
     * @return the number of the worker; -1 if none does
     */
    public int workerOf(String name, int task) {
        Matcher matcher = TASK.matcher(
                request("GET", "/connectors/" + name + "/status", null).body());
        while (matcher.find()) {
            if (Integer.parseInt(matcher.group(1)) == task) {
                int port = Integer.parseInt(matcher.group(2));
                for (int i = 0; i < ports.length; i++) {
                    if (ports[i] == port) {
                        return i;
                    }
                }
            }
        }
        return -1;
    }

    /**
     * Asks a worker that runs, and again while the workers are agreeing on who does what.
     *
     * @param method the HTTP method
     * @param path the path, such as {@code /connectors}
     * @param body the body, as JSON; null for none
     * @return the answer
     * @throws IllegalStateException if none answers within 120 seconds
     */
    public HttpResponse<String> request(String method, String path, @Nullable String body) {
        long until = System.nanoTime() + PATIENCE.toNanos();
        Object last = "no worker is running";
        while (System.nanoTime() - until < 0) {
            for (int worker = 0; worker < ports.length; worker++) {
                if (isRunning(worker)) {
                    try {
                        HttpResponse<String> answer = send(worker, method, path, body);
                        if (answer.statusCode() != CONFLICT && answer.statusCode() < 500) {
                            return answer;
                        }
                        last = answer.body();
                    } catch (UncheckedIOException e) {
                        last = e;
                    }
                }
            }
            pause();
        }
        throw new IllegalStateException(method + " " + path + ": " + last);
    }

    private HttpResponse<String> send(int worker, String method, String path, @Nullable String body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + ports[worker] + path))
                .timeout(REQUEST)
                .header("Content-Type", "application/json")
                .method(
                        method,
                        body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        try {
            return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while asking a worker", e);
        }
    }

    private static String json(Map<String, String> config) {
        return config.entrySet().stream()
                .map(entry -> quoted(entry.getKey()) + ":" + quoted(entry.getValue()))
                .collect(Collectors.joining(",", "{", "}"));
    }

    private static String quoted(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + "\"";
    }

    private static void pause() {
        try {
            Thread.sleep(LOOK_AGAIN.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while waiting for a worker", e);
        }
    }

    /** Kills the workers and deletes their files; does nothing when called again. */
    @Override
    public synchronized void close() {
        try {
            for (int worker = 0; worker < workers.length; worker++) {
                if (workers[worker] != null) {
                    kill(worker);
                }
            }
        } finally {
            directory.close();
        }
    }

    /**
     * Collects what differs from the defaults.
     *
     * <p>Not thread-safe.
     */
    public static final class Builder {
        private final Map<String, String> properties = new LinkedHashMap<>();
        private int workers = 1;

        private Builder(KafkaBroker kafka, Path plugins) {
            properties.put("bootstrap.servers", kafka.bootstrapServers());
            properties.put("plugin.path", plugins.toAbsolutePath().toString());
            properties.put("plugin.discovery", "service_load");
            properties.put("group.id", "connect");
            properties.put("key.converter", "org.apache.kafka.connect.storage.StringConverter");
            properties.put("value.converter", "org.apache.kafka.connect.converters.ByteArrayConverter");
            properties.put("exactly.once.source.support", "enabled");
            properties.put("offset.flush.interval.ms", "1000");
            properties.put("scheduled.rebalance.max.delay.ms", "0");
            properties.put("session.timeout.ms", "6000");
            properties.put("heartbeat.interval.ms", "1000");
            for (String storage : List.of("config", "offset", "status")) {
                properties.put(storage + ".storage.topic", "connect-" + storage);
                properties.put(storage + ".storage.replication.factor", "1");
            }
        }

        /**
         * Sets how many workers there are. Default: 1.
         *
         * @param count from 1 to 3
         * @return this
         * @throws IllegalArgumentException if out of range
         */
        public Builder workers(int count) {
            if (count < 1 || count > 3) {
                throw new IllegalArgumentException("workers: " + count + " must be from 1 to 3");
            }
            workers = count;
            return this;
        }

        /**
         * Sets a property of the workers.
         *
         * @param name its name
         * @param value its value
         * @return this
         */
        public Builder property(String name, String value) {
            properties.put(Objects.requireNonNull(name, "name"), Objects.requireNonNull(value, "value"));
            return this;
        }

        /**
         * Starts the workers, and returns when they answer.
         *
         * @return the workers
         * @throws IllegalStateException if one does not start; the message has the end of its output
         */
        public EmbeddedConnect start() {
            EmbeddedConnect connect = new EmbeddedConnect(this);
            boolean started = false;
            try {
                for (int worker = 0; worker < workers; worker++) {
                    connect.launch(worker);
                }
                for (int worker = 0; worker < workers; worker++) {
                    connect.awaitAnswer(worker);
                }
                started = true;
                return connect;
            } finally {
                if (!started) {
                    connect.close();
                }
            }
        }
    }
}
