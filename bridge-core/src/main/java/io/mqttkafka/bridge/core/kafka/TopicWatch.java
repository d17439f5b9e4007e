package io.mqttkafka.bridge.core.kafka;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Notices topics of whose records none gets an outcome although some wait, and has them checked on a thread of its own, which
 * lives for one question. Belongs to the thread that looks; {@link #close} may be called by any.
 */
final class TopicWatch implements AutoCloseable {
    /** What was seen of a topic when it was looked at last. */
    private static final class Seen {
        long outcomes;

        /** Since when nothing has come of what waits, or when Kafka was last asked. */
        long sinceNanos;

        Seen(long outcomes, long sinceNanos) {
            this.outcomes = outcomes;
            this.sinceNanos = sinceNanos;
        }
    }

    private final String thread;
    private final TopicCheck check;
    private final Map<String, Seen> waiting = new HashMap<>();
    private volatile @Nullable Thread asking;
    private volatile boolean closed;

    TopicWatch(String thread, TopicCheck check) {
        this.thread = thread;
        this.check = check;
    }

    /**
     * Looks at all topics. Does not wait.
     *
     * @param flows the topics
     * @param nowNanos the time
     * @param lost is told, by another thread, of topics that are lost
     */
    void look(Collection<TopicFlow> flows, long nowNanos, Consumer<TopicLostException> lost) {
        Map<String, Integer> suspects = null;
        for (TopicFlow flow : flows) {
            if (isStuck(flow, nowNanos)) {
                suspects = suspects == null ? new HashMap<>() : suspects;
                suspects.put(flow.topic, flow.partitions);
            }
        }
        if (suspects != null) {
            ask(suspects, lost);
        }
    }

    private boolean isStuck(TopicFlow flow, long nowNanos) {
        if (flow.underWay() == 0) {
            waiting.remove(flow.topic);
            return false;
        }
        long outcomes = flow.outcomes();
        Seen seen = waiting.get(flow.topic);
        if (seen == null || seen.outcomes != outcomes) {
            waiting.put(flow.topic, new Seen(outcomes, nowNanos));
            return false;
        }
        boolean stuck = nowNanos - seen.sinceNanos >= TopicCheck.PATIENCE.toNanos() && asking == null;
        if (stuck) {
            seen.sinceNanos = nowNanos;
        }
        return stuck;
    }

    private void ask(Map<String, Integer> suspects, Consumer<TopicLostException> lost) {
        Thread asker = new Thread(
                () -> {
                    try {
                        TopicLostException found = check.lost(suspects);
                        if (found != null && !closed) {
                            lost.accept(found);
                        }
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    } finally {
                        asking = null;
                    }
                },
                thread);
        asker.setDaemon(true);
        asking = asker;
        asker.start();
    }

    @Override
    public void close() {
        closed = true;
        Thread asker = asking;
        if (asker != null) {
            asker.interrupt();
        }
    }
}
