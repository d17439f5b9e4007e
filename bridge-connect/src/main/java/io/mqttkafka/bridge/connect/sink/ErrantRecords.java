package io.mqttkafka.bridge.connect.sink;

import io.mqttkafka.bridge.connect.WorkerSender;
import io.mqttkafka.bridge.core.kafka.PendingRecord;
import io.mqttkafka.bridge.core.kafka.SendFailure;
import io.mqttkafka.bridge.core.kafka.TopicLostException;
import io.mqttkafka.bridge.error.DeliveryException;
import io.mqttkafka.bridge.message.Header;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.apache.kafka.connect.sink.ErrantRecordReporter;
import org.apache.kafka.connect.sink.SinkRecord;
import org.jspecify.annotations.Nullable;

/**
 * Dead letters by the worker's own reporter, which writes the record as it was, to the topic and with the headers that its
 * configuration says. A record is done when the reporter is. Thread-safe.
 */
final class ErrantRecords extends WorkerSender {
    private static final String ORIGIN = "bridge.dead-letter.origin";
    private static final String MESSAGE = "bridge.dead-letter.message";

    private final ErrantRecordReporter reporter;

    // Guarded by this.
    /** Records that are with us, by their origin. */
    private final Map<String, SinkRecord> records = new HashMap<>();

    private final Map<PendingRecord, Future<Void>> reports = new HashMap<>();

    ErrantRecords(ErrantRecordReporter reporter) {
        this.reporter = reporter;
    }

    // The worker's thread.

    synchronized void put(SinkRecord record) {
        records.put(origin(record.topic(), record), record);
        if (!record.topic().equals(record.originalTopic())) {
            // One that cannot be read goes by where it lies.
            records.put(origin(record.originalTopic(), record), record);
        }
    }

    /** As messages of the engine say where they come from. */
    private static String origin(String topic, SinkRecord record) {
        return topic + "-" + record.originalKafkaPartition() + "@" + record.originalKafkaOffset();
    }

    /** Forgets records that are committed, or given back. */
    synchronized void forget(Predicate<SinkRecord> done) {
        records.values().removeIf(done);
    }

    /** Tells the outcome of reports that have one. */
    void look() {
        Map<PendingRecord, @Nullable Exception> ended = new HashMap<>();
        synchronized (this) {
            for (Iterator<Map.Entry<PendingRecord, Future<Void>>> all =
                            reports.entrySet().iterator();
                    all.hasNext(); ) {
                Map.Entry<PendingRecord, Future<Void>> one = all.next();
                if (one.getValue().isDone()) {
                    all.remove();
                    ended.put(one.getKey(), outcome(one.getValue()));
                }
            }
        }
        ended.forEach((pending, failure) -> {
            if (failure == null) {
                pending.committed();
            } else {
                pending.abandoned(failure);
            }
        });
    }

    private static @Nullable Exception outcome(Future<Void> report) {
        try {
            report.get();
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return e;
        } catch (ExecutionException e) {
            return e;
        }
    }

    // The engine.

    @Override
    public void send(
            String topic,
            @Nullable Integer partition,
            byte @Nullable [] key,
            byte @Nullable [] value,
            @Nullable List<Header> headers,
            PendingRecord pending) {
        String origin = text(headers, ORIGIN);
        try {
            synchronized (this) {
                SinkRecord record = records.get(origin);
                if (record != null) {
                    reports.put(pending, reporter.report(record, new DeliveryException(text(headers, MESSAGE))));
                    return;
                }
            }
        } catch (RuntimeException e) {
            // The worker tolerates no errors, or cannot write: the task fails.
            pending.refused(new SendFailure(SendFailure.Kind.REFUSED, e));
            return;
        }
        pending.abandoned(new IllegalStateException("the worker has taken " + origin + " back"));
    }

    private static String text(@Nullable List<Header> headers, String name) {
        if (headers != null) {
            for (Header header : headers) {
                byte[] value = header.value();
                if (header.name().equals(name) && value != null) {
                    return new String(value, StandardCharsets.UTF_8);
                }
            }
        }
        return "";
    }

    @Override
    public int largestRecord() {
        return Integer.MAX_VALUE;
    }

    @Override
    public int generation() {
        return 1;
    }

    @Override
    public synchronized boolean isUnderWay(String topic) {
        return !reports.isEmpty();
    }

    @Override
    public void breakOff() {
        List<PendingRecord> all;
        synchronized (this) {
            all = List.copyOf(reports.keySet());
            reports.clear();
        }
        all.forEach(pending -> pending.abandoned(new IllegalStateException("given up")));
    }

    @Override
    public void watch(long nowNanos, Consumer<TopicLostException> lost) {
        look();
    }

    @Override
    public void reset() {
        breakOff();
    }

    @Override
    public void close(Duration timeout) {
        breakOff();
    }
}
