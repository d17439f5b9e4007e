package io.mqttkafka.bridge.testkit.junit;

import io.mqttkafka.bridge.config.MqttVersion;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Gives each JUnit test of a class a fake MQTT broker, a fake Kafka and bridges between them, and looks at what it leaves
 * behind.
 *
 * <pre>{@code
 * @BridgeTest
 * class TelemetryTest {
 *     @Test
 *     void reading_isInKafka(FakeMqttBroker mqtt, FakeKafka kafka, BridgeStarter bridges) {
 *         bridges.start(Telemetry.route());
 *         mqtt.publish("sensors/1/temp", "21.5", 1);
 *         assertThat(kafka).topic("telemetry").containsInOrder("21.5");
 *     }
 * }
 * }</pre>
 *
 * <p>{@link io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker}, {@link io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka} and {@link
 * BridgeStarter} can be parameters of the test, of its {@code @BeforeEach} and {@code @AfterEach} methods, and of the
 * constructor; all of them get the same. Each test has its own; they start when they are first asked for.
 *
 * <p>A {@link io.mqttkafka.bridge.testkit.ManualClock} can be a parameter of all these too. Then the fakes of the test, and the
 * bridges between them, live by it. What else differs from the defaults is said by a method marked {@link BridgeFakes}.
 *
 * <p>When the test is over, {@code @AfterEach} methods included, a test that has not failed fails if it leaves behind what
 * {@link BridgeCheck} names; bridges that a {@link BridgeStarter} started are closed for it. When a test fails, the packet log of the
 * broker, the faults that have happened, with the seed of those by chance, and the summary of Kafka are printed to {@link
 * System#err}, without payloads.
 *
 * <p>On a method, beside {@code @Test}, it stands for that test, and overrides what the class says. Nested classes need
 * not repeat it. Tests may run in parallel: then only threads count that the test's own thread, or one begun by it, has
 * begun; otherwise all threads count that were not there before.
 *
 * <p>Needs JUnit Jupiter.
 */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@ExtendWith(BridgeExtension.class)
public @interface BridgeTest {

    /** How long a test may take to leave nothing behind, unless {@link #patienceSeconds()} says otherwise. */
    int PATIENCE_SECONDS = 10;

    /** What is not looked at, for tests that mean to leave it behind. Default: all of it is. */
    BridgeCheck[] without() default {};

    /**
     * Which version of MQTT the bridges of {@link BridgeStarter#builder()} speak with the fake MQTT broker. Default: MQTT 5.
     */
    MqttVersion version() default MqttVersion.V5;

    /** How long, in seconds, a test may take to leave nothing behind; zero looks once. Default: 10. */
    int patienceSeconds() default PATIENCE_SECONDS;
}
