package io.mqttkafka.bridge.core.route;

import io.mqttkafka.bridge.message.Header;
import io.mqttkafka.bridge.message.KafkaMessage;
import io.mqttkafka.bridge.message.MqttMessage;
import io.mqttkafka.bridge.spi.MessageObserver;
import io.mqttkafka.bridge.spi.MessageObserver.Observation;
import io.mqttkafka.bridge.spi.MessageObserver.Outcome;
import io.mqttkafka.bridge.spi.MessageObserver.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks an observer of messages so that what it throws harms none of them. Thread-safe. */
public final class GuardedObserver {
    private static final Logger log = LoggerFactory.getLogger(GuardedObserver.class);

    private final MessageObserver observer;
    private final AtomicBoolean told = new AtomicBoolean();

    private GuardedObserver(MessageObserver observer) {
        this.observer = observer;
    }

    /** Guards an observer; null if there is none. */
    public static @Nullable GuardedObserver of(@Nullable MessageObserver observer) {
        return observer == null ? null : new GuardedObserver(observer);
    }

    /** A message from MQTT begins its way; null if it is not to be followed. */
    public @Nullable Observation received(String route, MqttMessage message) {
        try {
            return observer.received(route, message);
        } catch (RuntimeException | Error e) {
            failed(e);
            return null;
        }
    }

    /** A record begins its way; null if it is not to be followed. */
    public @Nullable Observation received(String route, KafkaMessage message) {
        try {
            return observer.received(route, message);
        } catch (RuntimeException | Error e) {
            failed(e);
            return null;
        }
    }

    /** Returns what is to be added to the message. */
    public List<Header> headers(Observation observation) {
        try {
            return List.copyOf(observation.headers());
        } catch (RuntimeException | Error e) {
            failed(e);
            return List.of();
        }
    }

    /** Makes the message the current one; null if there is nothing to close. */
    public @Nullable Scope enter(Observation observation) {
        try {
            Scope scope = observation.enter();
            return scope == null ? null : () -> close(scope);
        } catch (RuntimeException | Error e) {
            failed(e);
            return null;
        }
    }

    private void close(Scope scope) {
        try {
            scope.close();
        } catch (RuntimeException | Error e) {
            failed(e);
        }
    }

    /** The route is done with the message. */
    public void ended(Observation observation, Outcome outcome, @Nullable Throwable cause) {
        try {
            observation.ended(outcome, cause);
        } catch (RuntimeException | Error e) {
            failed(e);
        }
    }

    /** Puts headers in the place of others of the same name. */
    public static List<Header> replace(@Nullable List<Header> headers, List<Header> added) {
        List<Header> all = new ArrayList<>(without(headers, added));
        all.addAll(added);
        return all;
    }

    /** Leaves out the headers that have the name of one that is added. */
    public static List<Header> without(@Nullable List<Header> headers, List<Header> added) {
        if (headers == null) {
            return List.of();
        }
        return headers.stream()
                .filter(header -> added.stream().noneMatch(one -> one.name().equals(header.name())))
                .toList();
    }

    private void failed(Throwable cause) {
        if (told.compareAndSet(false, true)) {
            log.warn(
                    "The observer of messages has failed, which harms none of them: {}; it is told once",
                    SafeText.withFrames(cause));
        } else {
            log.trace("The observer of messages has failed again", cause);
        }
    }
}
