package io.mqttkafka.bridge.standalone;

import io.mqttkafka.bridge.standalone.config.BridgeFile;
import java.util.Objects;
import picocli.CommandLine.Command;

/** Prints a file as a program in Java. */
@Command(
        name = "export-java",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        usageHelpWidth = 110,
        abbreviateSynopsis = true,
        description =
                "Prints the file as a program in Java, for when it needs code. It asks for variables and files itself;"
                        + " no secret is in it.")
final class ExportJavaCommand extends FileCommand {
    ExportJavaCommand(Program program) {
        super(program);
    }

    @Override
    String logLevel() {
        return "error";
    }

    @Override
    int execute(Definition definition) {
        BridgeFile file = Objects.requireNonNull(definition.file());
        console().print(file.exportJava().stripTrailing());
        return ExitCodes.STOPPED;
    }
}
