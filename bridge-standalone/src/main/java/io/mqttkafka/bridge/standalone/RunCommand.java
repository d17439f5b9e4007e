package io.mqttkafka.bridge.standalone;

import picocli.CommandLine.Command;

/** Runs the bridge of a file until it is stopped. */
@Command(
        name = "run",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        usageHelpWidth = 110,
        abbreviateSynopsis = true,
        description =
                "Runs the bridge of a file until it is stopped. Options of the command line count over the file's;"
                        + " routes of both run.")
final class RunCommand extends FileCommand {
    RunCommand(Program program) {
        super(program);
    }

    @Override
    int execute(Definition definition) throws InterruptedException {
        return new BridgeRun(definition, program(), console()).run();
    }
}
