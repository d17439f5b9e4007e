package io.mqttkafka.bridge.standalone;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.BridgeHealth;
import io.mqttkafka.bridge.BridgeHealth.ConnectionHealth;
import io.mqttkafka.bridge.BridgeHealth.RouteCounts;
import io.mqttkafka.bridge.BridgeHealth.RouteHealth;
import io.mqttkafka.bridge.BridgeState;
import io.mqttkafka.bridge.error.BridgeException;
import io.mqttkafka.bridge.error.BridgeFailedException;
import io.mqttkafka.bridge.error.BridgeStartException;
import io.mqttkafka.bridge.event.BridgeListener;
import io.mqttkafka.bridge.event.Degraded;
import io.mqttkafka.bridge.event.Recovered;
import io.mqttkafka.bridge.event.RouteStopped;
import io.mqttkafka.bridge.event.StateChanged;
import io.mqttkafka.bridge.standalone.config.HttpSettings;
import java.time.Duration;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/** One bridge from its start to its end, and what the program says meanwhile. */
final class BridgeRun {
    private final Definition definition;
    private final Program program;
    private final Console console;
    /** Why a route has stopped. */
    private volatile @Nullable String failure;

    /** Why the bridge has ended by itself. */
    private @Nullable String end;

    BridgeRun(Definition definition, Program program, Console console) {
        this.definition = definition;
        this.program = program;
        this.console = console;
    }

    /** Runs until the bridge is stopped, or has failed; returns the exit code. */
    int run() throws InterruptedException {
        HttpSettings http = definition.http();
        if (http == null) {
            return run(built(null));
        }
        try (Metrics metrics = new Metrics()) {
            Bridge bridge = built(metrics);
            metrics.of(bridge);
            StatusReport report = new StatusReport(bridge.guarantees(), definition::translate, InstantSource.system());
            try (Port port = Port.open(http, bridge, metrics, report)) {
                console.say("http://" + port.shownAddress() + "/ shows how it is");
                return run(bridge);
            } catch (PortException e) {
                bridge.close(Duration.ZERO);
                console.complain("could not start: " + e.getMessage());
                return ExitCodes.NOT_STARTED;
            }
        }
    }

    private Bridge built(@Nullable Metrics metrics) {
        Bridge bridge = definition.builder(metrics).listener(new Changes()).build();
        program.runs(bridge, definition.drainTimeout());
        return bridge;
    }

    private int run(Bridge bridge) throws InterruptedException {
        try {
            if (!program.stopRequested()) {
                console.say("starting");
                bridge.start();
                bridge.guarantees()
                        .forEach(route -> console.say(route.route() + ": " + route.guarantee() + ", "
                                + definition.translate(route.reason())));
                tellHowItStands(bridge.health());
                awaitEnd(bridge);
            }
        } catch (BridgeFailedException e) {
            // What the listener hears of the route says more, and may come later.
            end = definition.translate(e.getMessage());
        } catch (BridgeException e) {
            if (!program.stopRequested()) {
                console.complain("could not start: " + definition.translate(e.getMessage()));
                return ExitCodes.NOT_STARTED;
            }
        }
        return stop(bridge);
    }

    private void tellHowItStands(BridgeHealth health) {
        if (health.healthy()) {
            console.say("running; SIGTERM or Ctrl-C stops it in order");
            return;
        }
        console.say("goes on starting in the background; SIGTERM or Ctrl-C stops it in order");
        health.degradations()
                .forEach(one -> console.say("waits for " + one.what() + ": " + definition.translate(one.cause())));
    }

    private void awaitEnd(Bridge bridge) throws InterruptedException {
        Duration interval = definition.statusInterval();
        if (interval == null) {
            bridge.awaitClosed();
            return;
        }
        while (!bridge.awaitClosed(interval)) {
            console.say(counts(bridge.health()));
        }
    }

    private int stop(Bridge bridge) {
        bridge.close(definition.drainTimeout());
        BridgeHealth health = bridge.health();
        console.say("stopped: " + counts(health));
        String reason = failure == null ? end : failure;
        if (reason != null) {
            console.complain(reason);
            return ExitCodes.ROUTE_STOPPED;
        }
        int left = unacknowledged(health);
        if (left > 0) {
            console.complain(
                    definition.drainOption() + ": was over, or the connection to the MQTT broker was lost, before every"
                            + " message was acknowledged (" + left
                            + " left); MQTT broker or Kafka delivers the rest again at the next start");
            return ExitCodes.NOT_DRAINED;
        }
        return ExitCodes.STOPPED;
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
            // A bridge must not be closed by its own listener, for which it waits.
            Thread closer = new Thread(program::close, "standalone-stop");
            closer.setDaemon(true);
            closer.start();
        }

        @Override
        public void onStateChanged(StateChanged event) {
            if (event.from() == BridgeState.DEGRADED && event.to() == BridgeState.RUNNING) {
                console.say("running");
            }
        }

        @Override
        public void onDegraded(Degraded event) {
            console.say("degraded: " + event.what() + ": " + definition.translate(event.cause()));
        }

        @Override
        public void onRecovered(Recovered event) {
            console.say("recovered after " + event.after().toSeconds() + " s: " + event.what());
        }
    }

    /** A message that no route matches, or a broken rule of MQTT, is none of the routes' fault. */
    private String whyStopped(RouteStopped event) {
        String message = event.cause().getMessage();
        String reason = definition.translate(message, event.route());
        if (message != null && message.startsWith("mqtt.")) {
            return "stopped: " + reason;
        }
        boolean atMessage = event.origin() != null && !(event.cause() instanceof BridgeStartException);
        String deadLetter = atMessage ? definition.deadLetterOption(event.route()) : null;
        return "route '" + event.route() + "' has stopped: " + reason
                + (deadLetter == null ? "" : "; " + deadLetter + " puts such a message aside instead");
    }
}
