package io.mqttkafka.bridge.standalone;

import picocli.CommandLine.Command;

/** Checks a file, without a network. */
@Command(
        name = "check",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        usageHelpWidth = 110,
        abbreviateSynopsis = true,
        description =
                "Checks a file, without a network. Everything that is wrong is said, with line and column; exit code 2.")
final class CheckCommand extends FileCommand {
    CheckCommand(Program program) {
        super(program);
    }

    @Override
    String logLevel() {
        return "error";
    }

    @Override
    int execute(Definition definition) {
        console().print(file() + ": is right");
        return ExitCodes.STOPPED;
    }
}
