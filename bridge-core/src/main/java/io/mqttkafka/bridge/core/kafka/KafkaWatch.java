package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.BridgeHealth.KafkaHealth;
import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.core.events.Degradations;
import io.mqttkafka.bridge.core.events.ErrorMemory;
import io.mqttkafka.bridge.core.time.BridgeClock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.RetriableException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Knows whether Kafka is there: a thread asks the cluster for its nodes every few seconds, one question at a time over one
 * connection, whatever the routes do. So it is known in both directions and without a message, and nothing on the way of a message
 * has to look. Thread-safe.
 */
public final class KafkaWatch implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(KafkaWatch.class);
    private static final String KAFKA = "Kafka";
    private static final Duration INTERVAL = Duration.ofSeconds(5);
    private static final Duration INTERVAL_WHILE_AWAY = Duration.ofSeconds(1);

    /** A broker that collects garbage is not away. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final int RECONNECT_MS = 1_000;
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(2);

    private final KafkaClients clients;
    private final KafkaOptions options;
    private final String clientId;
    private final Degradations degradations;
    private final TopicWaits waits;
    private final BridgeClock clock;
    private final ErrorMemory errors;
    private final Thread thread;

    /** Guards what is below, and is what the thread waits on. */
    private final Object monitor = new Object();

    private boolean closing;
    private boolean reachable;
    private Instant since;

    /** For its thread only. */
    private @Nullable Admin admin;

    /**
     * Makes a watch that does not look yet.
     *
     * @param clients makes Kafka's clients
     * @param options the Kafka side
     * @param clock says which time it is
     * @param clientId by what Kafka's logs call its client
     * @param degradations hears when Kafka goes and comes
     * @param waits knows which topics wait
     */
    public KafkaWatch(
            KafkaClients clients,
            KafkaOptions options,
            BridgeClock clock,
            String clientId,
            Degradations degradations,
            TopicWaits waits) {
        this.clients = clients;
        this.options = options;
        this.clientId = clientId;
        this.degradations = degradations;
        this.waits = waits;
        this.clock = clock;
        errors = new ErrorMemory(clock);
        since = clock.instant();
        thread = new Thread(this::run, "bridge-" + clientId);
        thread.setDaemon(true);
    }

    /** Begins to look. */
    public void start() {
        thread.start();
    }

    /** Takes note that Kafka has just answered somebody else. */
    public void answered() {
        become(true, null);
    }

    /**
     * Takes a snapshot.
     *
     * @return what is known
     */
    public KafkaHealth health() {
        TopicWaits.Wait longest = waits.longest(System.nanoTime());
        synchronized (monitor) {
            return KafkaHealth.builder()
                    .reachable(reachable)
                    .since(since)
                    .longestWaitingTopic(longest == null ? null : longest.topic())
                    .longestWait(longest == null ? Duration.ZERO : longest.idle())
                    .lastError(errors.last())
                    .build();
        }
    }

    /**
     * Looks no more, and returns when its thread is gone, or soon: it can be looking a host name up, which nothing interrupts, and
     * ends after that.
     */
    @Override
    public void close() {
        synchronized (monitor) {
            closing = true;
            monitor.notifyAll();
        }
        try {
            thread.join(CLOSE_PATIENCE.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try {
            while (look()) {
                boolean there;
                synchronized (monitor) {
                    there = reachable;
                }
                pause(there ? INTERVAL : INTERVAL_WHILE_AWAY);
            }
        } catch (InterruptedException e) {
            log.debug("The watch of Kafka was interrupted", e);
        } catch (RuntimeException | Error e) {
            log.error("The watch of Kafka failed: from here on the bridge does not know whether Kafka is there", e);
        } finally {
            closeAdmin();
        }
    }

    /** Asks one question, and judges the answer; false if the watch is to end. */
    private boolean look() throws InterruptedException {
        String failure = ask();
        synchronized (monitor) {
            if (closing) {
                return false;
            }
        }
        become(failure == null, failure);
        return true;
    }

    /** Says why Kafka does not answer; null if it does. */
    private @Nullable String ask() throws InterruptedException {
        KafkaFuture<?> answer;
        try {
            answer = admin().describeCluster(new DescribeClusterOptions().timeoutMs((int) PATIENCE.toMillis()))
                    .nodes();
        } catch (KafkaException e) {
            // Its client cannot be made while no name server knows the brokers.
            return "cannot be asked (" + SendFailures.withReason(e) + ")";
        }
        answer.whenComplete((nodes, failure) -> {
            synchronized (monitor) {
                monitor.notifyAll();
            }
        });
        long until = clock.nanos() + PATIENCE.toNanos();
        synchronized (monitor) {
            while (!answer.isDone() && !closing && until - clock.nanos() > 0) {
                clock.awaitRound(monitor, until);
            }
        }
        if (!answer.isDone()) {
            answer.cancel(true);
            return "does not answer within " + PATIENCE.toSeconds() + " s";
        }
        try {
            answer.get();
            return null;
        } catch (ExecutionException | CompletionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            if (cause instanceof AuthenticationException) {
                return "refuses the credentials or the TLS connection (" + SendFailures.withReason(cause) + ")";
            }
            boolean isAnswer = cause instanceof ApiException && !(cause instanceof RetriableException);
            return isAnswer ? null : "does not answer (" + SendFailures.withReason(cause) + ")";
        }
    }

    private Admin admin() {
        Admin present = admin;
        if (present == null) {
            Map<String, Object> properties = ProducerSettings.admin(options, clientId);
            // Kafka's client logs each attempt; a second or two is soon enough to hear that it is back.
            properties.putIfAbsent(CommonClientConfigs.RECONNECT_BACKOFF_MS_CONFIG, RECONNECT_MS);
            properties.putIfAbsent(CommonClientConfigs.RECONNECT_BACKOFF_MAX_MS_CONFIG, 2 * RECONNECT_MS);
            present = clients.admin(properties);
            admin = present;
        }
        return present;
    }

    private void closeAdmin() {
        Admin last = admin;
        if (last != null) {
            // Its close() without a time waits for the question that was just given up.
            last.close(Duration.ZERO);
        }
    }

    private void become(boolean there, @Nullable String failure) {
        Instant now = clock.instant();
        Duration lasted;
        boolean changed;
        synchronized (monitor) {
            if (closing) {
                return;
            }
            // The first that is unreachable is news too, though nothing was known before.
            changed = there != reachable || (!there && errors.last() == null);
            lasted = Duration.between(since, now);
            if (there != reachable) {
                reachable = there;
                since = now;
            }
            if (failure == null) {
                errors.over();
            } else {
                errors.note(failure);
            }
        }
        if (there) {
            if (changed && errors.last() != null) {
                log.info("Kafka at {} answers again, after {} s", options.bootstrapServers(), lasted.toSeconds());
            }
            degradations.end(KAFKA);
            return;
        }
        if (changed) {
            log.warn(
                    "Kafka at {} {}; what is not confirmed waits, and the bridge goes on when it is back"
                            + " (kafka.bootstrapServers)",
                    options.bootstrapServers(),
                    failure);
        }
        degradations.begin(KAFKA, options.bootstrapServers() + " " + failure);
    }

    private void pause(Duration interval) throws InterruptedException {
        long until = clock.nanos() + interval.toNanos();
        synchronized (monitor) {
            while (!closing && until - clock.nanos() > 0) {
                // Since when a topic waits is known as exactly as this.
                waits.longest(System.nanoTime());
                long soon = clock.nanos() + INTERVAL_WHILE_AWAY.toNanos();
                clock.awaitRound(monitor, until - soon < 0 ? until : soon);
            }
        }
    }
}
