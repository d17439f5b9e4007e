package io.mqttkafka.bridge.testkit.junit;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.BridgeBuilder;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.config.MqttVersion;
import io.mqttkafka.bridge.failure.Backoff;
import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Starts the bridges of a {@link BridgeTest}, and closes them when the test is over.
 *
 * <p>Thread-safe.
 */
public final class BridgeStarter {

    /** The MQTT client id of {@link #builder()}; routes from Kafka append {@code -out}. */
    public static final String CLIENT_ID = "bridge-test";

    /** The longest that MQTT has: pings go by the machine's time, which a broker with a clock does not live by. */
    private static final Duration LONGEST_KEEP_ALIVE = Duration.ofSeconds(65_535);

    private static final Backoff RECONNECT = Backoff.exponential(Duration.ofMillis(5), Duration.ofMillis(200));

    private final Supplier<FakeMqttBroker> mqtt;
    private final Supplier<FakeKafka> kafka;
    private final boolean virtualTime;
    private final MqttVersion version;

    // guarded by this
    private final Deque<Bridge> started = new ArrayDeque<>();

    BridgeStarter(Supplier<FakeMqttBroker> mqtt, Supplier<FakeKafka> kafka, boolean virtualTime, MqttVersion version) {
        this.version = version;
        this.virtualTime = virtualTime;
        this.mqtt = mqtt;
        this.kafka = kafka;
    }

    /**
     * Returns a builder that knows the brokers of the test and speaks {@link BridgeTest#version()}, with the client id {@link
     * #CLIENT_ID}, and that connects again
     * after 5 to 200 milliseconds; it lacks routes. In a test with a {@link io.mqttkafka.bridge.testkit.ManualClock} these
     * pass when the clock is moved, and the keep-alive is 65,535 seconds.
     */
    public BridgeBuilder builder() {
        return Bridge.builder()
                .mqtt(m -> {
                    m.serverUri(mqtt.get().serverUri())
                            .clientId(CLIENT_ID)
                            .version(version)
                            .reconnect(RECONNECT);
                    if (virtualTime) {
                        m.keepAlive(LONGEST_KEEP_ALIVE);
                    }
                })
                .kafka(k -> k.bootstrapServers(kafka.get().bootstrapServers()));
    }

    /**
     * Starts a bridge with these routes, made by {@link #builder()}.
     *
     * @return the bridge, which need not be closed
     * @throws io.mqttkafka.bridge.error.BridgeException if it cannot be built or does not start
     */
    public Bridge start(Route... routes) {
        BridgeBuilder builder = builder();
        List.of(routes).forEach(builder::route);
        return start(builder.build());
    }

    /**
     * Starts a bridge that the test, or the code under test, has built.
     *
     * @return the bridge, which need not be closed
     * @throws io.mqttkafka.bridge.error.BridgeException if it does not start
     */
    public Bridge start(Bridge bridge) {
        synchronized (this) {
            started.push(bridge);
        }
        return bridge.start();
    }

    /** Closes all bridges, the last one first, without waiting for what is in flight. */
    void close() {
        for (Bridge next = pop(); next != null; next = pop()) {
            next.close(Duration.ZERO);
        }
    }

    private synchronized @Nullable Bridge pop() {
        return started.poll();
    }
}
