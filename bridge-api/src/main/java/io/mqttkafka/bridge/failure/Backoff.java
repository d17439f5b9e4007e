package io.mqttkafka.bridge.failure;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How long to wait before the next attempt: growing from one delay to another, with jitter.
 *
 * <p>The n-th delay (from 1) is {@code initial * 2^(n-1)}, at most {@code max}, of which up to half is taken away at
 * random, so that many clients do not come back at once.
 *
 * <p>Immutable.
 */
public final class Backoff {
    private static final Duration LONGEST = Duration.ofDays(1);

    private final Duration initial;
    private final Duration max;

    private Backoff(Duration initial, Duration max) {
        Objects.requireNonNull(initial, "initial");
        Objects.requireNonNull(max, "max");
        if (initial.isNegative() || initial.isZero()) {
            throw new IllegalArgumentException("backoff: the first delay " + initial + " must be more than zero");
        }
        if (max.compareTo(initial) < 0 || max.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(
                    "backoff: the longest delay " + max + " must be from " + initial + " to " + LONGEST);
        }
        this.initial = initial;
        this.max = max;
    }

    /**
     * Returns delays that double.
     *
     * @param initial the first delay, more than zero
     * @param max the longest delay, at least {@code initial} and at most one day
     * @return the backoff
     * @throws NullPointerException if a part is null
     * @throws IllegalArgumentException if {@code initial} is not positive, or {@code max} is shorter than {@code initial}
     *     or longer than a day
     */
    public static Backoff exponential(Duration initial, Duration max) {
        return new Backoff(initial, max);
    }

    /**
     * Returns delays of one length, before jitter.
     *
     * @param delay the delay, more than zero and at most one day
     * @return the backoff
     * @throws IllegalArgumentException if the delay is not legal
     */
    public static Backoff fixed(Duration delay) {
        return new Backoff(delay, delay);
    }

    /** {@return the first delay, more than zero} */
    public Duration initial() {
        return initial;
    }

    /** {@return the longest delay, at least the first and at most one day} */
    public Duration max() {
        return max;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Backoff backoff && initial.equals(backoff.initial) && max.equals(backoff.max);
    }

    @Override
    public int hashCode() {
        return Objects.hash(initial, max);
    }

    @Override
    public String toString() {
        return "Backoff[initial=" + initial + ", max=" + max + "]";
    }

    /**
     * Computes one delay.
     *
     * @param attempt the number of the failed attempt, from 1
     * @param random a random number from 0 (no jitter) to 1 (half the delay taken away)
     * @return the delay, more than zero
     * @throws IllegalArgumentException if {@code attempt} is less than 1, or {@code random} is not from 0 to 1
     */
    public Duration delay(int attempt, double random) {
        if (attempt < 1) {
            throw new IllegalArgumentException("attempt: " + attempt + " must be 1 or more");
        }
        if (!(random >= 0 && random <= 1)) {
            throw new IllegalArgumentException("random: " + random + " must be from 0 to 1");
        }
        double doubled = initial.toNanos() * Math.pow(2, Math.min(attempt - 1, 62));
        double capped = Math.min(doubled, max.toNanos());
        return Duration.ofNanos(Math.max(1, (long) (capped * (1 - random / 2))));
    }
}
