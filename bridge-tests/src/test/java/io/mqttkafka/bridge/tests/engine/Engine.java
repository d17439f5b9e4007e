package io.mqttkafka.bridge.tests.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.StartMode;
import io.mqttkafka.bridge.ToKafka;
import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.config.LoopOptions;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.config.StatusOptions;
import io.mqttkafka.bridge.core.DefaultBridge;
import io.mqttkafka.bridge.core.failpoint.Failpoints;
import io.mqttkafka.bridge.core.mqtt.socket.SocketTransport;
import io.mqttkafka.bridge.core.time.BridgeClock;
import io.mqttkafka.bridge.event.BridgeListener;
import io.mqttkafka.bridge.event.Connected;
import io.mqttkafka.bridge.event.DeadLettered;
import io.mqttkafka.bridge.event.Disconnected;
import io.mqttkafka.bridge.event.Looped;
import io.mqttkafka.bridge.event.Retry;
import io.mqttkafka.bridge.event.RouteStopped;
import io.mqttkafka.bridge.event.SessionLost;
import io.mqttkafka.bridge.event.Shed;
import io.mqttkafka.bridge.event.Skipped;
import io.mqttkafka.bridge.event.Stalled;
import io.mqttkafka.bridge.event.Unheard;
import io.mqttkafka.bridge.event.Unrouted;
import io.mqttkafka.bridge.failure.Backoff;
import io.mqttkafka.bridge.spi.BridgeConfig;
import io.mqttkafka.bridge.spi.BridgeConfig.Life;
import io.mqttkafka.bridge.testkit.net.FaultProxy;
import io.mqttkafka.bridge.testkit.packet.MqttProperties;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import io.mqttkafka.bridge.testkit.packet.ScriptedConnection;
import io.mqttkafka.bridge.testkit.packet.ScriptedMqttBroker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** A bridge between a scripted MQTT broker and a fake Kafka, with everything it told its listener. */
public final class Engine implements AutoCloseable {

    /** How long nothing has to happen before a test believes that nothing will. */
    public static final Duration QUIET = Duration.ofMillis(80);

    /** How long something that has to happen may take on a slow machine. */
    public static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final Backoff RECONNECT = Backoff.exponential(Duration.ofMillis(1), Duration.ofMillis(20));

    public final ScriptedMqttBroker broker = ScriptedMqttBroker.start(PATIENCE);
    public final ScriptedKafka kafka = new ScriptedKafka();

    private final List<Object> events = new CopyOnWriteArrayList<>();
    private volatile CountDownLatch deaf = new CountDownLatch(0);
    private final List<Route> routes = new ArrayList<>();
    private UnaryOperator<MqttOptions.Builder> options = UnaryOperator.identity();
    private Duration drainTimeout = Duration.ofMillis(300);
    private Duration stallThreshold = Duration.ofSeconds(30);
    private Failpoints failpoints = Failpoints.NONE;
    private StatusOptions status;
    private final LoopOptions.Builder loops = LoopOptions.builder();
    private DefaultBridge bridge;
    private String serverUri = broker.serverUri();
    private CompletableFuture<Void> starting;

    /** A route named like its Kafka topic that passes payloads on as they are. */
    public Engine route(String filter, QoS qos, String topic) {
        return route(filter, qos, topic, UnaryOperator.identity());
    }

    public Engine route(String filter, QoS qos, String topic, UnaryOperator<ToKafka<byte[]>> more) {
        return route(more.apply(Route.fromMqtt(filter)
                        .qos(qos)
                        .effectivelyOnce()
                        .toKafka(topic)
                        .name(topic))
                .build());
    }

    public Engine route(Route route) {
        routes.add(route);
        return this;
    }

    /** A route of QoS 2 that goes by transactions. */
    public Engine exactlyOnce(String filter, String topic) {
        return route(Route.fromMqtt(filter)
                .qos(QoS.EXACTLY_ONCE)
                .toKafka(topic)
                .name(topic)
                .build());
    }

    public Engine failpoints(Failpoints told) {
        failpoints = told;
        return this;
    }

    /** Connects through a proxy in front of the broker. */
    public Engine through(FaultProxy proxy) {
        serverUri = proxy.serverUri();
        return this;
    }

    /** Connects to another address, which leads to the broker. */
    public Engine through(String uri) {
        serverUri = uri;
        return this;
    }

    public Engine loops(Consumer<LoopOptions.Builder> more) {
        more.accept(loops);
        return this;
    }

    public Engine status(StatusOptions where) {
        status = where;
        return this;
    }

    /** Makes the bridge live by another clock. */
    public Engine clock(BridgeClock source) {
        kafka.clock = source;
        return this;
    }

    public Engine mqtt(UnaryOperator<MqttOptions.Builder> more) {
        options = more;
        return this;
    }

    public Engine drainTimeout(Duration timeout) {
        drainTimeout = timeout;
        return this;
    }

    public Engine stallThreshold(Duration threshold) {
        stallThreshold = threshold;
        return this;
    }

    /** Starts in the background; the test plays the broker meanwhile. */
    public Engine start() {
        MqttOptions mqtt = options.apply(MqttOptions.builder()
                        .serverUri(serverUri)
                        .clientId("layer-b")
                        .connectTimeout(PATIENCE)
                        .reconnect(RECONNECT)
                        .build()
                        .toBuilder())
                .build();
        KafkaOptions kafkaOptions = KafkaOptions.builder()
                .bootstrapServers("kafka:9092")
                .consumer("group.protocol", "classic")
                .build();
        bridge = new DefaultBridge(
                new BridgeConfig(
                        mqtt,
                        kafkaOptions,
                        routes,
                        List.of(new Recorder()),
                        new Life(PATIENCE, StartMode.UNTIL_TIMEOUT, drainTimeout, stallThreshold),
                        loops.build(),
                        status),
                new SocketTransport(),
                kafka,
                kafka.clock,
                failpoints);
        starting = CompletableFuture.runAsync(bridge::start, task -> daemon("start", task));
        return this;
    }

    /** Ends the bridge as a crash does, as far as its state goes, and starts another one over the same brokers. */
    public Engine restart() {
        bridge.close(Duration.ZERO);
        return start();
    }

    /** Starts and plays CONNECT and SUBSCRIBE up to the end of start(). */
    public ScriptedConnection connected() {
        start();
        ScriptedConnection connection = established(false);
        awaitStarted();
        return connection;
    }

    /** Starts routes from Kafka and plays CONNECT up to the end of start(). */
    public ScriptedConnection publishing() {
        return publishing(MqttProperties.NONE);
    }

    /** Starts routes from Kafka on a broker with limits. */
    public ScriptedConnection publishing(MqttProperties limits) {
        start();
        ScriptedConnection connection = broker.accept();
        connection.expectConnect();
        connection.connack(false, 0, limits);
        awaitStarted();
        return connection;
    }

    /** Cuts a connection of routes from Kafka and plays the next one. */
    public ScriptedConnection publishingAgain(ScriptedConnection last, boolean sessionPresent) {
        last.cut();
        ScriptedConnection connection = broker.accept();
        connection.handshake(sessionPresent);
        return connection;
    }

    /** Plays the next connection up to its SUBACK. */
    public ScriptedConnection established(boolean sessionPresent) {
        ScriptedConnection connection = broker.accept();
        connection.handshake(sessionPresent);
        connection.grant(connection.expectSubscribe());
        return connection;
    }

    /** Cuts a connection and plays the next one. */
    public ScriptedConnection reconnected(ScriptedConnection last, boolean sessionPresent) {
        last.cut();
        return established(sessionPresent);
    }

    public void awaitStarted() {
        await().atMost(PATIENCE).until(starting::isDone);
        starting.join();
    }

    /** Waits for start() to fail and returns how. */
    public Throwable startFailure() {
        await().atMost(PATIENCE).until(starting::isDone);
        try {
            starting.join();
        } catch (CompletionException e) {
            return e.getCause();
        }
        throw new AssertionError("Expected the start to fail, but the bridge is " + bridge.state());
    }

    public DefaultBridge bridge() {
        return bridge;
    }

    /** Closes in the background. */
    public CompletableFuture<Void> closing() {
        return CompletableFuture.runAsync(bridge::close, task -> daemon("close", task));
    }

    /** Waits for the first event of this type. */
    public <E> E event(Class<E> type) {
        await("an event " + type.getSimpleName()).atMost(PATIENCE).until(() -> !events(type)
                .isEmpty());
        return events(type).get(0);
    }

    /** Waits until there are so many events of this type. */
    public <E> List<E> events(Class<E> type, int count) {
        await(count + " events " + type.getSimpleName())
                .until(() -> events(type).size() >= count);
        return events(type);
    }

    public <E> List<E> events(Class<E> type) {
        return events.stream().filter(type::isInstance).map(type::cast).toList();
    }

    public void expectNoEvent(Class<?> type) {
        assertThat(events(type)).isEmpty();
    }

    @Override
    public void close() {
        if (bridge != null) {
            bridge.close(Duration.ZERO);
        }
        broker.close();
        kafka.close();
    }

    /** Makes the listener take its time over retries until this opens. */
    public Engine deafUntil(CountDownLatch open) {
        deaf = open;
        return this;
    }

    public static PublishPacket qos0(String topic, String payload) {
        return PublishPacket.to(topic).payload(payload).build();
    }

    public static PublishPacket qos1(int packetId, String topic, String payload) {
        return message(1, packetId, topic, payload);
    }

    public static PublishPacket qos2(int packetId, String topic, String payload) {
        return message(2, packetId, topic, payload);
    }

    private static PublishPacket message(int qos, int packetId, String topic, String payload) {
        return PublishPacket.to(topic)
                .qos(qos)
                .packetId(packetId)
                .payload(payload)
                .build();
    }

    private static void daemon(String name, Runnable task) {
        Thread thread = new Thread(task, "engine-test-" + name);
        thread.setDaemon(true);
        thread.start();
    }

    /** Keeps what it is told. */
    private final class Recorder implements BridgeListener {
        @Override
        public void onConnected(Connected event) {
            events.add(event);
        }

        @Override
        public void onDisconnected(Disconnected event) {
            events.add(event);
        }

        @Override
        public void onSessionLost(SessionLost event) {
            events.add(event);
        }

        @Override
        public void onRetry(Retry event) {
            try {
                deaf.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            events.add(event);
        }

        @Override
        public void onDeadLettered(DeadLettered event) {
            events.add(event);
        }

        @Override
        public void onSkipped(Skipped event) {
            events.add(event);
        }

        @Override
        public void onShed(Shed event) {
            events.add(event);
        }

        @Override
        public void onUnrouted(Unrouted event) {
            events.add(event);
        }

        @Override
        public void onUnheard(Unheard event) {
            events.add(event);
        }

        @Override
        public void onLooped(Looped event) {
            events.add(event);
        }

        @Override
        public void onRouteStopped(RouteStopped event) {
            events.add(event);
        }

        @Override
        public void onStalled(Stalled event) {
            events.add(event);
        }
    }
}
