package io.mqttkafka.bridge.examples;

import java.io.PrintWriter;
import java.io.StringWriter;
import picocli.CommandLine;

/** What a program in this JVM answered to its arguments. */
record Run(int exitCode, String out, String err) {
    static Run quickstart(String... args) {
        return of(new Quickstart().commandLine(), args);
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
