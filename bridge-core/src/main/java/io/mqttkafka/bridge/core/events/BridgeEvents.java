package io.mqttkafka.bridge.core.events;

import io.mqttkafka.bridge.core.routing.UntrustedText;
import io.mqttkafka.bridge.event.BridgeListener;
import io.mqttkafka.bridge.event.DeadLettered;
import io.mqttkafka.bridge.event.Looped;
import io.mqttkafka.bridge.event.Retry;
import io.mqttkafka.bridge.event.Shed;
import io.mqttkafka.bridge.event.Skipped;
import io.mqttkafka.bridge.event.Unheard;
import io.mqttkafka.bridge.event.Unrouted;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells listeners what happens, in order, on a thread of its own, so that no listener can hold a message up. Thread-safe.
 */
public final class BridgeEvents implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(BridgeEvents.class);
    private static final int MOST_WAITING = 1024;
    private static final int MOST_WAITING_SURELY = 16 * MOST_WAITING;

    /** How many bytes of messages the events that wait may keep alive: what code of the user throws can hold its payload. */
    private static final long MOST_BYTES = 8L * 1024 * 1024;

    private static final long RARELY_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final Duration LOG_INTERVAL = Duration.ofMinutes(1);

    private final List<BridgeListener> listeners;
    private final ScheduledThreadPoolExecutor teller;
    private final Duration logInterval;
    private final AtomicLong dropped = new AtomicLong();
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicLong waitingBytes = new AtomicLong();
    private final long mostBytes = Math.min(MOST_BYTES, Runtime.getRuntime().maxMemory() / 32);
    private final Map<String, Rarely> rarely = new ConcurrentHashMap<>();
    private final Set<String> looped = ConcurrentHashMap.newKeySet();

    /** One for each way that messages of a route can end. */
    private final Map<String, EndLog> endLogs = new ConcurrentHashMap<>();

    /**
     * Makes it.
     *
     * @param listeners who is told
     */
    public BridgeEvents(List<BridgeListener> listeners) {
        this(listeners, LOG_INTERVAL);
    }

    BridgeEvents(List<BridgeListener> listeners, Duration logInterval) {
        this.listeners = listeners;
        this.logInterval = logInterval;
        ThreadFactory threads = task -> {
            Thread thread = new Thread(task, "bridge-events");
            thread.setDaemon(true);
            return thread;
        };
        teller = new ScheduledThreadPoolExecutor(1, threads);
        teller.setKeepAliveTime(10, TimeUnit.SECONDS);
        teller.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        // After close() nobody is told any more.
        teller.setRejectedExecutionHandler(new ThreadPoolExecutor.DiscardPolicy());
        teller.allowCoreThreadTimeOut(true);
    }

    /**
     * Tells every listener what can happen often: a listener that is too far behind does not hear of it.
     *
     * @param event calls the method
     */
    public void tell(Consumer<BridgeListener> event) {
        tell(event, 0, MOST_WAITING);
    }

    /**
     * Tells every listener of a message, which can happen often. The event may keep the message alive, so that few large ones
     * are too far behind.
     *
     * @param bytes what the message takes
     * @param event calls the method
     */
    public void tell(long bytes, Consumer<BridgeListener> event) {
        tell(event, bytes, MOST_WAITING);
    }

    /**
     * Tells every listener what happens seldom and must not be missed, however far behind it is, short of one that never returns.
     *
     * @param event calls the method
     */
    public void tellSurely(Consumer<BridgeListener> event) {
        tell(event, 0, MOST_WAITING_SURELY);
    }

    private void tell(Consumer<BridgeListener> event, long bytes, int mostWaiting) {
        for (BridgeListener listener : listeners) {
            int before = waiting.getAndIncrement();
            if (before < mostWaiting && fits(bytes)) {
                teller.execute(() -> {
                    waiting.decrementAndGet();
                    call(listener, event);
                    waitingBytes.addAndGet(-bytes);
                });
            } else {
                waiting.decrementAndGet();
                if (dropped.getAndIncrement() == 0) {
                    log.warn("A listener is slow: events are dropped");
                }
            }
        }
    }

    /** Takes room for an event; one that is larger than all of it has it alone. */
    private boolean fits(long bytes) {
        long before = waitingBytes.getAndAdd(bytes);
        boolean fits = bytes == 0 || before == 0 || before + bytes <= mostBytes;
        if (!fits) {
            waitingBytes.addAndGet(-bytes);
        }
        return fits;
    }

    private void call(BridgeListener listener, Consumer<BridgeListener> event) {
        long lost = dropped.getAndSet(0);
        if (lost > 0) {
            log.warn("{} events were dropped because a listener is slow", lost);
        }
        try {
            event.accept(listener);
        } catch (RuntimeException e) {
            log.warn("A listener failed; the bridge goes on", e);
        } catch (Error e) {
            // The executor would keep it to itself.
            log.error("A listener failed; the bridge goes on", e);
        }
    }

    /**
     * Tells that a message failed and is tried again. Logs the first of a route, then how many more there were.
     *
     * @param bytes what the message takes
     * @param event what happened
     * @param why says why, without payloads
     */
    public void retried(long bytes, Retry event, Supplier<String> why) {
        logEnd(End.RETRIED, event.route(), event.origin(), 1, why);
        tell(bytes, listener -> listener.onRetry(event));
    }

    /**
     * Tells that a message was written to the dead letter topic. Logs the first of a route, then how many more there were.
     *
     * @param bytes what the message takes
     * @param event what happened
     * @param why says why, without payloads
     */
    public void deadLettered(long bytes, DeadLettered event, Supplier<String> why) {
        logEnd(End.DEAD_LETTERED, event.route(), event.origin(), 1, why);
        tell(bytes, listener -> listener.onDeadLettered(event));
    }

    /**
     * Tells that a message was given up by the failure policy. Logs the first of a route, then how many more there were.
     *
     * @param bytes what the message takes
     * @param event what happened
     * @param why says why, without payloads
     */
    public void skipped(long bytes, Skipped event, Supplier<String> why) {
        logEnd(End.SKIPPED, event.route(), event.origin(), 1, why);
        tell(bytes, listener -> listener.onSkipped(event));
    }

    /**
     * Tells that messages of QoS 0 were given up, at most once a second per route. Logs the first of a route, then how many more
     * there were.
     *
     * @param route the name of the route
     * @param messages how many
     * @param cause why
     */
    public void shed(String route, long messages, String cause) {
        logEnd(End.SHED, route, null, messages, () -> cause);
        rarely("shed " + route, messages, sum -> tell(listener -> listener.onShed(new Shed(route, sum, cause))));
    }

    /**
     * Tells that messages without a route were acknowledged, at most once a second per connection.
     *
     * @param clientId the MQTT client id
     * @param mqttTopic the topic of the last of them
     */
    public void unrouted(String clientId, String mqttTopic) {
        rarely("unrouted " + clientId, 1, sum -> {
            log.warn("{} messages that match no route were acknowledged by '{}'", sum, clientId);
            tell(listener -> listener.onUnrouted(new Unrouted(clientId, sum, mqttTopic)));
        });
    }

    /**
     * Tells that messages were taken for delivered although nobody subscribes to them, at most once a second per route.
     *
     * @param route the name of the route
     * @param origin where the last of them is in Kafka
     */
    public void unheard(String route, String origin) {
        rarely("unheard " + route, 1, sum -> {
            log.warn("Route '{}': the MQTT broker threw {} messages away, since nobody subscribes to them", route, sum);
            tell(listener -> listener.onUnheard(new Unheard(route, sum, origin)));
        });
    }

    /**
     * Tells that a message would have gone back to where it came from, once per route.
     *
     * @param route the name of the route
     * @param origin the MQTT topic of the message, or where the record is in Kafka
     */
    public void looped(String route, String origin) {
        if (looped.add(route)) {
            log.info(
                    "Route '{}' stops messages that the bridge itself has written, rather than send them back; see loops(..)",
                    route);
            tell(listener -> listener.onLooped(new Looped(route, origin)));
        }
    }

    /**
     * Tells that a message claims to have passed more bridges than one may, and was acknowledged. Logs the first of a route, then
     * how many more there were.
     *
     * @param route the name of the route
     * @param origin the MQTT topic of the message, or where the record is in Kafka
     * @param why what the limit is, and what to do
     */
    public void tooManyHops(String route, String origin, String why) {
        logEnd(End.TOO_MANY_HOPS, route, origin, 1, () -> why);
        if (looped.add(route)) {
            tell(listener -> listener.onLooped(new Looped(route, origin)));
        }
    }

    private void logEnd(End end, String route, @Nullable String origin, long count, Supplier<String> why) {
        endLogs.computeIfAbsent(end + " " + route, key -> new EndLog(end, route))
                .add(count, origin, why);
    }

    private void rarely(String what, long count, LongConsumer tell) {
        rarely.computeIfAbsent(what, key -> new Rarely()).add(count, tell);
    }

    /** Keeps no thread from here on while there is nothing to tell. */
    public void rest() {
        teller.setKeepAliveTime(1, TimeUnit.MILLISECONDS);
    }

    /** Tells what is left, then no more. Waits a moment for slow listeners. */
    @Override
    public void close() {
        rarely.values().forEach(Rarely::tellRest);
        endLogs.values().forEach(EndLog::logRest);
        teller.shutdown();
        try {
            if (!teller.awaitTermination(2, TimeUnit.SECONDS)) {
                teller.shutdownNow();
            }
        } catch (InterruptedException e) {
            teller.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }

    /** How a message can end, or go on, other than by being delivered. */
    private enum End {
        RETRIED("tries a message again", "has tried messages again %d times more"),
        DEAD_LETTERED("wrote a message to its dead letter topic", "wrote %d more messages to its dead letter topic"),
        SKIPPED("skipped and lost a message", "skipped and lost %d more messages"),
        SHED("shed a message of QoS 0", "shed %d more messages of QoS 0"),
        TOO_MANY_HOPS("stopped a message that goes in circles", "stopped %d more messages that go in circles");

        final String first;
        final String more;

        End(String first, String more) {
            this.first = first;
            this.more = more;
        }
    }

    /** Logs the first message of a route that ends so, and then, as long as there are more, how many and the last of them. */
    private final class EndLog {
        private final End end;
        private final String route;
        private boolean begun;
        private boolean scheduled;
        private long more;
        private @Nullable String lastOrigin;
        private Supplier<String> lastWhy = () -> "";

        EndLog(End end, String route) {
            this.end = end;
            this.route = route;
        }

        synchronized void add(long count, @Nullable String origin, Supplier<String> why) {
            if (!begun) {
                begun = true;
                more = count - 1;
                log.warn("Route '{}' {}{}: {}", route, end.first, at(" at '", origin), why.get());
            } else {
                more += count;
            }
            lastOrigin = origin;
            lastWhy = why;
            if (more > 0 && !scheduled) {
                scheduled = true;
                teller.schedule(this::logRest, logInterval.toMillis(), TimeUnit.MILLISECONDS);
            }
        }

        synchronized void logRest() {
            scheduled = false;
            if (more > 0) {
                log.warn(
                        "Route '{}' {}{}: {}",
                        route,
                        end.more.formatted(more),
                        at(", the last one at '", lastOrigin),
                        lastWhy.get());
                more = 0;
            }
            lastWhy = () -> "";
        }

        private String at(String before, @Nullable String origin) {
            return origin == null ? "" : before + UntrustedText.escape(origin) + "'";
        }
    }

    /** Adds up what happens often, and tells the sum once a second. */
    private static final class Rarely {
        private long untold;
        private long toldNanos = System.nanoTime() - RARELY_NANOS;
        private @Nullable LongConsumer last;

        synchronized void add(long count, LongConsumer tell) {
            untold += count;
            last = tell;
            long now = System.nanoTime();
            if (now - toldNanos >= RARELY_NANOS) {
                toldNanos = now;
                tellRest();
            }
        }

        synchronized void tellRest() {
            LongConsumer tell = last;
            if (untold > 0 && tell != null) {
                tell.accept(untold);
                untold = 0;
            }
        }
    }
}
