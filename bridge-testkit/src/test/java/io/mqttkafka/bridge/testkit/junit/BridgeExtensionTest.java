package io.mqttkafka.bridge.testkit.junit;

import static io.mqttkafka.bridge.testkit.assertj.BridgeAssertions.assertThat;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.testkit.ManualClock;
import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka;
import io.mqttkafka.bridge.testkit.fake.kafka.KafkaOperation;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import io.mqttkafka.bridge.testkit.packet.MqttPacketType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;

/** Each kind of thing that a test can leave behind is found, what is told is told, and nothing hides a failure. */
class BridgeExtensionTest {

    private static final Route ROUTE = Route.fromMqtt("sensors/#")
            .qos(QoS.AT_LEAST_ONCE)
            .toKafka("telemetry")
            .build();
    /** How many seconds a slow machine may take. */
    private static final int SLOW = 60;

    private static final String SECRET = "payload-that-nobody-prints";

    /** What the tests that are run here have left behind, to be removed. */
    private static final Queue<AutoCloseable> LEFT = new ConcurrentLinkedQueue<>();

    /** What each test that is run here was given. */
    private static final Map<String, List<Object>> GIVEN = new ConcurrentHashMap<>();

    private String printed = "";

    @AfterEach
    void removeWhatIsLeft() throws Exception {
        GIVEN.clear();
        for (AutoCloseable next = LEFT.poll(); next != null; next = LEFT.poll()) {
            next.close();
        }
    }

    @BridgeTest(patienceSeconds = SLOW)
    static class Good {
        private final FakeKafka inConstructor;

        Good(FakeKafka kafka) {
            inConstructor = kafka;
        }

        @BeforeEach
        void given(FakeMqttBroker mqtt, FakeKafka kafka) {
            GIVEN.put("before", List.of(mqtt, kafka, inConstructor));
        }

        @Test
        void bridges(FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges) {
            Bridge bridge = bridges.start(ROUTE);
            mqtt.publish("sensors/1", "21.5", 1);

            assertThat(kafka).topic("telemetry").containsInOrder("21.5");
            assertThat(GIVEN.get("before")).containsExactly(mqtt, kafka, kafka);
            GIVEN.put("test", List.of(mqtt, kafka, bridge));
        }
    }

    @Test
    void test_thatLeavesNothing_succeedsAndPrintsNothing() throws Exception {
        run(Good.class).testEvents().assertStatistics(stats -> stats.succeeded(1));

        assertThat(printed).isEmpty();
        assertThat(((FakeMqttBroker) GIVEN.get("test").get(0)).openConnections())
                .isEmpty();
        assertThat(((FakeKafka) GIVEN.get("test").get(1)).clients()).isZero();
        assertThat(((Bridge) GIVEN.get("test").get(2)).state()).hasToString("CLOSED");
    }

    @BridgeTest
    static class InVain {
        @Test
        void faults(FakeMqttBroker mqtt, FakeKafka kafka) {
            mqtt.faults().on(MqttPacketType.PUBACK).fromClient().nth(2).dropConnection();
            kafka.faults().on(KafkaOperation.SEND).topic("telemetry").nth(3).tooLarge();
        }

        @Test
        @BridgeTest(without = BridgeCheck.FAULTS)
        void faultsThatNeedNot(FakeMqttBroker mqtt) {
            mqtt.faults().on(MqttPacketType.PUBACK).fromClient().nth(2).dropConnection();
        }
    }

    @Test
    void faults_thatNeverHappen_failTheTestUnlessItSaysSo() {
        EngineExecutionResults results = run(InVain.class);

        results.testEvents().assertStatistics(stats -> stats.failed(1).succeeded(1));
        assertThat(failure(results))
                .hasMessageContaining(
                        "a fault that has never happened: on PUBACK from client nth(2): drop the connection")
                .hasMessageContaining(
                        "a fault that has never happened: SEND 'telemetry': nth(3).fail(RecordTooLargeException)");
    }

    @BridgeTest
    static class Fresh {
        @Test
        void one(FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges) {
            GIVEN.put("one", List.of(mqtt, kafka, bridges));
        }

        @Nested
        class Inside {
            @Test
            void two(FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges) {
                GIVEN.put("two", List.of(mqtt, kafka, bridges));
            }
        }
    }

    @Test
    void fakes_areFreshForEachTest_inNestedClassesToo() {
        run(Fresh.class).testEvents().assertStatistics(stats -> stats.succeeded(2));

        assertThat(GIVEN.get("one")).hasSize(3).doesNotContainAnyElementsOf(GIVEN.get("two"));
    }

    // It looks once, and what is closed for the test may take its time.
    @BridgeTest(
            patienceSeconds = 0,
            without = {BridgeCheck.CONNECTIONS, BridgeCheck.THREADS})
    static class Unacknowledged {
        @Test
        void kafkaHangs(FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges) {
            kafka.faults().on(KafkaOperation.SEND).hang();
            bridges.start(ROUTE);
            mqtt.publish("sensors/1", SECRET, 1);
            await().until(() -> !kafka.faults().happened().isEmpty());
        }
    }

    @Test
    void message_notAcknowledgedOnALiveConnection_failsTheTestAndPrintsTheLogs() {
        Throwable failure = failure(run(Unacknowledged.class));

        assertThat(failure)
                .hasMessageContaining("1 messages that 'bridge-test' has not acknowledged, though it is connected")
                .hasMessageContaining("'sensors/1'");
        assertThat(printed).contains("kafkaHangs", "-> PUBLISH", "fault SEND 'telemetry': hang");
        assertThat(printed + failure.getMessage()).doesNotContain(SECRET);
    }

    @BridgeTest(patienceSeconds = SLOW)
    static class LeftOnPurpose {
        @Test
        @BridgeTest(without = BridgeCheck.UNACKNOWLEDGED, patienceSeconds = SLOW)
        void kafkaHangs(FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges) {
            new Unacknowledged().kafkaHangs(mqtt, kafka, bridges);
        }

        @Nested
        class Closed {
            @Test
            void bridgeIsClosed(FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges) {
                kafka.faults().on(KafkaOperation.SEND).hang();
                try (Bridge bridge = bridges.start(ROUTE)) {
                    mqtt.publish("sensors/1", SECRET, 1);
                    kafka.faults().awaitHappened(1);
                    bridge.close(Duration.ZERO);
                }
            }
        }
    }

    @Test
    void message_notAcknowledgedOnPurposeOrWithoutAConnection_isNoFailure() {
        run(LeftOnPurpose.class).testEvents().assertStatistics(stats -> stats.succeeded(2));
    }

    @BridgeTest(patienceSeconds = 0)
    static class Connection {
        @Test
        void socketIsOpen(FakeMqttBroker mqtt) throws IOException {
            LEFT.add(new Socket(mqtt.host(), mqtt.port()));
            await().until(() -> mqtt.openConnections().size() == 1);
        }
    }

    @Test
    void socket_leftOpen_failsTheTest() {
        assertThat(failure(run(Connection.class)))
                .hasMessageContaining("a connection open at the fake MQTT broker: #1")
                .hasMessageNotContaining("thread");
    }

    @BridgeTest(patienceSeconds = 0)
    static class BridgeLeftOpen {
        @Test
        void bridgeIsNotClosed(FakeMqttBroker mqtt, FakeKafka kafka) {
            Bridge bridge = Bridge.builder()
                    .mqtt(m -> m.serverUri(mqtt.serverUri()).clientId("left"))
                    .kafka(k -> k.bootstrapServers(kafka.bootstrapServers()))
                    .route(ROUTE)
                    .drainTimeout(Duration.ZERO)
                    .build();
            LEFT.add(bridge);
            bridge.start();
        }
    }

    @Test
    void bridge_leftOpen_failsTheTestForItsSocketItsThreadsAndItsKafkaClients() {
        assertThat(failure(run(BridgeLeftOpen.class)))
                .hasMessageContaining("a connection open at the fake MQTT broker: #1 left")
                .hasMessageContaining("1 producers and consumers of the fake Kafka")
                .hasMessageContaining("a thread that runs: 'bridge-left")
                .hasMessageContaining("a thread that runs: 'bridge-left-reader'")
                .hasMessageContaining("a thread that runs: 'fake-kafka-producer-");
        assertThat(printed).contains("bridgeIsNotClosed", "<- CONNECT", "The fake Kafka has:");
    }

    @BridgeTest(patienceSeconds = 0)
    static class ThreadLeftBehind {
        @Test
        void threadRuns() {
            leaveThread("bridge-left-behind");
            leaveThread("some-other-thread");
        }
    }

    @Test
    void thread_thatRuns_failsTheTest() {
        assertThat(failure(run(ThreadLeftBehind.class)))
                .hasMessageContaining("a thread that runs: 'bridge-left-behind' in ")
                .hasMessageNotContaining("some-other-thread")
                .hasMessageNotContaining("connection");
    }

    @BridgeTest
    static class Failing {
        @Test
        void failsByItself(FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges) {
            leaveThread("bridge-left-behind");
            bridges.start(ROUTE);
            mqtt.publish("sensors/1", SECRET, 1);
            mqtt.awaitAllAcknowledged(BridgeStarter.CLIENT_ID);
            throw new IllegalStateException("the test's own failure");
        }
    }

    @Test
    void failure_ofTheTest_staysItsFailureAndPrintsTheLogs() {
        Throwable failure = failure(run(Failing.class));

        assertThat(failure).isInstanceOf(IllegalStateException.class).hasMessage("the test's own failure");
        assertThat(failure.getSuppressed()).isEmpty();
        assertThat(printed)
                .contains(
                        "failsByItself(FakeMqttBroker, FakeKafka, BridgeStarter) failed.",
                        "bridge-test <- PUBACK",
                        "telemetry-0: 1 committed records, 0 others, next offset 1")
                .doesNotContain(SECRET);
    }

    @BridgeTest
    static class FailingAfterEach {
        @AfterEach
        void fail() {
            throw new IllegalStateException("the failure of @AfterEach");
        }

        @Test
        void succeeds(FakeKafka kafka) {
            kafka.produce("telemetry", "1", SECRET);
        }
    }

    @Test
    void failure_ofAfterEach_printsTheLogs() {
        assertThat(failure(run(FailingAfterEach.class))).hasMessage("the failure of @AfterEach");

        assertThat(printed).contains("telemetry-0: 1 committed records").doesNotContain(SECRET);
    }

    @BridgeTest
    static class Aborted {
        @Test
        void needsSomethingThatIsNotThere(FakeMqttBroker mqtt) throws IOException {
            LEFT.add(new Socket(mqtt.host(), mqtt.port()));
            assumeTrue(false, "not there");
        }
    }

    @Test
    void test_thatIsAborted_staysAbortedAndPrintsNothing() {
        run(Aborted.class).testEvents().assertStatistics(stats -> stats.aborted(1)
                .failed(0));

        assertThat(printed).isEmpty();
    }

    @BridgeTest
    static class Shared {
        @BeforeAll
        static void forAll(FakeMqttBroker mqtt) {
            mqtt.publish("a", "b", 0);
        }

        @Test
        void never() {}
    }

    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    @ExtendWith(BridgeExtension.class)
    static class OneInstance {
        OneInstance(FakeKafka kafka) {
            kafka.topics();
        }

        @Test
        void never() {}
    }

    @Test
    void parameter_thatSeveralTestsWouldShare_isRefused() {
        for (Class<?> type : List.of(Shared.class, OneInstance.class)) {
            assertThat(run(type).containerEvents().failed().list())
                    .singleElement()
                    .satisfies(event -> assertThat(event.getRequiredPayload(TestExecutionResult.class)
                                    .getThrowable()
                                    .orElseThrow())
                            .hasMessageContaining("take it in the test or in @BeforeEach"));
        }
    }

    @BridgeTest(patienceSeconds = 0)
    @Execution(ExecutionMode.CONCURRENT)
    static class Parallel {
        private static final CyclicBarrier TOGETHER = new CyclicBarrier(2);

        @Test
        void leaves(FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges) throws Exception {
            TOGETHER.await(1, TimeUnit.MINUTES);
            leaveThread("bridge-left-behind");
            bridges.start(ROUTE);
            GIVEN.put("leaves", List.of(mqtt, kafka, bridges));
            TOGETHER.await(1, TimeUnit.MINUTES);
            TOGETHER.await(1, TimeUnit.MINUTES);
        }

        @Test
        @BridgeTest(patienceSeconds = SLOW) // waits for threads of its own that are about to end
        void leavesNothing(FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges) throws Exception {
            TOGETHER.await(1, TimeUnit.MINUTES);
            bridges.start(ROUTE);
            mqtt.publish("sensors/1", "21.5", 1);
            GIVEN.put("leavesNothing", List.of(mqtt, kafka, bridges));
            TOGETHER.await(1, TimeUnit.MINUTES);
            assertThat(kafka).topic("telemetry").hasRecords(1);
            TOGETHER.await(1, TimeUnit.MINUTES);
        }
    }

    @Test
    void tests_inParallel_haveFakesOfTheirOwnAndAnswerForTheirOwnThreads() {
        EngineExecutionResults results = run(
                Parallel.class,
                Map.of(
                        "junit.jupiter.execution.parallel.enabled", "true",
                        "junit.jupiter.execution.parallel.config.strategy", "fixed",
                        "junit.jupiter.execution.parallel.config.fixed.parallelism", "2"));

        Set<Object> all = new HashSet<>(GIVEN.get("leaves"));
        all.addAll(GIVEN.get("leavesNothing"));
        assertThat(all).hasSize(6);
        List<Event> failed = results.testEvents().failed().list();
        assertThat(failed).singleElement().satisfies(event -> assertThat(
                        event.getTestDescriptor().getDisplayName())
                .startsWith("leaves("));
        assertThat(failure(results)).hasMessageContaining("'bridge-left-behind'");
        assertThat(results.testEvents().succeeded().list()).hasSize(1);
    }

    @BridgeTest(patienceSeconds = SLOW)
    static class Configured {
        @BridgeFakes
        static void ofAll(FakeKafka.Builder kafka) {
            kafka.partitions(2);
        }

        @Nested
        class Inside {
            @BridgeFakes
            static void more(FakeMqttBroker.Builder mqtt, FakeKafka.Builder kafka) {
                mqtt.maximumQos(1);
                kafka.partitions(3);
            }

            @Test
            void inner(FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges) {
                GIVEN.put("inner", partitions(kafka));
                bridges.start(ROUTE);
                mqtt.publish("sensors/1", "21.5", 1);
                mqtt.awaitAllAcknowledged(BridgeStarter.CLIENT_ID);
                GIVEN.put("log", List.of(mqtt.packetLog()));
            }
        }

        @Test
        void outer(FakeKafka kafka) {
            GIVEN.put("outer", partitions(kafka));
        }

        private static List<Object> partitions(FakeKafka kafka) {
            for (int i = 0; i < 6; i++) {
                kafka.produce("t", null, "x");
            }
            return kafka.records("t").stream()
                    .map(record -> (Object) record.partition())
                    .distinct()
                    .toList();
        }
    }

    @Test
    void fakes_areMadeAsTheClassAndThoseAroundItSay() {
        run(Configured.class).testEvents().assertStatistics(stats -> stats.succeeded(2));

        assertThat(GIVEN.get("outer")).containsExactly(0, 1);
        assertThat(GIVEN.get("inner")).containsExactly(0, 1, 2);
        assertThat(GIVEN.get("log").get(0).toString()).contains("MAXIMUM_QOS=1");
    }

    @BridgeTest
    static class NotStatic {
        @BridgeFakes
        void neverCalled(FakeKafka.Builder kafka) {}

        @Test
        void never() {}
    }

    @BridgeTest
    static class WrongParameter {
        @BridgeFakes
        static void neverCalled(String kafka) {}

        @Test
        void never(FakeKafka kafka) {}
    }

    @Test
    void fakes_ofAMethodThatCannotBeCalled_areRefused() {
        assertThat(failure(run(NotStatic.class))).hasMessageContaining("is not static");
        assertThat(failure(run(WrongParameter.class))).hasStackTraceContaining("takes a String");
    }

    @BridgeTest(patienceSeconds = SLOW)
    static class WithClock {
        @Test
        void reconnects(FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges, ManualClock clock) {
            Bridge bridge = bridges.start(ROUTE);
            kafka.produce("t", null, "x");
            assertThat(kafka.records("t").get(0).timestamp()).isZero();

            mqtt.dropConnection(BridgeStarter.CLIENT_ID);
            Duration pause = clock.awaitPause();
            assertThat(pause).isBetween(Duration.ofNanos(2_500_000), Duration.ofMillis(5));
            clock.advance(pause);
            mqtt.awaitConnected(BridgeStarter.CLIENT_ID);
            // Further than any keep-alive but the longest.
            clock.advance(Duration.ofHours(20));

            assertThat(mqtt.connectedClients()).contains(BridgeStarter.CLIENT_ID);
            GIVEN.put("clock", List.of(clock, bridge));
        }

        @Test
        void nobodyMovesIt(FakeMqttBroker mqtt, ManualClock clock) {
            GIVEN.put("other", List.of(clock, mqtt));
        }
    }

    @Test
    void clock_asAParameter_isWhatFakesAndBridgesOfTheTestLiveBy() {
        run(WithClock.class).testEvents().assertStatistics(stats -> stats.succeeded(2));

        assertThat(GIVEN.get("clock").get(0)).isNotSameAs(GIVEN.get("other").get(0));
    }

    @BridgeTest
    static class FailingWithFaults {
        @Test
        void fails(FakeMqttBroker mqtt, BridgeStarter bridges) {
            mqtt.faults().seed(42).on(MqttPacketType.PUBACK).fromClient().nth(1).dropPacket();
            mqtt.faults().on(MqttPacketType.PINGREQ).withProbability(0.5).dropPacket();
            bridges.start(ROUTE);
            mqtt.publish("sensors/1", SECRET, 1);
            await().until(() -> !mqtt.faults().happened().isEmpty());
            throw new IllegalStateException("the test's own failure");
        }
    }

    @Test
    void failure_withFaults_printsThemAndTheirSeed() {
        failure(run(FailingWithFaults.class));

        assertThat(printed)
                .contains("Faults at the fake MQTT broker:", "PUBACK id=1", "nth(1)", "faults().seed(42L)")
                .doesNotContain(SECRET);
    }

    private static void leaveThread(String name) {
        CountDownLatch end = new CountDownLatch(1);
        Thread thread = new Thread(
                () -> {
                    try {
                        end.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                name);
        thread.setDaemon(true);
        thread.start();
        LEFT.add(() -> {
            end.countDown();
            thread.join();
        });
    }

    private EngineExecutionResults run(Class<?> tests) {
        return run(tests, Map.of());
    }

    private EngineExecutionResults run(Class<?> tests, Map<String, String> parameters) {
        PrintStream before = System.err;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        System.setErr(new PrintStream(bytes, true, UTF_8));
        try {
            return EngineTestKit.engine("junit-jupiter")
                    .selectors(selectClass(tests))
                    .configurationParameters(parameters)
                    .execute();
        } finally {
            System.setErr(before);
            printed = bytes.toString(UTF_8);
        }
    }

    /** The only failure. */
    private static Throwable failure(EngineExecutionResults results) {
        List<Throwable> failures = new ArrayList<>();
        for (Event event : results.testEvents().failed().list()) {
            failures.add(event.getRequiredPayload(TestExecutionResult.class)
                    .getThrowable()
                    .orElseThrow());
        }
        assertThat(failures).hasSize(1);
        return failures.get(0);
    }
}
