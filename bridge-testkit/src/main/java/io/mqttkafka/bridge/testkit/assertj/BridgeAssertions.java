package io.mqttkafka.bridge.testkit.assertj;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.testkit.broker.KafkaBroker;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import java.time.Duration;

/**
 * Where assertions about bridges and brokers begin; to be imported statically beside AssertJ's own.
 *
 * <pre>{@code
 * assertThat(kafka).topic("telemetry").containsInOrder("21.5", "21.6");
 * assertThat(mqtt).acknowledged(publication).neverAcknowledgedBefore(kafka);
 * assertThat(bridge).eventuallyHealthy();
 * }</pre>
 *
 * <p>An assertion that something is there waits for it, {@link #PATIENCE} at the longest, or as {@code within(..)} says:
 * {@code assertThat(kafka).within(Duration.ofMinutes(1)).topic("telemetry").hasRecords(1)}. Needs AssertJ. Thread-safe.
 */
public final class BridgeAssertions {

    /** How long an assertion waits for what it asserts, unless {@code within(..)} says otherwise. */
    public static final Duration PATIENCE = Duration.ofSeconds(10);

    private BridgeAssertions() {}

    /** Begins an assertion about a Kafka, fake or real. */
    public static KafkaAssert assertThat(KafkaBroker kafka) {
        return new KafkaAssert(kafka);
    }

    /** Begins an assertion about a bridge. */
    public static BridgeAssert assertThat(Bridge bridge) {
        return new BridgeAssert(bridge);
    }

    /** Begins an assertion about a fake MQTT broker. */
    public static MqttAssert assertThat(FakeMqttBroker mqtt) {
        return new MqttAssert(mqtt);
    }
}
