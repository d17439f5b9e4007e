package io.mqttkafka.bridge.tests.source;

import static io.mqttkafka.bridge.tests.engine.Engine.QUIET;
import static io.mqttkafka.bridge.tests.engine.Engine.qos1;
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
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import io.mqttkafka.bridge.testkit.packet.ScriptedConnection;
import io.mqttkafka.bridge.tests.engine.Engine;
import io.mqttkafka.bridge.tests.engine.LogCapture;
import io.mqttkafka.bridge.tests.engine.ScriptedKafka.Sent;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

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
        assertThat(told.origin()).isEqualTo("a/1");
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

    /** The last resort must not fail for what the message failed for. */
    @Test
    void deadLetter_tooLargeForKafka_isCutUntilItFits() throws NoSuchAlgorithmException {
        ScriptedConnection connection = deadLettering();
        String payload = "0123456789".repeat(1_000);
        connection.publish(PublishPacket.to("a/b")
                .qos(1)
                .packetId(1)
                .payload(payload)
                .userProperty("small", "kept")
                .userProperty("large", "x".repeat(9_000))
                .build());
        engine.kafka.next(payload).fail(new RecordTooLargeException("too large"));
        Sent whole = engine.kafka.next(payload);
        assertThat(whole.headers()).noneMatch(header -> header.startsWith("bridge.dead-letter.cut"));

        whole.fail(new RecordTooLargeException("too large for the dead letter topic"));
        Sent cut = engine.kafka.next();
        cut.fail(new RecordTooLargeException("too large for the dead letter topic"));
        Sent smaller = engine.kafka.next();
        smaller.confirm();

        connection.expectPuback(1);
        assertThat(size(cut)).isLessThan(size(whole) / 2 + 1);
        assertThat(size(smaller)).isLessThan(size(whole) / 4 + 1);
        assertThat(payload).startsWith(smaller.value());
        assertThat(smaller.value()).isNotEmpty();
        assertThat(new String(smaller.record.key(), StandardCharsets.UTF_8)).isEqualTo("a/b");
        assertThat(smaller.headers())
                .contains(
                        "bridge.dead-letter.route=t",
                        "bridge.dead-letter.cut=payload,headers",
                        "bridge.dead-letter.size=10000",
                        "bridge.dead-letter.sha-256=" + sha256(payload),
                        "mqtt.topic=a/b",
                        "small=kept")
                .noneMatch(header -> header.startsWith("large="));
        assertThat(engine.events(DeadLettered.class, 1)).hasSize(1);
        engine.expectNoEvent(RouteStopped.class);
    }

    @Test
    void deadLetter_longTopicAndLargeProperties_areLeftOutInTheEnd() {
        ScriptedConnection connection = deadLettering();
        connection.publish(PublishPacket.to("a/" + "b".repeat(40_000))
                .qos(1)
                .packetId(1)
                .payload("x")
                .userProperty("k", "v".repeat(40_000))
                .build());
        engine.kafka.next("x").fail(new RecordTooLargeException("too large"));

        Sent dead = engine.kafka.next();
        while (size(dead) > 3_000) {
            dead.fail(new RecordTooLargeException("more than 3,000"));
            dead = engine.kafka.next();
        }
        dead.confirm();

        connection.expectPuback(1);
        assertThat(dead.value()).isEqualTo("x");
        assertThat(dead.record.key()).isNull();
        assertThat(dead.headers()).contains("bridge.dead-letter.cut=headers,key", "bridge.dead-letter.size=1");
    }

    @Test
    void deadLetter_tooLargeHoweverSmall_stopsUnacknowledged() {
        ScriptedConnection connection = deadLettering();
        connection.publish(qos1(1, "a/b", "x".repeat(100_000)));
        int sent = 0;
        while (engine.events(RouteStopped.class).isEmpty()) {
            Optional<Sent> one = engine.kafka.poll(QUIET);
            sent += one.isPresent() ? 1 : 0;
            one.ifPresent(record -> record.fail(new RecordTooLargeException("too large for the dead letter topic")));
        }

        connection.expectDisconnect(0);
        assertThat(engine.event(RouteStopped.class).cause()).hasMessageContaining("onFailure.deadLetter: 'dead'");
        assertThat(sent).isBetween(3, 20);
    }

    @Test
    void deadLetter_refusedByKafka_stopsUnacknowledged() {
        ScriptedConnection connection = deadLettering();
        connection.publish(qos1(1, "a/b", "x"));
        engine.kafka.next("x").fail(new RecordTooLargeException("too large"));

        Sent dead = engine.kafka.next("x");
        dead.fail(new InvalidRecordException("not for the dead letter topic"));

        connection.expectDisconnect(0);
        assertThat(engine.event(RouteStopped.class).cause()).hasMessageContaining("onFailure.deadLetter: 'dead'");
    }

    static Stream<Throwable> failuresOfTheProgram() {
        return Stream.of(
                new NoSuchMethodError("'void com.example.Old.gone()'"),
                new NoClassDefFoundError("com/example/Missing"),
                new ExceptionInInitializerError(new IllegalStateException("canary")),
                new ServiceConfigurationError("canary"),
                new CodecException("wrapped", new NoSuchFieldError("com.example.Old.gone")),
                new CompletionException(new IllegalStateException("canary", new AbstractMethodError("gone"))));
    }

    /** No message can be at fault for that: giving them up would lose them all. */
    @ParameterizedTest
    @MethodSource("failuresOfTheProgram")
    void failureOfTheProgram_stopsTheRouteAndGivesNothingUp(Throwable failure) {
        try (LogCapture log = new LogCapture()) {
            Route route = Route.fromMqtt("a/#")
                    .qos(QoS.AT_LEAST_ONCE)
                    .filter(payload -> RoutingFailureTest.<RuntimeException>sneaky(failure))
                    .toKafka("t")
                    .name("t")
                    .onFailure(policy -> policy.retry(5, SHORT).deadLetter("dead"))
                    .build();
            ScriptedConnection connection = engine.route(route).connected();

            connection.publish(qos1(1, "a/b", "x"), qos1(2, "a/c", "y"));

            connection.expectDisconnect(0);
            assertThat(engine.event(RouteStopped.class).cause())
                    .hasMessageContaining("the code of the route cannot run: ")
                    .hasMessageContaining("mend the class path or the code");
            engine.kafka.expectNothing(QUIET);
            engine.expectNoEvent(Retry.class);
            engine.expectNoEvent(DeadLettered.class);
            assertThat(log.lines()).noneMatch(line -> line.contains("canary"));
        }
    }

    @Test
    void failureOfTheProgram_atQos0_stopsTheRouteToo() {
        Route route = Route.fromMqtt("a/#")
                .filter(payload -> RoutingFailureTest.<RuntimeException>sneaky(new NoSuchMethodError("gone")))
                .toKafka("t")
                .name("t")
                .build();
        ScriptedConnection connection = engine.route(route).connected();

        connection.publish(Engine.qos0("a/b", "x"));

        connection.expectDisconnect(0);
        assertThat(engine.event(RouteStopped.class).cause()).hasMessageContaining("NoSuchMethodError (gone)");
    }

    @Test
    void stackOverflow_isAFailureOfTheMessage() {
        Route route = Route.fromMqtt("a/#")
                .qos(QoS.AT_LEAST_ONCE)
                .filter(payload -> RoutingFailureTest.<RuntimeException>sneaky(new StackOverflowError()))
                .toKafka("t")
                .name("t")
                .onFailure(policy -> policy.deadLetter("dead"))
                .build();
        ScriptedConnection connection = engine.route(route).connected();

        connection.publish(qos1(1, "a/b", "x"));
        engine.kafka.next("x").confirm();

        connection.expectPuback(1);
    }

    /** With the place in the user's code, and without what it says, which may be the payload. */
    @Test
    void firstDeadLetter_isLogged_withTheUsersFrames_thenTheyAreCounted() {
        try (LogCapture log = new LogCapture()) {
            Route route = Route.fromMqtt("a/#")
                    .qos(QoS.AT_LEAST_ONCE)
                    .filter(payload -> refuse(payload))
                    .toKafka("t")
                    .name("t")
                    .onFailure(policy -> policy.deadLetter("dead"))
                    .build();
            ScriptedConnection connection = engine.route(route).connected();
            connection.publish(qos1(1, "a/1", "canary"), qos1(2, "a/2", "canary"), qos1(3, "a/3", "canary"));
            for (int i = 1; i <= 3; i++) {
                engine.kafka.next("canary").confirm();
                connection.expectPuback(i);
            }
            engine.close();

            assertThat(log.lines())
                    .filteredOn(line -> line.contains("dead letter topic"))
                    .hasSize(2)
                    .allMatch(line -> line.contains("RoutingFailureTest.refuse(RoutingFailureTest.java:"))
                    .allMatch(line -> line.contains("java.lang.IllegalArgumentException"))
                    .satisfiesExactly(
                            first -> assertThat(first).contains("Route 't' wrote a message", "at 'a/1'"),
                            rest -> assertThat(rest).contains("wrote 2 more messages", "the last one at 'a/3'"));
            assertThat(log.lines()).noneMatch(line -> line.contains("canary"));
        }
    }

    private static boolean refuse(byte[] payload) {
        throw new IllegalArgumentException("refused: " + new String(payload, StandardCharsets.UTF_8));
    }

    @SuppressWarnings("unchecked")
    private static <E extends Throwable> boolean sneaky(Throwable failure) throws E {
        throw (E) failure;
    }

    private static int size(Sent sent) {
        int size = sent.record.key() == null ? 0 : sent.record.key().length;
        for (String header : sent.headers()) {
            size += header.length();
        }
        return size + sent.record.value().length;
    }

    private static String sha256(String text) throws NoSuchAlgorithmException {
        return HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
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
        assertThat(engine.event(RouteStopped.class).origin()).isEqualTo("a/2");
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

        Sent first = engine.kafka.next("1");
        assertThat(first.record.topic()).isEqualTo("out-1");
        first.confirm();
        Sent second = engine.kafka.next("2");
        assertThat(second.record.topic()).isEqualTo("out-2");
        second.confirm();
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
