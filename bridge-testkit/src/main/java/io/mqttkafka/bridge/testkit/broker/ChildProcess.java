package io.mqttkafka.bridge.testkit.broker;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** A process this JVM started, can signal and does not leave behind. */
final class ChildProcess {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int TAIL_CHARACTERS = 4_000;
    private static final Set<Process> RUNNING = ConcurrentHashMap.newKeySet();

    static {
        // for tests that end without closing their broker
        Runtime.getRuntime()
                .addShutdownHook(new Thread(() -> RUNNING.forEach(Process::destroyForcibly), "kill-child-processes"));
    }

    private final Process process;
    private final Path output;

    private ChildProcess(Process process, Path output) {
        this.process = process;
        this.output = output;
    }

    /** Starts a command that adds all it prints to the given file. */
    static ChildProcess start(List<String> command, Map<String, String> environment, Path output) {
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()));
        builder.environment().putAll(environment);
        try {
            Process process = builder.start();
            RUNNING.add(process);
            return new ChildProcess(process, output);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot start " + command.get(0), e);
        }
    }

    boolean isAlive() {
        return process.isAlive();
    }

    long pid() {
        return process.pid();
    }

    /** Freezes the process (SIGSTOP); its sockets stay open and silent. */
    void pause() {
        signal("STOP");
    }

    /** Lets a frozen process go on (SIGCONT). */
    void resume() {
        signal("CONT");
    }

    /** Ends the process without giving it a chance to notice (SIGKILL). */
    void kill() {
        process.destroyForcibly();
        awaitExit();
    }

    /** Asks the process to end (SIGTERM) and waits until it has; kills it and fails if it does not. */
    void terminate() {
        if (!process.isAlive()) {
            RUNNING.remove(process);
            return;
        }
        // a frozen process would not see the request
        resume();
        process.destroy();
        awaitExit();
    }

    /** Returns the end of what the process printed, to be shown when something went wrong. */
    String outputTail() {
        try {
            String text = new String(Files.readAllBytes(output), StandardCharsets.UTF_8);
            return text.substring(Math.max(0, text.length() - TAIL_CHARACTERS));
        } catch (IOException e) {
            return "(no output: " + e + ")";
        }
    }

    /** Waits until the process has ended; kills it and fails if it takes too long. */
    void awaitExit() {
        try {
            if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException("Process " + pid() + " did not end within " + PATIENCE.toSeconds()
                        + " s and was killed. Its output ends:\n" + outputTail());
            }
            RUNNING.remove(process);
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while process " + pid() + " ended", e);
        }
    }

    private void signal(String name) {
        try {
            Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(pid())).start();
            if (kill.waitFor() != 0 && process.isAlive()) {
                throw new IllegalStateException("kill -" + name + " " + pid() + " failed");
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot run kill, which exists on Unix only", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while sending SIG" + name, e);
        }
    }
}
