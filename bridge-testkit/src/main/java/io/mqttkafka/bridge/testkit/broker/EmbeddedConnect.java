package io.mqttkafka.bridge.testkit.broker;

import com.fasterxml.jackson.databind.JsonNode;
import io.mqttkafka.bridge.testkit.net.Polling;
import io.mqttkafka.bridge.testkit.net.Ports;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.apache.kafka.common.utils.Exit;
import org.jspecify.annotations.Nullable;

/**
 * Distributed workers of Kafka Connect, in this JVM or as processes that a test can kill, with plugins that are loaded as in
 * production: from a folder or an archive, by {@code plugin.path}, each by a class loader of its own.
 *
 * <pre>{@code
 * try (EmbeddedKafka kafka = EmbeddedKafka.start();
 *         EmbeddedConnect connect = EmbeddedConnect.builder(kafka)
 *                 .plugin(Path.of("target/my-plugin.zip"))
 *                 .start()) {
 *     connect.configure("my-source", Map.of("connector.class", "..", "tasks.max", "1"));
 *     connect.awaitRunning("my-source", 1);
 * }
 * }</pre>
 *
 * <p>It needs {@code org.apache.kafka:connect-runtime}, which the testkit does not bring along, in the version of the other
 * Kafka jars, and a real Kafka: {@link EmbeddedKafka}, for example. A worker in this JVM starts in two to four seconds. While
 * one runs, Kafka's own request to end the JVM throws instead.
 *
 * <p>What differs from a worker's defaults: keys are converted by {@code StringConverter} and values by {@code
 * ByteArrayConverter}, offsets are flushed every second, a lost worker, or the consumer of a sink, is missed after 6 seconds and replaced without delay,
 * plugins are found by {@code service_load}, and the three topics of the workers have one partition. {@link Builder#property}
 * changes any of it.
 *
 * <p>Methods that wait do so for at most a minute. Thread-safe.
 */
public final class EmbeddedConnect implements AutoCloseable {

    private static final int MOST_WORKERS = 3;
    private static final int OK = 200;
    private static final int REFUSED = 400;

    /**
     * What a worker has answered.
     *
     * @param status the HTTP status
     * @param body the JSON; empty if there is none
     */
    public record Answer(int status, String body) {}

    private final TempDirectory directory;
    private final List<ConnectWorker> workers;

    private EmbeddedConnect(TempDirectory directory, List<ConnectWorker> workers) {
        this.directory = directory;
        this.workers = workers;
    }

    /**
     * Returns a builder of workers that keep their configurations and offsets in a Kafka.
     *
     * @param kafka a real Kafka that runs
     */
    public static Builder builder(KafkaBroker kafka) {
        return builder(kafka.bootstrapServers());
    }

    /**
     * Returns a builder of workers that keep their configurations and offsets in a Kafka, which may be behind a proxy.
     *
     * @param bootstrapServers its address
     */
    public static Builder builder(String bootstrapServers) {
        return new Builder(bootstrapServers);
    }

    /** Returns the workers, in the order of their making; running or not. */
    public List<ConnectWorker> workers() {
        return workers;
    }

    /**
     * Returns a worker.
     *
     * @param index its number, from 0 on
     */
    public ConnectWorker worker(int index) {
        return workers.get(index);
    }

    /**
     * Asks the workers, again while they are busy with a rebalance, and returns what they have answered, an error too.
     *
     * @param method the HTTP method
     * @param path the path and query, from the first slash on
     * @param body the JSON; null for none
     * @throws IllegalStateException if none has answered within a minute
     */
    public Answer request(String method, String path, @Nullable String body) {
        return ConnectRest.request(
                () -> workers.stream()
                        .filter(ConnectWorker::isRunning)
                        .map(ConnectWorker::url)
                        .toList(),
                method,
                path,
                body);
    }

    /**
     * Registers a connector by the JSON that one posts to {@code /connectors}.
     *
     * @param json an object with {@code name} and {@code config}
     * @throws IllegalStateException if it is refused; the message has the answer
     */
    public void register(String json) {
        done("POST", "/connectors", json);
    }

    /**
     * Registers a connector, or changes its configuration.
     *
     * @param connector its name
     * @param config its configuration
     * @throws IllegalStateException if it is refused; the message has the answer
     */
    public void configure(String connector, Map<String, String> config) {
        done("PUT", path(connector) + "/config", ConnectRest.json(config));
    }

    /**
     * Returns what is wrong with a configuration, in the words of the plugin.
     *
     * @param connectorClass the class of the connector, by its full or simple name
     * @param config the configuration, with {@code connector.class} and {@code name}
     * @return the errors by option; options without one are left out
     */
    public Map<String, List<String>> validate(String connectorClass, Map<String, String> config) {
        String body = done("PUT", "/connector-plugins/" + connectorClass + "/config/validate", ConnectRest.json(config))
                .body();
        Map<String, List<String>> errors = new LinkedHashMap<>();
        for (JsonNode option : ConnectRest.parse(body).path("configs")) {
            JsonNode value = option.path("value");
            List<String> found = new ArrayList<>();
            value.path("errors").forEach(error -> found.add(error.asText()));
            if (!found.isEmpty()) {
                errors.put(value.path("name").asText(), List.copyOf(found));
            }
        }
        return errors;
    }

    /**
     * Deletes a connector.
     *
     * @param connector its name
     * @throws IllegalStateException if there is none of that name
     */
    public void delete(String connector) {
        done("DELETE", path(connector), null);
    }

    /**
     * Pauses a connector and waits until its tasks are paused.
     *
     * @param connector its name
     */
    public void pause(String connector) {
        done("PUT", path(connector) + "/pause", null);
        awaitStatus(connector, "paused", status -> isEverywhere(status, "PAUSED"));
    }

    /**
     * Resumes a connector that was paused or stopped. See {@link #awaitRunning}.
     *
     * @param connector its name
     */
    public void resume(String connector) {
        done("PUT", path(connector) + "/resume", null);
    }

    /**
     * Stops a connector, which has no tasks then, and waits until it is.
     *
     * @param connector its name
     */
    public void stop(String connector) {
        done("PUT", path(connector) + "/stop", null);
        awaitStatus(
                connector,
                "stopped",
                status -> status.state().equals("STOPPED") && status.tasks().isEmpty());
    }

    /**
     * Restarts a connector and its tasks. See {@link #awaitRunning}.
     *
     * @param connector its name
     */
    public void restart(String connector) {
        done("POST", path(connector) + "/restart?includeTasks=true", null);
    }

    /**
     * Returns how a connector is; null if there is none, or its workers do not know yet.
     *
     * @param connector its name
     */
    public @Nullable ConnectStatus status(String connector) {
        Answer answer = request("GET", path(connector) + "/status", null);
        return answer.status() == OK ? ConnectRest.status(answer.body()) : null;
    }

    /**
     * Waits until a connector and its tasks run.
     *
     * @param connector its name
     * @param tasks how many tasks
     * @throws IllegalStateException if they do not within a minute, or one has failed; the message has the traces
     */
    public void awaitRunning(String connector, int tasks) {
        ConnectStatus status = awaitStatus(
                connector,
                "running with " + tasks + " tasks, or failed",
                one -> one.isRunning(tasks)
                        || one.state().equals("FAILED")
                        || one.tasks().stream().anyMatch(task -> task.state().equals("FAILED")));
        if (!status.isRunning(tasks)) {
            throw new IllegalStateException("Connector '" + connector + "' has failed: " + status);
        }
    }

    /**
     * Waits until a task has failed.
     *
     * @param connector the name of its connector
     * @param task its number
     * @return why, with the stack trace
     * @throws IllegalStateException if it has not within a minute
     */
    public String awaitFailed(String connector, int task) {
        return awaitStatus(connector, "failed at task " + task, one -> failed(one, task)).tasks().stream()
                .filter(one -> one.id() == task)
                .findFirst()
                .orElseThrow()
                .trace();
    }

    private static boolean failed(ConnectStatus status, int task) {
        return status.tasks().stream()
                .anyMatch(one -> one.id() == task && one.state().equals("FAILED"));
    }

    /**
     * Waits until a task has a worker, and returns it.
     *
     * @param connector the name of its connector
     * @param task its number
     * @throws IllegalStateException if it has none within a minute
     */
    public ConnectWorker workerOf(String connector, int task) {
        AtomicReference<@Nullable ConnectWorker> found = new AtomicReference<>();
        awaitStatus(connector, "at work with task " + task, status -> {
            status.tasks().stream()
                    .filter(one -> one.id() == task && one.state().equals("RUNNING"))
                    .flatMap(one -> workers.stream()
                            .filter(worker -> worker.isRunning() && worker.url().endsWith("/" + one.worker())))
                    .findFirst()
                    .ifPresent(found::set);
            return found.get() != null;
        });
        return Objects.requireNonNull(found.get());
    }

    /**
     * Waits for a status of a connector.
     *
     * @param connector its name
     * @param what what is waited for, for the error
     * @param condition says whether it has come
     * @return the status that meets the condition
     * @throws IllegalStateException if none does within a minute; the message has the last
     */
    public ConnectStatus awaitStatus(String connector, String what, Predicate<ConnectStatus> condition) {
        AtomicReference<@Nullable ConnectStatus> last = new AtomicReference<>();
        boolean came = Polling.until(ConnectRest.PATIENCE, () -> {
            ConnectStatus status = status(connector);
            last.set(status);
            return status != null && condition.test(status);
        });
        ConnectStatus status = last.get();
        if (!came || status == null) {
            throw new IllegalStateException("Waited for connector '" + connector + "' to be " + what + ", but it is "
                    + (status == null ? "unknown" : status));
        }
        return status;
    }

    /** Stops all workers and deletes their files; what they have in Kafka stays there. Does nothing when called again. */
    @Override
    public void close() {
        try {
            atOnce(workers.stream().filter(ConnectWorker::isRunning).toList(), ConnectWorker::stop);
        } finally {
            Exit.resetExitProcedure();
            directory.close();
        }
    }

    private Answer done(String method, String path, @Nullable String body) {
        Answer answer = request(method, path, body);
        if (answer.status() >= REFUSED) {
            throw new IllegalStateException(method + " " + path + ": " + answer.status() + " " + answer.body());
        }
        return answer;
    }

    private static String path(String connector) {
        return "/connectors/" + connector;
    }

    private static boolean isEverywhere(ConnectStatus status, String state) {
        return status.state().equals(state)
                && status.tasks().stream().allMatch(task -> task.state().equals(state));
    }

    private static void atOnce(List<ConnectWorker> workers, Consumer<ConnectWorker> work) {
        CompletableFuture<?>[] all = workers.stream()
                .map(worker -> CompletableFuture.runAsync(
                        () -> work.accept(worker), task -> new Thread(task, "connect-worker").start()))
                .toArray(CompletableFuture<?>[]::new);
        try {
            CompletableFuture.allOf(all).join();
        } catch (CompletionException e) {
            Throwable cause = e.getCause();
            throw new IllegalStateException(String.valueOf(cause == null ? e : cause.getMessage()), cause);
        }
    }

    /** Shows the workers. */
    @Override
    public String toString() {
        return "EmbeddedConnect" + workers;
    }

    /**
     * Collects what differs from the defaults.
     *
     * <p>Not thread-safe.
     */
    public static final class Builder {

        private final String bootstrapServers;
        private final List<Path> plugins = new ArrayList<>();
        private final List<String> jvmOptions = new ArrayList<>();
        private final Map<String, String> properties = new LinkedHashMap<>();
        private int workers = 1;
        private boolean processes;

        private Builder(String bootstrapServers) {
            this.bootstrapServers = bootstrapServers;
        }

        /**
         * How many workers there are. Default: 1; range: 1 to 3.
         *
         * @param workers the number
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder workers(int workers) {
            if (workers < 1 || workers > MOST_WORKERS) {
                throw new IllegalArgumentException("workers: " + workers + " must be from 1 to " + MOST_WORKERS);
            }
            this.workers = workers;
            return this;
        }

        /**
         * Makes each worker a process that can be killed and paused. Its class path is this JVM's, without what is a plugin
         * itself. Default: they run in this JVM.
         *
         * @param jvmOptions options of their JVMs, such as {@code -Xmx512m}
         */
        public Builder inProcesses(String... jvmOptions) {
            processes = true;
            this.jvmOptions.addAll(Arrays.asList(jvmOptions));
            return this;
        }

        /**
         * Adds a plugin. Default: none but those on the class path.
         *
         * @param plugin a folder with its jars, a .zip of such a folder, or one .jar
         */
        public Builder plugin(Path plugin) {
            plugins.add(plugin);
            return this;
        }

        /** Lets sources be exactly once ({@code exactly.once.source.support=enabled}). Default: they cannot. */
        public Builder exactlyOnce() {
            return property("exactly.once.source.support", "enabled");
        }

        /** Sets a property of the workers, which wins over the default of the same name. */
        public Builder property(String name, String value) {
            properties.put(name, value);
            return this;
        }

        /**
         * Starts the workers and returns when all of them answer.
         *
         * @throws IllegalArgumentException if a plugin is neither a folder, nor a .zip or .jar
         * @throws IllegalStateException if one does not start; the message has the end of its output
         */
        public EmbeddedConnect start() {
            TempDirectory directory = TempDirectory.create("connect-");
            List<ConnectWorker> made = new ArrayList<>();
            EmbeddedConnect connect = null;
            try {
                if (!plugins.isEmpty()) {
                    ConnectPlugins.install(plugins, directory.folder("plugins"));
                }
                for (int i = 0; i < workers; i++) {
                    int port = Ports.free();
                    Map<String, String> all = all(port, directory);
                    made.add(
                            processes
                                    ? new ProcessConnectWorker(port, all, directory, List.copyOf(jvmOptions))
                                    : new JvmConnectWorker(port, all));
                }
                connect = new EmbeddedConnect(directory, List.copyOf(made));
                atOnce(made, ConnectWorker::restart);
                return connect;
            } catch (RuntimeException | Error e) {
                if (connect == null) {
                    directory.close();
                } else {
                    connect.close();
                }
                throw e;
            }
        }

        private Map<String, String> all(int port, TempDirectory directory) {
            Map<String, String> all = new LinkedHashMap<>();
            all.put("bootstrap.servers", bootstrapServers);
            all.put("group.id", "embedded-connect");
            all.put("listeners", "http://" + Ports.LOOPBACK + ":" + port);
            all.put("key.converter", "org.apache.kafka.connect.storage.StringConverter");
            all.put("value.converter", "org.apache.kafka.connect.converters.ByteArrayConverter");
            for (String kept : List.of("config", "offset", "status")) {
                all.put(kept + ".storage.topic", "embedded-connect-" + kept);
                all.put(kept + ".storage.replication.factor", "1");
            }
            all.put("offset.storage.partitions", "1");
            all.put("status.storage.partitions", "1");
            all.put("offset.flush.interval.ms", "1000");
            all.put("session.timeout.ms", "6000");
            all.put("heartbeat.interval.ms", "500");
            all.put("consumer.session.timeout.ms", "6000");
            all.put("consumer.heartbeat.interval.ms", "500");
            all.put("scheduled.rebalance.max.delay.ms", "0");
            all.put("plugin.discovery", "service_load");
            if (!plugins.isEmpty()) {
                all.put("plugin.path", directory.folder("plugins").toString());
            }
            all.putAll(properties);
            return Map.copyOf(all);
        }
    }
}
