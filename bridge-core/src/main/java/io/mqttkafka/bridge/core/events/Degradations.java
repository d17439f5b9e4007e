package io.mqttkafka.bridge.core.events;

import io.mqttkafka.bridge.Degradation;
import io.mqttkafka.bridge.core.time.BridgeClock;
import io.mqttkafka.bridge.event.Degraded;
import io.mqttkafka.bridge.event.Recovered;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What is wrong with a bridge now, reason by reason. Who finds out begins and ends a reason, and logs it in words of its own;
 * here each change is told to the listeners, once. Thread-safe.
 */
public final class Degradations {
    private final BridgeEvents events;
    private final BridgeClock clock;
    private final Runnable changed;
    private final Map<String, Degradation> present = new LinkedHashMap<>();
    private boolean telling;

    /**
     * Makes it, with nothing wrong.
     *
     * @param events tells the listeners
     * @param clock says since when
     * @param changed is run after each change, by the thread that made it
     */
    public Degradations(BridgeEvents events, BridgeClock clock, Runnable changed) {
        this.events = events;
        this.clock = clock;
        this.changed = changed;
    }

    /** Names a connection. */
    public static String connection(String clientId) {
        return "MQTT " + clientId;
    }

    /** Names what is unacknowledged on a connection. */
    public static String messages(String clientId) {
        return "messages of " + clientId;
    }

    /** Names what a route from Kafka has not committed. */
    public static String offsets(String route) {
        return "offsets of " + route;
    }

    /** Names a route. */
    public static String route(String name) {
        return "route " + name;
    }

    /** Tells what there is, and from now on each change: the bridge has started. */
    public void tell() {
        synchronized (this) {
            telling = true;
            present.values().forEach(this::tell);
        }
        changed.run();
    }

    /** Tells no more: the bridge closes. */
    public synchronized void hush() {
        telling = false;
    }

    /**
     * Begins a reason, or brings its cause up to date.
     *
     * @param what what is concerned
     * @param cause what happened, in words
     */
    public void begin(String what, String cause) {
        synchronized (this) {
            Degradation before = present.get(what);
            if (before != null && before.cause().equals(cause)) {
                return;
            }
            Degradation now = new Degradation(what, before == null ? clock.instant() : before.since(), cause);
            present.put(what, now);
            if (before == null && telling) {
                tell(now);
            }
        }
        changed.run();
    }

    private void tell(Degradation one) {
        events.tellSurely(listener -> listener.onDegraded(new Degraded(one.what(), one.since(), one.cause())));
    }

    /**
     * Ends a reason, if there is one.
     *
     * @param what what is concerned
     */
    public void end(String what) {
        synchronized (this) {
            Degradation gone = present.remove(what);
            if (gone == null) {
                return;
            }
            if (telling) {
                Recovered event = new Recovered(what, Duration.between(gone.since(), clock.instant()));
                events.tellSurely(listener -> listener.onRecovered(event));
            }
        }
        changed.run();
    }

    /** Says whether nothing is wrong. */
    public synchronized boolean none() {
        return present.isEmpty();
    }

    /**
     * Returns the reasons.
     *
     * @return the reasons, the oldest first
     */
    public synchronized List<Degradation> list() {
        return List.copyOf(present.values());
    }
}
