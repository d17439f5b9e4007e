package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.core.kafka.TopicResolution.State;
import io.mqttkafka.bridge.core.time.BridgeClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out about Kafka topics on threads of its own, so that no lane waits for the answer to another one, and remembers the
 * answers for a while, so that a topic that is missing or forbidden is not asked about for each message.
 *
 * <p>A topic that is missing is waited for only where Kafka may create it. Where it does not say whether it creates topics,
 * one that has stayed missing speaks for the others for a minute. Thread-safe.
 */
public final class TopicLookups implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(TopicLookups.class);
    private static final int MOST_REMEMBERED = 1024;
    private static final int MOST_AT_ONCE = 16;
    private static final long FRESH_NANOS = Duration.ofSeconds(10).toNanos();
    private static final long FRESH_FOR_RETRY_NANOS = Duration.ofSeconds(1).toNanos();
    private static final long AWAIT_AGAIN_NANOS = Duration.ofMinutes(1).toNanos();

    private final RecordSender sink;
    private final BridgeClock clock;
    private final ThreadPoolExecutor threads;

    /** Answers, the one that has been asked for longest ago first; those too old to count tell what has been waited for. */
    private final Map<String, Answer> answers = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Answer> eldest) {
            return size() > MOST_REMEMBERED;
        }
    };

    /** Who waits for the answer about a topic. A lane waits for one at a time, so that lanes bound this and the threads' queue. */
    private final Map<String, List<Consumer<TopicResolution>>> asked = new HashMap<>();

    /** When a topic has stayed missing in a cluster that does not say whether it creates topics. */
    private @Nullable Long stayedMissingNanos;

    /**
     * What was found.
     *
     * @param atNanos when
     * @param awaitedNanos when Kafka has last been given the time to create it; null if it never was
     */
    private record Answer(
            TopicResolution resolution,
            long atNanos,
            @Nullable Long awaitedNanos) {}

    /**
     * Makes one that knows nothing.
     *
     * @param name by what its threads are known
     * @param sink looks topics up
     * @param clock says how old an answer is
     */
    public TopicLookups(String name, RecordSender sink, BridgeClock clock) {
        this.sink = sink;
        this.clock = clock;
        threads = new ThreadPoolExecutor(
                MOST_AT_ONCE, MOST_AT_ONCE, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                    Thread thread = new Thread(task, name);
                    thread.setDaemon(true);
                    return thread;
                });
        threads.allowCoreThreadTimeOut(true);
        // After the end nobody waits for an answer.
        threads.setRejectedExecutionHandler(new ThreadPoolExecutor.DiscardPolicy());
    }

    /**
     * Returns what is known of a topic. Does not wait.
     *
     * @param topic the topic
     * @param again whether somebody tries again because of the last answer, and so wants a newer one
     * @return the answer, for up to ten seconds after it was found, or one; null if there is none
     */
    public synchronized @Nullable TopicResolution known(String topic, boolean again) {
        Answer answer = answers.get(topic);
        long fresh = again ? FRESH_FOR_RETRY_NANOS : FRESH_NANOS;
        return answer == null || clock.nanos() - answer.atNanos() >= fresh ? null : answer.resolution();
    }

    /**
     * Forgets what is known of a topic, because Kafka has just said otherwise.
     *
     * @param topic the topic
     */
    public synchronized void forget(String topic) {
        answers.remove(topic);
    }

    /**
     * Finds out about a topic. Does not wait; who asks while it is being looked up gets the same answer.
     *
     * @param topic the topic
     * @param found hears of the answer, by a thread of this object; it must not wait
     */
    public void lookUp(String topic, Consumer<TopicResolution> found) {
        synchronized (this) {
            List<Consumer<TopicResolution>> waiting = asked.get(topic);
            if (waiting != null) {
                waiting.add(found);
                return;
            }
            waiting = new ArrayList<>();
            waiting.add(found);
            asked.put(topic, waiting);
        }
        threads.execute(() -> find(topic));
    }

    private void find(String topic) {
        TopicResolution resolution;
        try {
            resolution = resolution(topic);
        } catch (RuntimeException e) {
            resolution = TopicResolution.not(State.UNREACHABLE, e);
        } catch (Error e) {
            // Whoever waits must not wait for ever.
            log.error("Looking a Kafka topic up failed", e);
            resolution = TopicResolution.not(State.UNREACHABLE, new IllegalStateException(e));
        }
        List<Consumer<TopicResolution>> waiting;
        synchronized (this) {
            waiting = asked.remove(topic);
        }
        if (waiting != null) {
            for (Consumer<TopicResolution> found : waiting) {
                found.accept(resolution);
            }
        }
    }

    private TopicResolution resolution(String topic) {
        TopicResolution found = sink.look(topic);
        if (found.state() == State.MISSING && wasNotAwaited(topic)) {
            Boolean creates = sink.creates(topic);
            if (creates == null ? !anotherStayedMissing() : creates) {
                TopicResolution awaited = sink.resolve(topic);
                remember(topic, awaited, clock.nanos(), creates == null);
                return awaited;
            }
        }
        remember(topic, found, null, false);
        return found;
    }

    private synchronized boolean wasNotAwaited(String topic) {
        Answer answer = answers.get(topic);
        return answer == null || isLongAgo(answer.awaitedNanos());
    }

    private synchronized boolean anotherStayedMissing() {
        return !isLongAgo(stayedMissingNanos);
    }

    private boolean isLongAgo(@Nullable Long nanos) {
        return nanos == null || clock.nanos() - nanos >= AWAIT_AGAIN_NANOS;
    }

    private synchronized void remember(
            String topic, TopicResolution resolution, @Nullable Long awaitedNanos, boolean speaksForOthers) {
        if (resolution.state() == State.UNREACHABLE) {
            // It says nothing about the topic.
            return;
        }
        Answer before = answers.get(topic);
        Long awaited = awaitedNanos != null || before == null ? awaitedNanos : before.awaitedNanos();
        answers.put(topic, new Answer(resolution, clock.nanos(), awaited));
        if (speaksForOthers) {
            stayedMissingNanos = resolution.state() == State.MISSING ? awaitedNanos : null;
        }
    }

    /** Gives up what is being looked up. Waits a moment for it to end. */
    @Override
    public void close() {
        threads.shutdownNow();
        try {
            threads.awaitTermination(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
