package io.mqttkafka.bridge.testkit.fake.kafka;

import java.time.Duration;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.jspecify.annotations.Nullable;

/**
 * A fault being written: first which operations it waits for, then what happens; only with the latter is it in force.
 *
 * <p>Without a number it meets each operation. A number counts what all other conditions let through. Not thread-safe
 * until it is in force.
 */
public final class KafkaFaultRule {

    private static final Set<KafkaOperation> OF_PRODUCERS =
            EnumSet.of(KafkaOperation.SEND, KafkaOperation.INIT_TRANSACTIONS, KafkaOperation.COMMIT_TRANSACTION);

    /** Makes the fault when it happens. */
    private interface Action {
        KafkaFault fault(long released, long nowNanos, String topic);
    }

    private final KafkaFaults faults;
    private final KafkaOperation operation;
    private @Nullable String topic;
    private Predicate<ProducerRecord<byte[], byte[]>> condition = record -> true;
    private IntPredicate number = count -> true;
    private String numberText = "";
    private String what = "";
    private Action action = (released, now, name) -> KafkaFault.NONE;
    private boolean hangs;
    private int count;
    private boolean happened;

    /** Whether something hangs, or has hung, since the last release. */
    private boolean reached;

    /** Whether a release came before the operation that it is for. */
    private boolean releasedBefore;

    KafkaFaultRule(KafkaFaults faults, KafkaOperation operation) {
        this.faults = faults;
        this.operation = operation;
    }

    /** Waits only for operations on this topic; for a commit this is the transactional id, or the group. */
    public KafkaFaultRule topic(String name) {
        topic = Objects.requireNonNull(name, "name");
        return this;
    }

    /**
     * Waits only for records for which this holds, in addition to what was said before. It must not wait.
     *
     * @throws IllegalStateException if the fault is not of {@link KafkaOperation#SEND}
     */
    public KafkaFaultRule where(Predicate<ProducerRecord<byte[], byte[]>> holds) {
        if (operation != KafkaOperation.SEND) {
            throw new IllegalStateException("A " + operation + " has no record");
        }
        condition = condition.and(holds);
        return this;
    }

    /**
     * Meets the n-th operation alone, counted from 1.
     *
     * @throws IllegalArgumentException if it is less than 1
     */
    public KafkaFaultRule nth(int n) {
        return number("nth(" + positive(n) + ")", matched -> matched == n);
    }

    /**
     * Meets the first operations alone.
     *
     * @throws IllegalArgumentException if it is less than 1
     */
    public KafkaFaultRule first(int operations) {
        return number("first(" + positive(operations) + ")", matched -> matched <= operations);
    }

    /**
     * Meets each n-th operation.
     *
     * @throws IllegalArgumentException if it is less than 1
     */
    public KafkaFaultRule every(int n) {
        return number("every(" + positive(n) + ")", matched -> matched % n == 0);
    }

    /** Tells the client this, and does nothing of what it asked. */
    public KafkaFaults fail(RuntimeException failure) {
        return inForce(
                "fail(" + failure.getClass().getSimpleName() + ")",
                (released, now, name) -> new KafkaFault(false, 0, 0, failure, false, false));
    }

    /**
     * Refuses the record because of its size. A bridge does not try it again: the last action of the failure policy follows.
     *
     * @throws IllegalStateException if the fault is not of {@link KafkaOperation#SEND}
     */
    public KafkaFaults tooLarge() {
        if (operation != KafkaOperation.SEND) {
            throw new IllegalStateException("A " + operation + " has no size");
        }
        return fail(new RecordTooLargeException("The record is too large, says the fault"));
    }

    /**
     * Refuses because the client lacks the right to the topic. A bridge tries the record of a route again, as its failure policy
     * says.
     */
    public KafkaFaults unauthorised() {
        return inForce(
                "unauthorised",
                (released, now, name) ->
                        new KafkaFault(false, 0, 0, new TopicAuthorizationException(Set.of(name)), false, false));
    }

    /**
     * Holds the operation up, and what the same client asks after it. Where the {@link FakeKafka} has a clock, the delay and
     * the client's timeouts are over when that has moved so far.
     */
    public KafkaFaults delay(Duration delay) {
        return inForce(
                "delay(" + delay.toMillis() + " ms)",
                (released, now, name) -> new KafkaFault(true, now + delay.toNanos(), 0, null, true, false));
    }

    /**
     * Does not answer before {@link KafkaFaults#release()}, and goes on then, or at once if it was released before; the
     * client gives up after its own timeouts.
     */
    public KafkaFaults hang() {
        hangs = true;
        return inForce("hang", (released, now, name) -> new KafkaFault(false, 0, released + 1, null, true, false));
    }

    /** Does what was asked, and breaks the connection before the client hears of it: it cannot know the outcome. */
    public KafkaFaults loseAnswer() {
        return inForce(
                "loseAnswer",
                (released, now, name) -> new KafkaFault(
                        false, 0, 0, new KafkaException("The answer was lost, says the fault"), true, false));
    }

    /**
     * Shuts the producer out as if another process had taken its identity over.
     *
     * @throws IllegalStateException if the operation is not one of producers
     */
    public KafkaFaults fence() {
        if (!OF_PRODUCERS.contains(operation)) {
            throw new IllegalStateException("A " + operation + " has no identity to take over");
        }
        return inForce(
                "fence",
                (released, now, name) -> new KafkaFault(
                        false,
                        0,
                        0,
                        new ProducerFencedException("Another producer has taken over, says the fault"),
                        false,
                        true));
    }

    boolean meets(KafkaOperation asked, String name, @Nullable ProducerRecord<byte[], byte[]> record) {
        if (asked != operation
                || (topic != null && !topic.equals(name))
                || (record != null && !condition.test(record))) {
            return false;
        }
        count++;
        return number.test(count);
    }

    KafkaFault fault(long released, long nowNanos, String name) {
        happened = true;
        if (releasedBefore) {
            releasedBefore = false;
            return KafkaFault.NONE;
        }
        reached = true;
        return action.fault(released, nowNanos, name);
    }

    void release() {
        releasedBefore = hangs && !reached;
        reached = false;
    }

    boolean hasHappened() {
        return happened;
    }

    String described() {
        return operation + (topic == null ? "" : " '" + topic + "'") + ": " + this;
    }

    @Override
    public String toString() {
        return numberText.isEmpty() ? what : numberText + "." + what;
    }

    private KafkaFaults inForce(String text, Action taken) {
        what = text;
        action = taken;
        return faults.add(this);
    }

    private KafkaFaultRule number(String text, IntPredicate holds) {
        numberText = text;
        number = holds;
        return this;
    }

    private static int positive(int n) {
        if (n < 1) {
            throw new IllegalArgumentException("A count must be 1 or more, but is " + n);
        }
        return n;
    }
}
