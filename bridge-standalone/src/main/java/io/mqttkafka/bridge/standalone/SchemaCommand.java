package io.mqttkafka.bridge.standalone;

import io.mqttkafka.bridge.standalone.config.BridgeFile;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Prints the JSON Schema of the file. */
@Command(
        name = "schema",
        mixinStandardHelpOptions = true,
        description = "Prints the JSON Schema of the file, for completion in editors.")
final class SchemaCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() {
        new Console(spec.commandLine().getOut(), spec.commandLine().getErr()).print(Json.pretty(BridgeFile.schema()));
        return ExitCodes.STOPPED;
    }
}
