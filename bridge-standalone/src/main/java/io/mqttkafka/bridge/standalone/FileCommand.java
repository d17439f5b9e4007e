package io.mqttkafka.bridge.standalone;

import java.nio.file.Path;
import picocli.CommandLine.Parameters;

/** A command about a file. */
abstract class FileCommand extends BridgeCommand {
    @Parameters(index = "0", paramLabel = "FILE", description = "The file that describes the bridge, in YAML.")
    private Path file = Path.of("");

    FileCommand(Program program) {
        super(program);
    }

    @Override
    final Path file() {
        return file;
    }
}
