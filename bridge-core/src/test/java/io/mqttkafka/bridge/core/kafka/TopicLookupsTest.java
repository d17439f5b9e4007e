package io.mqttkafka.bridge.core.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.core.kafka.TopicResolution.State;
import io.mqttkafka.bridge.core.time.BridgeClock;
import io.mqttkafka.bridge.message.Header;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How often Kafka is asked about topics, and who waits for the answer. */
class TopicLookupsTest {
    private static final int PATIENCE_SECONDS = 60;

    private final Clock clock = new Clock();
    private final Cluster cluster = new Cluster();
    private final TopicLookups lookups = new TopicLookups("lookups-test", cluster, clock);

    @AfterEach
    void close() {
        cluster.slow.values().forEach(CountDownLatch::countDown);
        lookups.close();
    }

    private State find(String topic) throws InterruptedException {
        LinkedBlockingQueue<TopicResolution> found = new LinkedBlockingQueue<>();
        lookups.lookUp(topic, found::add);
        TopicResolution resolution = found.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertThat(resolution).isNotNull();
        return resolution.state();
    }

    private @Nullable State known(String topic) {
        TopicResolution known = lookups.known(topic, false);
        return known == null ? null : known.state();
    }

    @Test
    void missing_isKnownForTenSeconds_andForOneToWhoTriesAgain() throws InterruptedException {
        assertThat(known("a")).isNull();
        assertThat(find("a")).isEqualTo(State.MISSING);

        assertThat(known("a")).isEqualTo(State.MISSING);
        assertThat(lookups.known("a", true)).isNotNull();
        clock.pass(Duration.ofSeconds(1));
        assertThat(lookups.known("a", true)).isNull();
        clock.pass(Duration.ofSeconds(9).minusNanos(1));
        assertThat(known("a")).isEqualTo(State.MISSING);
        clock.pass(Duration.ofNanos(1));
        assertThat(known("a")).isNull();
    }

    @Test
    void missing_createdMeanwhile_isFound() throws InterruptedException {
        find("a");
        cluster.states.put("a", State.READY);
        clock.pass(Duration.ofSeconds(10));

        assertThat(find("a")).isEqualTo(State.READY);
    }

    @Test
    void missing_whereKafkaCreatesNone_isNotWaitedFor() throws InterruptedException {
        cluster.creates = false;

        assertThat(find("a")).isEqualTo(State.MISSING);

        assertThat(cluster.asked).containsExactly("look a");
    }

    @Test
    void missing_whereKafkaCreates_isWaitedForOnceAMinute() throws InterruptedException {
        cluster.creates = true;

        find("a");
        find("b");
        assertThat(cluster.asked).containsExactly("look a", "resolve a", "look b", "resolve b");
        cluster.asked.clear();
        clock.pass(Duration.ofSeconds(59));
        find("a");
        assertThat(cluster.asked).containsExactly("look a");
        clock.pass(Duration.ofSeconds(1));
        find("a");
        assertThat(cluster.asked).containsExactly("look a", "look a", "resolve a");
    }

    /** Or each name that somebody makes up would cost what the first one does. */
    @Test
    void missing_whereKafkaDoesNotSay_speaksForTheOthersForAMinute() throws InterruptedException {
        cluster.creates = null;

        find("a");
        find("b");
        find("c");
        assertThat(cluster.asked).containsExactly("look a", "resolve a", "look b", "look c");
        cluster.asked.clear();
        clock.pass(Duration.ofMinutes(1));
        find("d");
        assertThat(cluster.asked).containsExactly("look d", "resolve d");
    }

    @Test
    void unreachable_isNotRemembered() throws InterruptedException {
        cluster.states.put("a", State.UNREACHABLE);

        assertThat(find("a")).isEqualTo(State.UNREACHABLE);

        assertThat(known("a")).isNull();
    }

    @Test
    void forbiddenAndIllegal_areRemembered_untilForgotten() throws InterruptedException {
        cluster.states.put("a", State.DENIED);
        cluster.states.put("b", State.ILLEGAL);
        find("a");
        find("b");
        assertThat(known("a")).isEqualTo(State.DENIED);
        assertThat(known("b")).isEqualTo(State.ILLEGAL);

        lookups.forget("a");

        assertThat(known("a")).isNull();
        assertThat(known("b")).isEqualTo(State.ILLEGAL);
    }

    @Test
    void slowAnswer_holdsNobodyElseUp_andServesAllWhoAsk() throws InterruptedException {
        CountDownLatch slow = new CountDownLatch(1);
        cluster.slow.put("slow", slow);
        cluster.states.put("slow", State.READY);
        LinkedBlockingQueue<TopicResolution> found = new LinkedBlockingQueue<>();
        lookups.lookUp("slow", found::add);
        lookups.lookUp("slow", found::add);

        assertThat(find("other")).isEqualTo(State.MISSING);
        assertThat(found).isEmpty();
        slow.countDown();

        assertThat(found.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isNotNull();
        assertThat(found.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isNotNull();
        assertThat(cluster.asked).containsOnlyOnce("look slow");
    }

    @Test
    void error_isToldAsNoAnswer() throws InterruptedException {
        cluster.failing = new NoSuchMethodError("for the test");

        assertThat(find("a")).isEqualTo(State.UNREACHABLE);
    }

    @Test
    void names_areForgottenOneByOne_whenThereAreTooMany() throws InterruptedException {
        cluster.creates = false;
        for (int i = 0; i <= 1024; i++) {
            find("t" + i);
        }

        assertThat(known("t0")).isNull();
        assertThat(known("t1")).isEqualTo(State.MISSING);
        assertThat(known("t1024")).isEqualTo(State.MISSING);
    }

    /** Stands until it is moved. */
    private static final class Clock implements BridgeClock {
        private final AtomicLong nanos = new AtomicLong();

        void pass(Duration time) {
            nanos.addAndGet(time.toNanos());
        }

        @Override
        public long nanos() {
            return nanos.get();
        }

        @Override
        public java.time.Instant instant() {
            return java.time.Instant.EPOCH;
        }

        @Override
        public void await(Object monitor, long untilNanos) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void park(Object blocker, long untilNanos) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void remind(long atNanos, Runnable wake) {
            throw new UnsupportedOperationException();
        }
    }

    /** Answers as the test says, and notes the questions; every other topic is missing. */
    private static final class Cluster implements RecordSender {
        final Map<String, State> states = new ConcurrentHashMap<>();
        final Map<String, CountDownLatch> slow = new ConcurrentHashMap<>();
        final List<String> asked = new CopyOnWriteArrayList<>();
        volatile @Nullable Boolean creates = false;
        volatile @Nullable Error failing;

        @Override
        public TopicResolution look(String topic) {
            return answer("look ", topic);
        }

        @Override
        public TopicResolution resolve(String topic) {
            return answer("resolve ", topic);
        }

        private TopicResolution answer(String question, String topic) {
            asked.add(question + topic);
            if (failing != null) {
                throw failing;
            }
            CountDownLatch latch = slow.get(topic);
            try {
                if (latch != null) {
                    latch.await();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            State state = states.getOrDefault(topic, State.MISSING);
            return state == State.READY
                    ? TopicResolution.ready(1)
                    : TopicResolution.not(state, new Exception("for the test"));
        }

        @Override
        public @Nullable Boolean creates(String topic) {
            return creates;
        }

        @Override
        public void open(Duration timeout) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void send(
                String topic,
                @Nullable Integer partition,
                byte @Nullable [] key,
                byte @Nullable [] value,
                @Nullable List<Header> headers,
                PendingRecord pending) {
            throw new UnsupportedOperationException();
        }

        @Override
        public int largestRecord() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void flush() {
            throw new UnsupportedOperationException();
        }

        @Override
        public int generation() {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean isUnderWay(String topic) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void breakOff() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void watch(long nowNanos, Consumer<TopicLostException> lost) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void reset() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close(Duration timeout) {
            throw new UnsupportedOperationException();
        }
    }
}
