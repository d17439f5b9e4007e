package io.mqttkafka.bridge.testkit.faults;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
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

/** A bridge in a JVM of its own, which a test can kill. Its output stays in target/faults. */
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
    private int starts;

    private BridgeProcess(Setup setup, String heap) throws IOException {
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Xmx" + heap);
        command.add("-XX:+UseSerialGC");
        // a process that lives for seconds only starts faster so
        command.add("-XX:TieredStopAtLevel=1");
        command.add("-Xshare:auto");
        command.add(BridgeProcessMain.class.getName());
        command.addAll(setup.args());
        log = Files.createDirectories(Path.of("target", "faults"))
                .resolve(setup.clientId() + ".log")
                .toAbsolutePath();
        Files.deleteIfExists(log);
    }

    /** Starts a bridge with this heap, such as {@code 128m}, and does not wait for it. */
    static BridgeProcess start(Setup setup, String heap) throws IOException {
        BridgeProcess bridge = new BridgeProcess(setup, heap);
        bridge.start();
        return bridge;
    }

    /** Starts it, after a kill, once more. */
    void start() throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        process = builder.start();
        STARTED.add(process);
        starts++;
    }

    /** Waits until the bridge of the newest start takes messages. */
    BridgeProcess awaitRunning() {
        await().alias("bridge starts")
                .atMost(Duration.ofSeconds(PATIENCE_SECONDS))
                .failFast("the bridge ended, see " + log, () -> !process.isAlive())
                .until(() -> log().split(BridgeProcessMain.RUNNING, -1).length > 1);
        return this;
    }

    int starts() {
        return starts;
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Ends it without giving it a chance to notice (SIGKILL). */
    void kill() {
        process.destroyForcibly();
        awaitExit();
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
