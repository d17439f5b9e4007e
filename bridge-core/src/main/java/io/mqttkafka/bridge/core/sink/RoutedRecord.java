package io.mqttkafka.bridge.core.sink;

import io.mqttkafka.bridge.core.route.DeadLetters;
import io.mqttkafka.bridge.core.route.DeadLetters.Letter;
import io.mqttkafka.bridge.core.route.Failure;
import io.mqttkafka.bridge.core.route.FailureHandling;
import io.mqttkafka.bridge.core.route.GuardedObserver;
import io.mqttkafka.bridge.core.route.RouteMeter;
import io.mqttkafka.bridge.core.session.ExpectedRecords;
import io.mqttkafka.bridge.core.session.OffsetLedger;
import io.mqttkafka.bridge.core.session.RecordId;
import io.mqttkafka.bridge.failure.FailurePolicy;
import io.mqttkafka.bridge.message.Header;
import io.mqttkafka.bridge.message.KafkaMessage;
import io.mqttkafka.bridge.spi.MessageObserver.Observation;
import io.mqttkafka.bridge.spi.MessageObserver.Outcome;
import io.mqttkafka.bridge.spi.MessageObserver.Scope;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One record on its way to MQTT, from its reading until the route is done with it. */
final class RoutedRecord implements Comparable<RoutedRecord>, ExpectedRecords.Recalled, FailureHandling.Failed {
    /** What a record weighs besides its bytes, and each of its headers. */
    private static final long OVERHEAD_BYTES = 128;

    private final KafkaToMqttPipeline pipeline;
    final KafkaMessage message;

    /** Why it cannot be published: it has more headers than are kept of it. Null if it has not. */
    final @Nullable String excess;

    final OffsetLedger.Entry entry;

    /** Its place among the records of the route. */
    final long order;

    /** Which record it is, if its route publishes exactly once. */
    final @Nullable RecordId record;

    /** The message that waits for room; null if it has to be made. */
    @Nullable
    Outgoing outgoing;

    /** Follows it; null if nobody does, or no more. */
    @Nullable
    Observation observation;

    /** How often it has failed. */
    int failures;

    /** How often nobody subscribed to it. */
    volatile int unheard;

    /** Whether its message is retained, so that the MQTT broker keeps it for those who subscribe later. */
    volatile boolean retained;

    /** Whether it is on its way, and what the MQTT broker makes of it is not known. */
    volatile boolean out;

    /** When it is to be tried again, by the clock of the bridge. */
    long dueNanos;

    /** Why it could not go on; null if nothing is the matter. */
    volatile @Nullable Failure failure;

    /** Why it will not be tried again; null while it may be. */
    volatile @Nullable Throwable givenUp;

    /** The dead letter that was sent last; null if it has none. */
    @Nullable
    Letter letter;

    RoutedRecord(
            KafkaToMqttPipeline pipeline,
            KafkaMessage message,
            @Nullable String excess,
            @Nullable RecordId record,
            OffsetLedger.Entry entry,
            long order) {
        this.pipeline = pipeline;
        this.record = record;
        this.message = message;
        this.excess = excess;
        this.entry = entry;
        this.order = order;
        this.dueNanos = entry.receivedNanos();
    }

    @Override
    public String routeName() {
        return pipeline.route.name();
    }

    @Override
    public FailurePolicy failurePolicy() {
        return pipeline.route.failurePolicy;
    }

    @Override
    public RouteMeter meter() {
        return pipeline.route.meter;
    }

    @Override
    public String origin() {
        return message.origin();
    }

    /** What the record takes on the heap, which it does until its message is done with: a dead letter may be made of it. */
    @Override
    public long weight() {
        byte[] key = message.key();
        byte[] payload = message.payload();
        long bytes = OVERHEAD_BYTES + (key == null ? 0L : key.length) + (payload == null ? 0L : payload.length);
        for (Header header : message.headers()) {
            byte[] value = header.value();
            bytes += OVERHEAD_BYTES + header.name().length() + (value == null ? 0 : value.length);
        }
        return Math.min(Integer.MAX_VALUE / 2, bytes);
    }

    @Override
    public boolean canWait() {
        return true;
    }

    @Override
    public int countFailure(Throwable cause) {
        pipeline.route.lastError(cause);
        return ++failures;
    }

    @Override
    public void giveUp(Throwable cause) {
        givenUp = cause;
    }

    @Override
    public @Nullable Letter letter() {
        return letter;
    }

    /** Its own headers follow the cause, repeats and all. */
    @Override
    public Letter makeLetter(Throwable cause, int room) {
        List<Header> own = DeadLetters.cause(routeName(), failures, cause);
        own.add(DeadLetters.origin(message.origin()));
        // Whoever asks for the last one of a name would be told the cause of a dead letter that it was before.
        List<Header> others = message.headers().stream()
                .filter(header -> !DeadLetters.isOwn(header))
                .toList();
        Letter made = DeadLetters.fitted(message.key(), message.payload(), own, others, room);
        letter = made;
        return made;
    }

    /** Hears what became of it; the first to tell is right. */
    @Override
    public void ended(Outcome outcome) {
        Observation one = observation;
        GuardedObserver observer = pipeline.route.observer;
        if (one != null && observer != null) {
            observation = null;
            observer.ended(one, outcome, givenUp);
        }
    }

    /** Returns what its observer adds to it. */
    List<Header> traces() {
        Observation one = observation;
        GuardedObserver observer = pipeline.route.observer;
        return one == null || observer == null ? List.of() : observer.headers(one);
    }

    @Override
    public @Nullable Scope entered() {
        Observation one = observation;
        GuardedObserver observer = pipeline.route.observer;
        return one == null || observer == null ? null : observer.enter(one);
    }

    @Override
    public void delivered() {
        pipeline.delivered(this);
    }

    @Override
    public void again() {
        pipeline.again(this);
    }

    @Override
    public int compareTo(RoutedRecord other) {
        return Long.compare(order, other.order);
    }
}
