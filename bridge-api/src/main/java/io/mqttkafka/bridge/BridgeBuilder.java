package io.mqttkafka.bridge;

import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.config.LoopOptions;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.config.StatusOptions;
import io.mqttkafka.bridge.error.BridgeConfigException;
import io.mqttkafka.bridge.event.BridgeListener;
import io.mqttkafka.bridge.spi.BridgeConfig;
import io.mqttkafka.bridge.spi.BridgeProvider;
import io.mqttkafka.bridge.spi.Once;
import io.mqttkafka.bridge.spi.RouteDefinition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.ServiceLoader;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Collects what a {@link Bridge} needs: the two sides and at least one route. Each option can be set once; routes and
 * listeners add up.
 *
 * <p>Not thread-safe.
 */
public final class BridgeBuilder {
    private static final Duration LONGEST = Duration.ofDays(1);

    private final Once once = new Once();
    private @Nullable MqttOptions mqtt;
    private @Nullable KafkaOptions kafka;
    private final List<Route> routes = new ArrayList<>();
    private final List<BridgeListener> listeners = new ArrayList<>();
    private Duration startTimeout = Duration.ofSeconds(30);
    private StartMode startMode = StartMode.UNTIL_TIMEOUT;
    private Duration drainTimeout = Duration.ofSeconds(10);
    private Duration stallThreshold = Duration.ofSeconds(30);
    private LoopOptions loops = LoopOptions.defaults();
    private @Nullable StatusOptions status;

    BridgeBuilder() {}

    /**
     * Sets the MQTT side.
     *
     * @param options sets the options
     * @return this
     * @throws IllegalStateException if set before
     * @throws BridgeConfigException if the options do not fit each other
     */
    public BridgeBuilder mqtt(Consumer<MqttOptions.Builder> options) {
        MqttOptions.Builder builder = MqttOptions.builder();
        options.accept(builder);
        return mqtt(builder.build());
    }

    /**
     * Sets the MQTT side.
     *
     * @param options the options
     * @return this
     * @throws IllegalStateException if set before
     */
    public BridgeBuilder mqtt(MqttOptions options) {
        mqtt = once.set("mqtt", Objects.requireNonNull(options, "options"));
        return this;
    }

    /**
     * Sets the Kafka side.
     *
     * @param options sets the options
     * @return this
     * @throws IllegalStateException if set before
     * @throws BridgeConfigException if the options do not fit each other
     */
    public BridgeBuilder kafka(Consumer<KafkaOptions.Builder> options) {
        KafkaOptions.Builder builder = KafkaOptions.builder();
        options.accept(builder);
        return kafka(builder.build());
    }

    /**
     * Sets the Kafka side.
     *
     * @param options the options
     * @return this
     * @throws IllegalStateException if set before
     */
    public BridgeBuilder kafka(KafkaOptions options) {
        kafka = once.set("kafka", Objects.requireNonNull(options, "options"));
        return this;
    }

    /**
     * Adds a route. At least one is needed.
     *
     * @param route the route
     * @return this
     * @throws NullPointerException if {@code route} is null
     * @throws IllegalArgumentException if it was not made by {@link Route#fromMqtt} or {@link Route#fromKafka}
     */
    public BridgeBuilder route(Route route) {
        routes.add(RouteDefinition.of(route));
        return this;
    }

    /**
     * Adds a listener. Can be called repeatedly; each is told everything. Default: none.
     *
     * @param listener the listener
     * @return this
     * @throws NullPointerException if {@code listener} is null
     */
    public BridgeBuilder listener(BridgeListener listener) {
        listeners.add(Objects.requireNonNull(listener, "listener"));
        return this;
    }

    /**
     * Sets how long {@link Bridge#start()} goes on trying to reach the brokers. Default: 30 seconds.
     *
     * @param timeout from 1 millisecond to 1 day
     * @return this
     * @throws IllegalArgumentException if out of range
     * @throws IllegalStateException if set before
     */
    public BridgeBuilder startTimeout(Duration timeout) {
        startTimeout = once.set("startTimeout", inRange("startTimeout", timeout, Duration.ofMillis(1)));
        return this;
    }

    /**
     * Sets what becomes of a start whose brokers are not there when the start timeout is over. Default: {@link
     * StartMode#UNTIL_TIMEOUT}, it fails.
     *
     * @param mode what becomes of it
     * @return this
     * @throws NullPointerException if {@code mode} is null
     * @throws IllegalStateException if set before
     */
    public BridgeBuilder startMode(StartMode mode) {
        startMode = once.set("startMode", Objects.requireNonNull(mode, "mode"));
        return this;
    }

    /**
     * Sets how long {@link Bridge#close()} waits for messages in flight. Default: 10 seconds.
     *
     * @param timeout from 0 to 1 day; 0 waits for nothing
     * @return this
     * @throws IllegalArgumentException if out of range
     * @throws IllegalStateException if set before
     */
    public BridgeBuilder drainTimeout(Duration timeout) {
        drainTimeout = once.set("drainTimeout", inRange("drainTimeout", timeout, Duration.ZERO));
        return this;
    }

    /**
     * Sets the age from which an unacknowledged message, or an offset that is not committed, is reported as stalled and makes
     * the bridge {@link BridgeState#DEGRADED}. Default: 30 seconds.
     *
     * @param threshold from 1 millisecond to 1 day
     * @return this
     * @throws IllegalArgumentException if out of range
     * @throws IllegalStateException if set before
     */
    public BridgeBuilder stallThreshold(Duration threshold) {
        stallThreshold = once.set("stallThreshold", inRange("stallThreshold", threshold, Duration.ofMillis(1)));
        return this;
    }

    /**
     * Sets how messages are kept from going round in circles. Default: {@link LoopOptions#defaults()}; a bridge with routes in
     * both directions marks its messages and stops those that come back, and refuses routes that plainly feed each other.
     *
     * @param options sets the options
     * @return this
     * @throws IllegalStateException if set before
     */
    public BridgeBuilder loops(Consumer<LoopOptions.Builder> options) {
        LoopOptions.Builder builder = LoopOptions.builder();
        options.accept(builder);
        return loops(builder.build());
    }

    /**
     * Sets how messages are kept from going round in circles. Default: {@link LoopOptions#defaults()}.
     *
     * @param options the options
     * @return this
     * @throws IllegalStateException if set before
     */
    public BridgeBuilder loops(LoopOptions options) {
        loops = once.set("loops", Objects.requireNonNull(options, "options"));
        return this;
    }

    /**
     * Lets the bridge say in MQTT how it is: {@code online}, {@code draining} or {@code offline}, retained. Default: it does
     * not.
     *
     * @param topic the MQTT topic, one of its own for each bridge
     * @return this
     * @throws IllegalArgumentException if it is no topic to publish to
     * @throws IllegalStateException if set before
     */
    public BridgeBuilder status(String topic) {
        return status(s -> s.topic(topic));
    }

    /**
     * Lets the bridge say in MQTT how it is: {@code online}, {@code draining} or {@code offline}, retained. Default: it does
     * not.
     *
     * @param options sets the options
     * @return this
     * @throws IllegalStateException if set before
     * @throws BridgeConfigException if there is no topic
     */
    public BridgeBuilder status(Consumer<StatusOptions.Builder> options) {
        StatusOptions.Builder builder = StatusOptions.builder();
        options.accept(builder);
        return status(builder.build());
    }

    /**
     * Lets the bridge say in MQTT how it is: {@code online}, {@code draining} or {@code offline}, retained. Default: it does
     * not.
     *
     * @param options the options
     * @return this
     * @throws IllegalStateException if set before
     */
    public BridgeBuilder status(StatusOptions options) {
        status = once.set("status", Objects.requireNonNull(options, "options"));
        return this;
    }

    /**
     * Builds the bridge. Checks filters, templates and options against each other; connects to nothing.
     *
     * @return the bridge, not started
     * @throws BridgeConfigException if something is missing, illegal or does not fit; the message names the option, the
     *     value and the mend
     */
    public Bridge build() {
        if (mqtt == null) {
            throw new BridgeConfigException("mqtt: is not set; add .mqtt(m -> m.serverUri(\"tcp://broker:1883\")...)");
        }
        if (kafka == null) {
            throw new BridgeConfigException("kafka: is not set; add .kafka(k -> k.bootstrapServers(\"kafka:9092\"))");
        }
        if (routes.isEmpty()) {
            throw new BridgeConfigException(
                    "route: the bridge has none; add" + " .route(Route.fromMqtt(..).toKafka(..).build())");
        }
        return provider()
                .create(new BridgeConfig(
                        mqtt,
                        kafka,
                        routes,
                        listeners,
                        new BridgeConfig.Life(startTimeout, startMode, drainTimeout, stallThreshold),
                        loops,
                        status));
    }

    private static BridgeProvider provider() {
        return ServiceLoader.load(BridgeProvider.class, BridgeBuilder.class.getClassLoader())
                .findFirst()
                .orElseThrow(() -> new BridgeConfigException(
                        "the engine is missing: add io.mqttkafka.bridge:bridge-core to the class path"));
    }

    private static Duration inRange(String option, Duration value, Duration least) {
        Objects.requireNonNull(value, option);
        if (value.compareTo(least) < 0 || value.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(option + ": " + value + " must be from " + least + " to " + LONGEST);
        }
        return value;
    }
}
