package io.mqttkafka.bridge.testkit.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a static method of a {@link BridgeTest} that says how the fakes of each test differ from the defaults.
 *
 * <pre>{@code
 * @BridgeFakes
 * static void small(FakeMqttBroker.Builder mqtt, FakeKafka.Builder kafka) {
 *     mqtt.receiveMaximum(1);
 *     kafka.partitions(3);
 * }
 * }</pre>
 *
 * <p>Its parameters are any of {@link io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker.Builder}, {@link
 * io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka.Builder} and {@link io.mqttkafka.bridge.testkit.ManualClock}. It is called once
 * for each test, before its first fake starts. Where there are several, those of superclasses and of enclosing classes come
 * first.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@Documented
public @interface BridgeFakes {}
