package io.mqttkafka.bridge.standalone;

import io.mqttkafka.bridge.error.BridgeConfigException;
import io.mqttkafka.bridge.standalone.config.ConfigException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A command about a bridge, which the command line and a file describe. */
abstract class BridgeCommand implements Callable<Integer> {
    private final Program program;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private StandaloneOptions options = new StandaloneOptions();

    BridgeCommand(Program program) {
        this.program = program;
    }

    /** The file, or null if there is none. */
    abstract @Nullable Path file();

    /** The level of the log unless the user says one, or null for the usual one. What a command prints is not the log. */
    @Nullable
    String logLevel() {
        return null;
    }

    /** Does what the command is for, and returns the exit code. */
    abstract int execute(Definition definition) throws InterruptedException;

    @Override
    public final Integer call() throws InterruptedException {
        Definition definition;
        try {
            definition = Definition.of(options, file(), program, logLevel());
        } catch (ConfigException e) {
            console().print(e.problems());
            return ExitCodes.USAGE;
        } catch (OptionException | BridgeConfigException | IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()));
        }
        return execute(definition);
    }

    final Program program() {
        return program;
    }

    final Console console() {
        return new Console(spec.commandLine().getOut(), spec.commandLine().getErr());
    }
}
