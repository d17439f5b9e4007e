package io.mqttkafka.bridge.benchmarks;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A JVM started by the benchmark, with its output in a file. */
final class ChildProcess implements AutoCloseable {
    private static final int STOP_SECONDS = 15;
    private static final int LOG_TAIL_LINES = 20;

    private final String name;
    private final Process process;
    private final Path log;

    private ChildProcess(String name, Process process, Path log) {
        this.name = name;
        this.process = process;
        this.log = log;
    }

    /** Starts a main class in a JVM of its own, on this program's class path. */
    static ChildProcess startJava(
            String name, String mainClass, List<String> jvmFlags, List<String> arguments, TemporaryDirectory directory)
            throws IOException {
        return startJava(name, System.getProperty("java.class.path"), mainClass, jvmFlags, arguments, directory);
    }

    /** Starts a main class in a JVM of its own, on another class path. */
    static ChildProcess startJava(
            String name,
            String classPath,
            String mainClass,
            List<String> jvmFlags,
            List<String> arguments,
            TemporaryDirectory directory)
            throws IOException {
        List<String> command = new ArrayList<>();
        command.add(String.join(File.separator, System.getProperty("java.home"), "bin", "java"));
        command.addAll(jvmFlags);
        command.addAll(List.of("-cp", classPath, mainClass));
        command.addAll(arguments);
        Path log = directory.resolve(name + ".log");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        return new ChildProcess(name, process, log);
    }

    /** @throws PeerFailedException if the program has ended */
    ProcessUsage usage() throws IOException, InterruptedException, PeerFailedException {
        try {
            return ProcessUsage.of(process.pid());
        } catch (IOException | IllegalStateException e) {
            // A process that has just ended is gone from /proc a little before it counts as dead here.
            process.waitFor(1, TimeUnit.SECONDS);
            requireAlive();
            throw e;
        }
    }

    /** @throws PeerFailedException if the program has ended */
    void requireAlive() throws PeerFailedException {
        if (!process.isAlive()) {
            throw new PeerFailedException(
                    name + " ended with exit code " + process.exitValue() + "; it said last:\n" + logTail());
        }
    }

    /** Ends the program by SIGTERM, or by SIGKILL if that is not enough. */
    @Override
    public void close() {
        process.destroy();
        boolean interrupted = false;
        try {
            if (process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                return;
            }
            System.err.println(name + " ignored SIGTERM for " + STOP_SECONDS + " s and is killed");
        } catch (InterruptedException e) {
            interrupted = true;
        }
        process.destroyForcibly();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    boolean isAlive() {
        return process.isAlive();
    }

    String logTail() {
        try {
            List<String> lines = Files.readAllLines(log, StandardCharsets.UTF_8);
            return String.join("\n", lines.subList(Math.max(0, lines.size() - LOG_TAIL_LINES), lines.size()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
