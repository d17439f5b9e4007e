package io.mqttkafka.bridge.testkit.engine;

import static io.mqttkafka.bridge.testkit.engine.Engine.QUIET;
import static io.mqttkafka.bridge.testkit.engine.Engine.qos1;
import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.CodecContext;
import io.mqttkafka.bridge.PayloadCodec;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.ToKafka;
import io.mqttkafka.bridge.error.CodecException;
import io.mqttkafka.bridge.event.DeadLettered;
import io.mqttkafka.bridge.event.Disconnected;
import io.mqttkafka.bridge.event.Retry;
import io.mqttkafka.bridge.event.RouteStopped;
import io.mqttkafka.bridge.failure.Backoff;
import io.mqttkafka.bridge.failure.FailurePolicy;
import io.mqttkafka.bridge.testkit.ScriptedConnection;
import io.mqttkafka.bridge.testkit.engine.ScriptedKafka.Sent;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A message that fails on one route: what happens to it, to those behind it, before it, and on other routes. */
class RoutingFailureTest {

    private static final Backoff SHORT = Backoff.fixed(Duration.ofMillis(1));

    private final Engine engine = new Engine();
    private final HoldingCodec codec = new HoldingCodec();

    @AfterEach
    void close() {
        codec.goOn.countDown();
        engine.close();
    }

    @Test
    void retry_whileItLasts_holdsLaterMessagesOfTheRouteButNotOtherRoutes() {
        ScriptedConnection connection = failing(policy -> policy.retry(2, SHORT).deadLetter("dead"));

        connection.publish(qos1(1, "a/1", "bad"), qos1(2, "a/2", "good"), qos1(3, "b/1", "other"));

        // The second attempt at "bad" lasts until the test lets it fail.
        engine.kafka.next("other").confirm();
        engine.kafka.expectNothing(QUIET);
        connection.expectNothing(QUIET);
    }

    @Test
    void retry_exhausted_deadLettersAndGoesOnInOrder() {
        ScriptedConnection connection = failing(policy -> policy.retry(2, SHORT).deadLetter("dead"));
        connection.publish(qos1(1, "a/1", "bad"), qos1(2, "a/2", "good"), qos1(3, "b/1", "other"));
        engine.kafka.next("other").confirm();

        codec.goOn.countDown();

        Sent dead = engine.kafka.next("bad");
        Sent good = engine.kafka.next("good");
        assertThat(dead.record.topic()).isEqualTo("dead");
        assertThat(good.record.topic()).isEqualTo("t");
        good.confirm();
        connection.expectNothing(QUIET);
        dead.confirm();
        connection.expectPuback(1);
        connection.expectPuback(2);
        connection.expectPuback(3);
    }

    /** Also to a listener that is behind. */
    @Test
    void retry_exhausted_tellsEveryAttemptAndTheDeadLetter() {
        CountDownLatch given = new CountDownLatch(1);
        engine.deafUntil(given);
        ScriptedConnection connection = failing(policy -> policy.retry(2, SHORT).deadLetter("dead"));
        codec.goOn.countDown();
        connection.publish(qos1(1, "a/1", "bad"));

        Sent dead = engine.kafka.next("bad");
        given.countDown();
        dead.confirm();

        assertThat(dead.headers())
                .contains(
                        "bridge.dead-letter.route=t",
                        "bridge.dead-letter.cause=" + CodecException.class.getName(),
                        "bridge.dead-letter.message=bad payload",
                        "bridge.dead-letter.attempts=3");
        assertThat(engine.events(Retry.class, 2)).extracting(Retry::attempt).containsExactly(1, 2);
        DeadLettered told = engine.event(DeadLettered.class);
        assertThat(told.mqttTopic()).isEqualTo("a/1");
        assertThat(told.deadLetterTopic()).isEqualTo("dead");
    }

    @Test
    void retry_succeeds_producesInOrder() {
        codec.failures = 2;
        ScriptedConnection connection = failing(policy -> policy.retry(5, SHORT));
        connection.publish(qos1(1, "a/1", "bad"), qos1(2, "a/2", "good"));
        engine.kafka.expectNothing(QUIET);

        codec.goOn.countDown();

        Sent first = engine.kafka.next("bad");
        Sent second = engine.kafka.next("good");
        assertThat(first.record.topic()).isEqualTo("t");
        second.confirm();
        first.confirm();
        connection.expectPuback(1);
        connection.expectPuback(2);
    }

    @Test
    void assertionInUserCode_isAFailureOfTheMessage() {
        Route route = Route.fromMqtt("a/#")
                .qos(QoS.AT_LEAST_ONCE)
                .filter(payload -> {
                    throw new AssertionError("not what was expected");
                })
                .toKafka("t")
                .name("t")
                .onFailure(policy -> policy.skip())
                .build();
        ScriptedConnection connection = engine.route(route).connected();

        connection.publish(qos1(1, "a/b", "x"));

        connection.expectPuback(1);
    }

    @Test
    void deadLetter_refusedByKafka_stopsUnacknowledged() {
        ScriptedConnection connection = deadLettering();
        connection.publish(qos1(1, "a/b", "x"));
        engine.kafka.next("x").fail(new RecordTooLargeException("too large"));

        Sent dead = engine.kafka.next("x");
        dead.fail(new RecordTooLargeException("too large for the dead letter topic"));

        connection.expectDisconnect(0);
        assertThat(engine.event(RouteStopped.class).cause()).hasMessageContaining("onFailure.deadLetter: 'dead'");
    }

    @Test
    void deadLetter_expired_isDeliveredAgain() {
        ScriptedConnection first = deadLettering();
        first.publish(qos1(1, "a/b", "x"));
        engine.kafka.next("x").fail(new RecordTooLargeException("too large"));
        engine.kafka.next("x").fail(new TimeoutException("expired"));
        first.expectClosed();
        ScriptedConnection second = engine.established(true);

        second.publish(qos1(1, "a/b", "x").duplicate());
        engine.kafka.next("x").fail(new RecordTooLargeException("too large"));
        Sent dead = engine.kafka.next("x");
        assertThat(dead.record.topic()).isEqualTo("dead");
        dead.confirm();

        second.expectPuback(1);
    }

    @Test
    void stop_afterOtherMessages_acknowledgesThoseBeforeItOnly() {
        ScriptedConnection connection = engine.route("a/#", QoS.AT_LEAST_ONCE, "t")
                .drainTimeout(Duration.ofSeconds(10))
                .connected();
        connection.publish(qos1(1, "a/1", "1"), qos1(2, "a/2", "2"), qos1(3, "a/3", "3"));
        Sent before = engine.kafka.next("1");
        Sent failing = engine.kafka.next("2");
        Sent after = engine.kafka.next("3");

        failing.fail(new RecordTooLargeException("too large"));
        after.confirm();
        connection.expectNothing(QUIET);
        before.confirm();

        connection.expectPuback(1);
        connection.expectDisconnect(0);
        assertThat(engine.event(RouteStopped.class).mqttTopic()).isEqualTo("a/2");
    }

    @Test
    void stop_oneRoute_stopsTheOthersOfTheConnectionNamingTheCulprit() {
        ScriptedConnection connection = engine.route("a/#", QoS.AT_LEAST_ONCE, "t")
                .route("b/#", QoS.AT_LEAST_ONCE, "u")
                .connected();
        connection.publish(qos1(1, "a/1", "1"));
        engine.kafka.next("1").fail(new RecordTooLargeException("too large"));

        connection.expectDisconnect(0);

        assertThat(engine.events(RouteStopped.class, 2))
                .extracting(RouteStopped::route)
                .containsExactly("t", "u");
        assertThat(engine.events(RouteStopped.class).get(1).cause()).hasMessageContaining("route 't'");
        engine.broker.expectNoConnection(QUIET);
    }

    @Test
    void send_rightTakenAway_isTriedAgainUntilItIsBack() {
        ScriptedConnection connection = engine.route(
                        "a/#", QoS.AT_LEAST_ONCE, "t", route -> route.onFailure(policy -> policy.retry(5, SHORT)))
                .connected();
        connection.publish(qos1(1, "a/b", "x"));

        engine.kafka.next("x").fail(new TopicAuthorizationException(Set.of("t")));
        engine.kafka.next("x").fail(new TopicAuthorizationException(Set.of("t")));
        connection.expectNothing(QUIET);
        engine.kafka.next("x").confirm();

        connection.expectPuback(1);
        assertThat(engine.events(Retry.class, 2)).extracting(Retry::attempt).containsExactly(1, 2);
        engine.expectNoEvent(Disconnected.class);
    }

    @Test
    void send_rightTakenAwayByDefault_stopsUnacknowledged() {
        ScriptedConnection connection =
                engine.route("a/#", QoS.AT_LEAST_ONCE, "t").connected();
        connection.publish(qos1(1, "a/b", "x"));

        engine.kafka.next("x").fail(new TopicAuthorizationException(Set.of("t")));

        connection.expectDisconnect(0);
        assertThat(engine.event(RouteStopped.class).cause()).isInstanceOf(TopicAuthorizationException.class);
    }

    @Test
    void template_makesAnInternalName_isAFailureOfTheMessage() {
        ScriptedConnection connection = engine.route(
                        "in/{name}",
                        QoS.AT_LEAST_ONCE,
                        "{name}",
                        route ->
                                route.onFailure(policy -> policy.retry(5, SHORT).deadLetter("dead")))
                .connected();

        connection.publish(qos1(1, "in/__consumer_offsets", "x"));

        Sent dead = engine.kafka.next("x");
        assertThat(dead.record.topic()).isEqualTo("dead");
        assertThat(causeOf(dead)).contains("'__consumer_offsets' starts with '__'", "allowInternalTopics()");
        engine.expectNoEvent(Retry.class);
    }

    @Test
    void template_makesAnInternalNameThatIsAllowed_isWrittenTo() {
        ScriptedConnection connection = engine.route(
                        "in/{name}", QoS.AT_LEAST_ONCE, "{name}", route -> route.allowInternalTopics())
                .connected();

        connection.publish(qos1(1, "in/__audit", "x"));

        assertThat(engine.kafka.next("x").record.topic()).isEqualTo("__audit");
    }

    /** The dead letter topic is not one of them. */
    @Test
    void maxTopics_oneTopicMore_isAFailureOfThatMessage() {
        ScriptedConnection connection = engine.route(
                        "in/{name}", QoS.AT_LEAST_ONCE, "out-{name}", route -> route.maxTopics(2)
                                .onFailure(policy -> policy.retry(5, SHORT).deadLetter("dead")))
                .connected();

        connection.publish(qos1(1, "in/1", "1"), qos1(2, "in/2", "2"), qos1(3, "in/3", "3"), qos1(4, "in/1", "again"));

        assertThat(engine.kafka.next("1").record.topic()).isEqualTo("out-1");
        assertThat(engine.kafka.next("2").record.topic()).isEqualTo("out-2");
        Sent dead = engine.kafka.next("3");
        assertThat(dead.record.topic()).isEqualTo("dead");
        assertThat(causeOf(dead)).contains("maxTopics: 'out-3' would be one topic more than the 2");
        assertThat(engine.kafka.next("again").record.topic()).isEqualTo("out-1");
        engine.expectNoEvent(Retry.class);
    }

    /** What a dead letter says about its cause. */
    private static String causeOf(Sent dead) {
        return dead.headers().stream()
                .filter(header -> header.startsWith("bridge.dead-letter.message="))
                .findFirst()
                .orElseThrow();
    }

    private ScriptedConnection deadLettering() {
        return engine.route(
                        "a/#", QoS.AT_LEAST_ONCE, "t", route -> route.onFailure(policy -> policy.deadLetter("dead")))
                .connected();
    }

    /** Two routes; the messages "bad" of the first one fail. */
    private ScriptedConnection failing(Consumer<FailurePolicy.Builder> policy) {
        ToKafka<String> route = Route.fromMqtt("a/#")
                .qos(QoS.AT_LEAST_ONCE)
                .decode(codec)
                .toKafka("t")
                .name("t")
                .onFailure(policy);
        return engine.route(route.build()).route("b/#", QoS.AT_LEAST_ONCE, "u").connected();
    }

    /** Refuses the payload "bad" so many times; from the second time on only when the test says so. */
    private static final class HoldingCodec implements PayloadCodec<String> {
        final CountDownLatch goOn = new CountDownLatch(1);
        int failures = Integer.MAX_VALUE;
        private final AtomicInteger attempts = new AtomicInteger();

        @Override
        public String decode(byte[] payload, CodecContext context) {
            String text = new String(payload, StandardCharsets.UTF_8);
            if (text.equals("bad")) {
                int attempt = attempts.incrementAndGet();
                if (attempt > 1) {
                    awaitGoOn();
                }
                if (attempt <= failures) {
                    throw new CodecException("bad payload");
                }
            }
            return text;
        }

        private void awaitGoOn() {
            try {
                assertThat(goOn.await(10, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CodecException("interrupted", e);
            }
        }

        @Override
        public byte[] encode(String value, CodecContext context) {
            return value.getBytes(StandardCharsets.UTF_8);
        }
    }
}
