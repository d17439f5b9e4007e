package io.mqttkafka.bridge.testkit.broker;

import io.mqttkafka.bridge.testkit.net.Sockets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.kafka.common.utils.Exit;
import org.apache.kafka.connect.cli.ConnectDistributed;
import org.apache.kafka.connect.runtime.Connect;
import org.jspecify.annotations.Nullable;

/** A worker in this JVM. */
final class JvmConnectWorker extends ConnectWorker {

    private @Nullable Connect<?> running;

    JvmConnectWorker(int port, Map<String, String> properties) {
        super(port, properties);
    }

    @Override
    public synchronized boolean isRunning() {
        return running != null;
    }

    @Override
    synchronized void launch() {
        QuietLogging.warningsOnly("org.apache.kafka", "org.eclipse.jetty", "org.glassfish.jersey");
        // Kafka ends the JVM when a worker fails.
        Exit.setExitProcedure((status, message) -> {
            throw new IllegalStateException("A worker of Kafka Connect ended with status " + status);
        });
        CompletableFuture<Connect<?>> started = new CompletableFuture<>();
        // It leaves its own class loader with the thread that starts it.
        Sockets.daemon("connect-start", () -> {
                    try {
                        started.complete(new ConnectDistributed().startConnect(properties()));
                    } catch (RuntimeException | Error e) {
                        started.completeExceptionally(e);
                    }
                })
                .start();
        try {
            running = started.join();
        } catch (CompletionException e) {
            throw new IllegalStateException("The worker of Kafka Connect did not start: " + e.getCause(), e);
        }
    }

    @Override
    public synchronized void stop() {
        Connect<?> ending = running;
        if (ending != null) {
            running = null;
            ending.stop();
            ending.awaitStop();
        }
    }

    @Override
    public void kill() {
        throw inThisJvm("killed");
    }

    @Override
    public void pause() {
        throw inThisJvm("paused");
    }

    @Override
    public void resume() {
        throw inThisJvm("resumed");
    }

    @Override
    boolean isAlive() {
        return isRunning();
    }

    @Override
    String output() {
        return "(see the log of this JVM)";
    }

    private static IllegalStateException inThisJvm(String what) {
        return new IllegalStateException("A worker in this JVM cannot be " + what + "; use Builder.inProcesses()");
    }
}
