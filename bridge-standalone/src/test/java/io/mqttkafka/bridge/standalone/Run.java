package io.mqttkafka.bridge.standalone;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;
import picocli.CommandLine;

/** What a program in this JVM answered to its arguments. */
record Run(int exitCode, String out, String err) {
    static Run standaloneBridge(Map<String, String> environment, String... args) {
        return of(new StandaloneBridge(environment::get).commandLine(), args);
    }

    static Run standaloneBridge(String... args) {
        return standaloneBridge(Map.of(), args);
    }

    private static Run of(CommandLine commandLine, String... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        commandLine.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        int exitCode = commandLine.execute(args);
        return new Run(exitCode, out.toString(), err.toString());
    }

    String output() {
        return out + err;
    }
}
