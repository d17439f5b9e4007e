package io.mqttkafka.bridge.examples;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.BridgeHealth;
import io.mqttkafka.bridge.BridgeHealth.ConnectionHealth;
import io.mqttkafka.bridge.BridgeHealth.RouteCounts;
import io.mqttkafka.bridge.BridgeHealth.RouteHealth;
import io.mqttkafka.bridge.BridgeState;
import io.mqttkafka.bridge.error.BridgeConfigException;
import io.mqttkafka.bridge.error.BridgeException;
import io.mqttkafka.bridge.error.BridgeFailedException;
import io.mqttkafka.bridge.error.BridgeStartException;
import io.mqttkafka.bridge.event.BridgeListener;
import io.mqttkafka.bridge.event.Degraded;
import io.mqttkafka.bridge.event.Recovered;
import io.mqttkafka.bridge.event.RouteStopped;
import io.mqttkafka.bridge.event.StateChanged;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.logging.LogManager;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A bridge between MQTT and Kafka as a program of its own. {@code --help} says what it takes. */
@Command(
        name = "standalone-bridge",
        mixinStandardHelpOptions = true,
        versionProvider = StandaloneBridge.Version.class,
        sortOptions = false,
        usageHelpWidth = 110,
        abbreviateSynopsis = true,
        description = {
            "Takes messages from MQTT 5 to Kafka, and from Kafka to MQTT 5. A message of QoS 1 or 2 is acknowledged only after"
                    + " Kafka has confirmed it; the offset of a record is committed only after the MQTT broker has taken it over.",
            "SIGTERM and Ctrl-C let messages in flight finish and leave the MQTT session in place, so that the broker queues"
                    + " until the next start. The same signal again ends the process at once."
        },
        footerHeading = "%nExample:%n",
        footer = {
            "  standalone-bridge --mqtt tcp://broker:1883 --client-id edge-1 --kafka kafka:9092 \\",
            "      --from-mqtt 'sensors/{site}/{device}/temp' --to-kafka 'telemetry.{site}' --key '{device}' \\",
            "      --from-mqtt 'alarms/#' --to-kafka alarms --qos 2 --dead-letter alarms.dead \\",
            "      --from-kafka commands --to-mqtt 'devices/{key}/cmd' --group edge-commands",
            "",
            "TIME is for example 30s, 5m, 1h30m, 7d, or 30, which is seconds."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:Stopped on request; every message taken was confirmed on the other side and acknowledged.",
            "1:An error in the program itself.",
            "2:Wrong usage; nothing was started.",
            "3:Could not start: a broker was not reached or refused.",
            "4:A route stopped because of a failure; its message was not acknowledged and is delivered again. Also: a start"
                    + " in the background was refused.",
            "5:Stopped on request with messages still in flight; they are delivered again."
        })
public final class StandaloneBridge implements Callable<Integer> {
    private static final int STOPPED = 0;
    private static final int BROKEN = 1;
    private static final int USAGE = 2;
    private static final int NOT_STARTED = 3;
    private static final int ROUTE_STOPPED = 4;
    private static final int NOT_DRAINED = 5;

    private final Secrets secrets;
    private volatile boolean stopRequested;
    private volatile @Nullable String failure;
    private volatile @Nullable Bridge bridge;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private StandaloneOptions options = new StandaloneOptions();

    StandaloneBridge(Function<String, @Nullable String> environment) {
        secrets = new Secrets(environment);
    }

    /**
     * Runs a bridge until it is stopped.
     *
     * @param args the options
     */
    public static void main(String[] args) {
        // The MQTT client logs there; what matters of it the bridge says itself.
        LogManager.getLogManager().reset();
        StandaloneBridge program = new StandaloneBridge(System::getenv);
        CommandLine commandLine = program.commandLine();
        StopSignals.handle(program::requestStop, NOT_DRAINED);
        System.exit(commandLine.execute(args));
    }

    /** Returns the parser of the options, which runs the bridge and turns every failure into one line and an exit code. */
    CommandLine commandLine() {
        return new CommandLine(this)
                .setExpandAtFiles(false)
                .setParameterExceptionHandler((e, args) -> {
                    complain(UsageErrors.describe(e, args) + "; see --help");
                    return USAGE;
                })
                .setExecutionExceptionHandler((e, commandLine, parsed) -> {
                    complain("this should not happen, please report it: " + e);
                    return BROKEN;
                });
    }

    /** Asks the bridge to stop; {@link #call()} returns when it has. */
    void requestStop() {
        say("stopping: waits for messages in flight; the same signal again ends the process at once");
        stopRequested = true;
        Bridge running = bridge;
        if (running != null) {
            running.close(options.run.drainTimeout);
        }
    }

    @Override
    public Integer call() throws InterruptedException {
        Bridge bridge = build();
        this.bridge = bridge;
        try {
            if (!stopRequested) {
                say("starting");
                bridge.start();
                bridge.guarantees()
                        .forEach(route -> say(route.route() + ": " + route.guarantee() + ", " + route.reason()));
                tellHowItStands(bridge.health());
                awaitEnd(bridge);
            }
        } catch (BridgeFailedException e) {
            fail(translate(e.getMessage()));
        } catch (BridgeException e) {
            if (!stopRequested) {
                complain("could not start: " + translate(e.getMessage()));
                return NOT_STARTED;
            }
        }
        return stop(bridge);
    }

    private void tellHowItStands(BridgeHealth health) {
        if (health.healthy()) {
            say("running; SIGTERM or Ctrl-C stops it in order");
            return;
        }
        say("goes on starting in the background; SIGTERM or Ctrl-C stops it in order");
        health.degradations().forEach(one -> say("waits for " + one.what() + ": " + translate(one.cause())));
    }

    private Bridge build() {
        try {
            return options.toBuilder(secrets).listener(new Changes()).build();
        } catch (OptionException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()));
        } catch (BridgeConfigException | IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), translate(e.getMessage()));
        }
    }

    // Routes of the two directions have options of their own for the same thing.
    private String translate(@Nullable String message) {
        boolean publishing = message != null
                && options.publishing().stream().anyMatch(name -> message.startsWith("route '" + name + "':"));
        return publishing ? OptionNames.translateOfPublishing(message) : OptionNames.translate(message);
    }

    private void awaitEnd(Bridge bridge) throws InterruptedException {
        Duration interval = options.run.statusInterval;
        if (interval == null) {
            bridge.awaitClosed();
            return;
        }
        while (!bridge.awaitClosed(interval)) {
            say(counts(bridge.health()));
        }
    }

    private int stop(Bridge bridge) {
        bridge.close(options.run.drainTimeout);
        BridgeHealth health = bridge.health();
        say("stopped: " + counts(health));
        if (failure != null) {
            complain(failure);
            return ROUTE_STOPPED;
        }
        int left = unacknowledged(health);
        if (left > 0) {
            complain("--drain-timeout: was over, or the connection to the MQTT broker was lost, before every"
                    + " message was acknowledged (" + left
                    + " left); MQTT broker or Kafka delivers the rest again at the next start");
            return NOT_DRAINED;
        }
        return STOPPED;
    }

    // Counts only: a status line can end up anywhere, and topics can tell as much as payloads.
    private static String counts(BridgeHealth health) {
        RouteCounts sum = health.routes().stream()
                .map(RouteHealth::total)
                .reduce(RouteCounts::plus)
                .orElseThrow();
        return "state=%s received=%d delivered=%d acknowledged=%d dead-lettered=%d filtered=%d shed=%d expired=%d unheard=%d looped=%d retries=%d"
                        .formatted(
                                health.state(),
                                sum.received(),
                                sum.delivered(),
                                sum.acknowledged(),
                                sum.deadLettered(),
                                sum.filtered(),
                                sum.shed(),
                                sum.expired(),
                                sum.unheard(),
                                sum.looped(),
                                sum.retries())
                + " unacknowledged=" + unacknowledged(health) + " connects="
                + health.connections().stream()
                        .mapToLong(ConnectionHealth::connects)
                        .sum();
    }

    private static int unacknowledged(BridgeHealth health) {
        return health.connections().stream()
                .mapToInt(ConnectionHealth::unacknowledged)
                .sum();
    }

    private void say(String line) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(Instant.now().truncatedTo(ChronoUnit.SECONDS) + " " + line);
        out.flush();
    }

    private void complain(@Nullable String line) {
        PrintWriter err = spec.commandLine().getErr();
        err.println("standalone-bridge: " + line);
        err.flush();
    }

    private void fail(String reason) {
        if (failure == null) {
            failure = reason;
        }
    }

    /** Ends the program when a route does: better restarted or mended than half alive. Says when a broker goes and comes. */
    private final class Changes implements BridgeListener {
        @Override
        public void onRouteStopped(RouteStopped event) {
            fail(whyStopped(event));
            Bridge running = bridge;
            if (running != null) {
                // A bridge must not be closed by its own listener, for which it waits.
                Thread closer = new Thread(() -> running.close(options.run.drainTimeout), "standalone-stop");
                closer.setDaemon(true);
                closer.start();
            }
        }

        @Override
        public void onStateChanged(StateChanged event) {
            if (event.from() == BridgeState.DEGRADED && event.to() == BridgeState.RUNNING) {
                say("running");
            }
        }

        @Override
        public void onDegraded(Degraded event) {
            say("degraded: " + event.what() + ": " + translate(event.cause()));
        }

        @Override
        public void onRecovered(Recovered event) {
            say("recovered after " + event.after().toSeconds() + " s: " + event.what());
        }
    }

    /** A message that no route matches, or a broken rule of MQTT, is none of the routes' fault. */
    private String whyStopped(RouteStopped event) {
        boolean publishing = options.publishing().contains(event.route());
        String message = event.cause().getMessage();
        String reason = publishing ? OptionNames.translateOfPublishing(message) : OptionNames.translate(message);
        if (message != null && message.startsWith("mqtt.")) {
            return "stopped: " + reason;
        }
        boolean atMessage = event.origin() != null && !(event.cause() instanceof BridgeStartException);
        return "route '" + event.route() + "' has stopped: " + reason
                + (atMessage && !options.hasDeadLetter(event.route())
                        ? "; " + (publishing ? "--publish-dead-letter" : "--dead-letter")
                                + " puts such a message aside instead"
                        : "");
    }

    /** The version of the jar. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = StandaloneBridge.class.getPackage().getImplementationVersion();
            return new String[] {"${COMMAND-NAME} " + (version == null ? "(not from a jar)" : version)};
        }
    }
}
