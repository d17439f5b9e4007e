package io.mqttkafka.bridge.standalone;

import io.mqttkafka.bridge.BridgeBuilder;
import io.mqttkafka.bridge.error.BridgeConfigException;
import io.mqttkafka.bridge.standalone.config.BridgeFile;
import io.mqttkafka.bridge.standalone.config.ConfigException;
import io.mqttkafka.bridge.standalone.config.HttpSettings;
import io.mqttkafka.bridge.standalone.config.Overrides;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The bridge that a command line describes, with or without a file. */
final class Definition {
    private static final Duration DRAIN_TIMEOUT = Duration.ofSeconds(10);

    private final StandaloneOptions options;
    private final Secrets secrets;
    private final @Nullable BridgeFile file;

    private Definition(StandaloneOptions options, Secrets secrets, @Nullable BridgeFile file) {
        this.options = options;
        this.secrets = secrets;
        this.file = file;
    }

    /**
     * Reads and checks, without a network.
     *
     * @param logLevel the level of the log unless the user says one; null for the usual one
     * @throws ConfigException if the file is wrong
     * @throws OptionException if an option of the command line is
     */
    static Definition of(StandaloneOptions options, @Nullable Path path, Program program, @Nullable String logLevel) {
        BridgeFile file = path == null ? null : BridgeFile.read(path, program.environment());
        Logging.configure(options.run, file, logLevel);
        Definition definition = new Definition(options, program.secrets(), file);
        if (file != null) {
            file.check(definition.overrides());
        } else {
            definition.buildOnce();
        }
        return definition;
    }

    private void buildOnce() {
        try {
            options.toBuilder(secrets, null).build().close(Duration.ZERO);
        } catch (BridgeConfigException | IllegalArgumentException e) {
            throw new OptionException(translate(e.getMessage()));
        }
    }

    BridgeBuilder builder() {
        return builder(null);
    }

    /** Returns a builder of a bridge whose Kafka clients report to the metrics, if there are any. */
    BridgeBuilder builder(@Nullable Metrics metrics) {
        return file == null ? options.toBuilder(secrets, metrics) : file.builder(options.beside(secrets, metrics));
    }

    Overrides overrides() {
        return options.beside(secrets, null);
    }

    @Nullable
    BridgeFile file() {
        return file;
    }

    /** Says what the bridge says of its options, in the words that the user has written. */
    String translate(@Nullable String message) {
        if (file != null) {
            return file.translate(message);
        }
        // Routes of the two directions have options of their own for the same thing.
        boolean publishing = message != null
                && options.publishing().stream().anyMatch(name -> message.startsWith("route '" + name + "':"));
        return publishing ? OptionNames.translateOfPublishing(message) : OptionNames.translate(message);
    }

    /** Does the same for what stopped a route. */
    String translate(@Nullable String message, String route) {
        return file == null && options.publishing().contains(route)
                ? OptionNames.translateOfPublishing(message)
                : translate(message);
    }

    /** The option that puts a message of the route aside, or null if the route has it. */
    @Nullable
    String deadLetterOption(String route) {
        if (options.hasDeadLetter(route) || (file != null && file.hasDeadLetter(route))) {
            return null;
        }
        if (options.publishing().contains(route)) {
            return "--publish-dead-letter";
        }
        return file == null ? "--dead-letter" : "on-failure: {dead-letter: ..}";
    }

    /** The port for people and tools, or null if nobody asks for it. */
    @Nullable
    HttpSettings http() {
        return options.run.http(file == null ? null : file.http());
    }

    Duration drainTimeout() {
        Duration given = options.run.drainTimeout;
        if (given == null && file != null) {
            given = file.drainTimeout();
        }
        return given == null ? DRAIN_TIMEOUT : given;
    }

    /** The option that says how long. */
    String drainOption() {
        return file == null || options.run.drainTimeout != null ? "--drain-timeout" : "drain-timeout";
    }

    @Nullable
    Duration statusInterval() {
        return options.run.statusInterval;
    }
}
