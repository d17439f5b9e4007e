package io.mqttkafka.bridge.tests.faults;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** A bridge in a JVM of its own, which a test can kill, freeze and halt. Its output stays in target/faults. */
final class BridgeProcess implements AutoCloseable {

    private static final int PATIENCE_SECONDS = 120;
    private static final int TAIL_CHARACTERS = 6_000;
    private static final Set<Process> STARTED = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime()
                .addShutdownHook(new Thread(() -> STARTED.forEach(Process::destroyForcibly), "kill-bridges"));
    }

    private final List<String> command = new ArrayList<>();
    private final Path log;
    private Process process;
    private int earlierOutput;

    private BridgeProcess(String clientId, List<String> args, String heap) throws IOException {
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Xmx" + heap);
        command.add("-XX:+UseSerialGC");
        // a process that lives for seconds only starts faster so
        command.add("-XX:TieredStopAtLevel=1");
        command.add("-Xshare:auto");
        command.add(BridgeProcessMain.class.getName());
        command.addAll(args);
        log = Files.createDirectories(Path.of("target", "faults"))
                .resolve(clientId + ".log")
                .toAbsolutePath();
        Files.deleteIfExists(log);
    }

    /** Starts a bridge with this heap, such as {@code 128m}, and does not wait for it. */
    static BridgeProcess start(Setup setup, String heap) throws IOException {
        return start(setup, heap, null);
    }

    /** Starts a bridge with this heap that halts there, and does not wait for it. */
    static BridgeProcess start(Setup setup, String heap, Halt halt) throws IOException {
        BridgeProcess bridge = new BridgeProcess(setup.clientId(), setup.args(), heap);
        bridge.start(halt);
        return bridge;
    }

    /** Starts a bridge from Kafka to MQTT with this heap, and does not wait for it. */
    static BridgeProcess start(CommandSetup setup, String heap) throws IOException {
        BridgeProcess bridge = new BridgeProcess(setup.clientId(), setup.args(), heap);
        bridge.start(null);
        return bridge;
    }

    /** Starts it, after its end, once more. */
    void start() throws IOException {
        start(null);
    }

    /** Starts it, after its end, once more, to halt there; null if it is not to. */
    void start(Halt halt) throws IOException {
        earlierOutput = log().length();
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        process = builder.start();
        STARTED.add(process);
        write(halt == null ? "" : halt.line());
    }

    /** Makes it halt there, counted from now on. */
    void haltAt(Halt halt) throws IOException {
        write(halt.line());
        await().alias("bridge is armed")
                .atMost(Duration.ofSeconds(PATIENCE_SECONDS))
                .until(() -> !process.isAlive() || newLog().contains(BridgeProcessMain.ARMED + halt.line()));
    }

    private void write(String line) throws IOException {
        OutputStream input = process.getOutputStream();
        input.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
        input.flush();
    }

    /** Waits until it has ended by itself and returns its exit code. */
    int awaitEnd() {
        awaitExit();
        return process.exitValue();
    }

    /** Waits until the bridge of the newest start takes messages. */
    BridgeProcess awaitRunning() {
        await().alias("bridge starts")
                .atMost(Duration.ofSeconds(PATIENCE_SECONDS))
                .failFast("the bridge ended, see " + log, () -> !process.isAlive())
                .until(() -> newLog().contains(BridgeProcessMain.RUNNING));
        return this;
    }

    /** Lets it open no more files and sockets than have a number below this; those that it has stay open. */
    void limitDescriptors(int limit) throws IOException, InterruptedException {
        // The hard limit stays, so that it can be raised again.
        int code = new ProcessBuilder("prlimit", "--pid", Long.toString(process.pid()), "--nofile=" + limit + ":")
                .start()
                .waitFor();
        if (code != 0) {
            throw new IllegalStateException("prlimit failed with " + code);
        }
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Ends it without giving it a chance to notice (SIGKILL). */
    void kill() {
        process.destroyForcibly();
        awaitExit();
    }

    /** Freezes it (SIGSTOP): its connections stay open, and it does nothing. */
    void pause() throws IOException, InterruptedException {
        signal("STOP");
    }

    /** Lets it go on (SIGCONT). */
    void resume() throws IOException, InterruptedException {
        signal("CONT");
    }

    private void signal(String name) throws IOException, InterruptedException {
        int code = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .start()
                .waitFor();
        if (code != 0) {
            throw new IllegalStateException("kill -" + name + " failed with " + code);
        }
    }

    /** Asks it to end (SIGTERM) and waits until it has. */
    void terminate() {
        process.destroy();
        awaitExit();
    }

    /** Returns all that it printed, over all its starts. */
    String log() {
        try {
            return Files.exists(log) ? Files.readString(log, StandardCharsets.UTF_8) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String newLog() {
        return log().substring(earlierOutput);
    }

    String logTail() {
        String text = log();
        return text.substring(Math.max(0, text.length() - TAIL_CHARACTERS));
    }

    @Override
    public void close() {
        kill();
    }

    private void awaitExit() {
        try {
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException("The bridge did not end. Its output ends:\n" + logTail());
            }
            STARTED.remove(process);
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
