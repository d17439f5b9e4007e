package io.mqttkafka.bridge.core.events;

import io.mqttkafka.bridge.event.BridgeListener;
import io.mqttkafka.bridge.event.Looped;
import io.mqttkafka.bridge.event.Shed;
import io.mqttkafka.bridge.event.Unheard;
import io.mqttkafka.bridge.event.Unrouted;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
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

    private final List<BridgeListener> listeners;
    private final ThreadPoolExecutor teller;
    private final AtomicLong dropped = new AtomicLong();
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicLong waitingBytes = new AtomicLong();
    private final long mostBytes = Math.min(MOST_BYTES, Runtime.getRuntime().maxMemory() / 32);
    private final Map<String, Rarely> rarely = new ConcurrentHashMap<>();
    private final Set<String> looped = ConcurrentHashMap.newKeySet();

    /**
     * Makes it.
     *
     * @param listeners who is told
     */
    public BridgeEvents(List<BridgeListener> listeners) {
        this.listeners = listeners;
        ThreadFactory threads = task -> {
            Thread thread = new Thread(task, "bridge-events");
            thread.setDaemon(true);
            return thread;
        };
        teller = new ThreadPoolExecutor(1, 1, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), threads);
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
        }
    }

    /**
     * Tells that messages of QoS 0 were given up, at most once a second per route.
     *
     * @param route the name of the route
     * @param messages how many
     * @param cause why
     */
    public void shed(String route, long messages, String cause) {
        rarely("shed " + route, messages, sum -> {
            log.warn("Route '{}' shed {} messages of QoS 0: {}", route, sum, cause);
            tell(listener -> listener.onShed(new Shed(route, sum, cause)));
        });
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

    private void rarely(String what, long count, LongConsumer tell) {
        rarely.computeIfAbsent(what, key -> new Rarely()).add(count, tell);
    }

    /** Tells what is left, then no more. Waits a moment for slow listeners. */
    @Override
    public void close() {
        rarely.values().forEach(Rarely::tellRest);
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
