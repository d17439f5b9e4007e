package io.mqttkafka.bridge.standalone;

import io.mqttkafka.bridge.standalone.config.BridgeFile;
import io.mqttkafka.bridge.standalone.config.Cases;
import io.mqttkafka.bridge.standalone.config.ConfigException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Runs cases against a file: messages in, records out, between brokers within this process. */
@Command(
        name = "test",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        usageHelpWidth = 110,
        abbreviateSynopsis = true,
        description =
                "Runs cases: messages in, what comes out. The brokers are within this process, so no network is needed and"
                        + " nothing is changed anywhere. Exit code 6 if a case fails.")
final class TestCommand extends FileCommand {
    @Parameters(index = "1..*", arity = "1..*", paramLabel = "CASES", description = "Files with cases, in YAML.")
    private List<Path> files = new ArrayList<>();

    TestCommand(Program program) {
        super(program);
    }

    @Override
    String logLevel() {
        return "error";
    }

    @Override
    int execute(Definition definition) throws InterruptedException {
        List<Cases.Case> cases = new ArrayList<>();
        try {
            for (Path one : files) {
                cases.addAll(Cases.read(one, program().environment()));
            }
        } catch (ConfigException e) {
            console().print(e.problems());
            return ExitCodes.USAGE;
        }
        BridgeFile file = Objects.requireNonNull(definition.file());
        int failed = 0;
        for (Cases.Case one : cases) {
            List<String> wrong = new CaseRun(file, definition).run(one);
            console().print((wrong.isEmpty() ? "ok      " : "FAILED  ") + one.name());
            wrong.forEach(line -> console().print("        " + line));
            failed += wrong.isEmpty() ? 0 : 1;
        }
        console().print(cases.size() + (cases.size() == 1 ? " case, " : " cases, ") + failed + " failed");
        return failed == 0 ? ExitCodes.STOPPED : ExitCodes.CASE_FAILED;
    }
}
