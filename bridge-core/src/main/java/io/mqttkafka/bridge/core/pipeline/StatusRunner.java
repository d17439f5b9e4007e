package io.mqttkafka.bridge.core.pipeline;

import io.mqttkafka.bridge.BridgeHealth.ConnectionHealth;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.config.StatusOptions;
import io.mqttkafka.bridge.core.events.BridgeEvents;
import io.mqttkafka.bridge.core.mqtt.AckOutput;
import io.mqttkafka.bridge.core.mqtt.CloseReason;
import io.mqttkafka.bridge.core.mqtt.InboundHandler;
import io.mqttkafka.bridge.core.mqtt.MqttConnectException;
import io.mqttkafka.bridge.core.mqtt.MqttConnection;
import io.mqttkafka.bridge.core.mqtt.MqttTransport;
import io.mqttkafka.bridge.core.mqtt.ReasonCodes;
import io.mqttkafka.bridge.core.mqtt.Will;
import io.mqttkafka.bridge.core.mqtt.wire.ConnAck;
import io.mqttkafka.bridge.core.mqtt.wire.EncodedPublish;
import io.mqttkafka.bridge.core.mqtt.wire.PublishFrame;
import io.mqttkafka.bridge.core.routing.UntrustedText;
import io.mqttkafka.bridge.core.session.ProtocolViolation;
import io.mqttkafka.bridge.error.BridgeClosedException;
import io.mqttkafka.bridge.error.BridgeException;
import io.mqttkafka.bridge.error.BridgeStartException;
import io.mqttkafka.bridge.event.Connected;
import io.mqttkafka.bridge.event.Disconnected;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the MQTT connection up on which a bridge says how it is. Each word is published again on every new connection, one at a
 * time; the will says the last one if the bridge cannot.
 */
public final class StatusRunner implements Runner {
    private static final Logger log = LoggerFactory.getLogger(StatusRunner.class);
    private static final long TICK_MILLIS = 250;
    private static final Duration LAST_WORD = Duration.ofSeconds(2);
    private static final Duration UP_LONG_ENOUGH = Duration.ofSeconds(10);
    private static final int NORMAL_DISCONNECTION = 0;
    private static final int PROTOCOL_ERROR = 0x82;
    private static final int QOS = 1;
    private static final int MOST_PACKET_IDS = 65_535;

    /** What a bridge says of itself. */
    public enum Word {
        /** It has started. */
        ONLINE,
        /** It closes and waits for messages in flight. */
        DRAINING,
        /** It is closed, or all its routes have stopped. */
        OFFLINE;

        byte[] payload() {
            return name().toLowerCase(Locale.ROOT).getBytes(StandardCharsets.UTF_8);
        }
    }

    private final String clientId;
    private final String topic;
    private final MqttOptions options;
    private final Will will;
    private final MqttTransport transport;
    private final BridgeEvents events;
    private final Runnable stateChanged;
    private final Thread supervisor;
    private final CompletableFuture<Void> started = new CompletableFuture<>();
    private final LongAdder connects = new LongAdder();

    // What the supervisor waits for; guarded by its monitor.
    private final Object monitor = new Object();
    private Word word = Word.ONLINE;
    private @Nullable Word said;
    private int packetId;
    private int answer = -1;
    private @Nullable CloseReason closed;
    private boolean ending;
    private boolean connecting;

    private volatile boolean connected;
    private volatile boolean finished;
    private volatile boolean sessionPresent;
    private volatile @Nullable AckOutput output;
    private volatile @Nullable String lastError;

    /**
     * Makes a runner that does nothing yet.
     *
     * @param clientId the client id of its connection
     * @param status what to say where
     * @param mqtt how to connect
     * @param transport makes MQTT connections
     * @param events tells the listeners
     * @param stateChanged is run when the connection comes or goes
     */
    public StatusRunner(
            String clientId,
            StatusOptions status,
            MqttOptions mqtt,
            MqttTransport transport,
            BridgeEvents events,
            Runnable stateChanged) {
        this.clientId = clientId;
        this.transport = transport;
        this.events = events;
        this.stateChanged = stateChanged;
        topic = status.topic();
        options = session(mqtt, status.willDelay());
        will = new Will(topic, Word.OFFLINE.payload(), status.willDelay());
        supervisor = new Thread(this::run, "bridge-" + clientId);
        supervisor.setDaemon(true);
    }

    /** A session that is resumed keeps the will back; one that ends, or is thrown away, lets it out before its time. */
    private static MqttOptions session(MqttOptions mqtt, Duration willDelay) {
        return new MqttOptions(
                mqtt.serverUris(),
                mqtt.clientId(),
                mqtt.username(),
                mqtt.password(),
                false,
                willDelay,
                mqtt.keepAlive(),
                mqtt.connectTimeout(),
                mqtt.receiveMaximum(),
                mqtt.sendMaximum(),
                mqtt.maximumPacketSize(),
                mqtt.maxInFlightBytes(),
                mqtt.qos0Overflow(),
                mqtt.unrouted(),
                mqtt.unsubscribe(),
                mqtt.reconnect(),
                mqtt.tls());
    }

    @Override
    public void start(long deadlineNanos) {
        supervisor.start();
        try {
            started.get(Math.max(1, deadlineNanos - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof BridgeException failure) {
                throw failure;
            }
            throw new BridgeStartException("the status could not be told: " + e.getCause(), e.getCause());
        } catch (TimeoutException e) {
            String error = lastError;
            throw new BridgeStartException(
                    error == null
                            ? "status: the MQTT broker did not take the status over before the start timeout"
                            : error,
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BridgeStartException("the start was interrupted", e);
        }
    }

    /**
     * Says how the bridge is, as soon as it can. After {@link Word#OFFLINE} nothing follows.
     *
     * @param next what to say
     */
    public void say(Word next) {
        synchronized (monitor) {
            if (word != Word.OFFLINE) {
                word = next;
                monitor.notifyAll();
            }
        }
    }

    /** Says that the bridge is offline, gives that a moment to arrive, and takes leave. */
    @Override
    public void close(Duration timeout) {
        synchronized (monitor) {
            word = Word.OFFLINE;
            ending = true;
            if (connecting) {
                supervisor.interrupt();
            }
            monitor.notifyAll();
        }
        try {
            if (supervisor.getState() != Thread.State.NEW) {
                supervisor.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public boolean connected() {
        return connected;
    }

    @Override
    public boolean finished() {
        return finished;
    }

    @Override
    public ConnectionHealth health() {
        return new ConnectionHealth(
                clientId, connected, sessionPresent, connects.sum(), 0, 0, Duration.ZERO, 0, 0, 0, lastError);
    }

    // The supervisor.

    private void run() {
        try {
            int attempt = 0;
            while (true) {
                long since = System.nanoTime();
                CloseReason reason = connectAndSay();
                if (reason == null) {
                    return;
                }
                if (reason.takenOver()) {
                    lastError = "status.clientId: another client connected as '" + UntrustedText.escape(clientId)
                            + "' and took the session over; give each client an id of its own";
                    log.error("The status is told no more: {}", lastError);
                    return;
                }
                lastError = reason.text();
                attempt = System.nanoTime() - since > UP_LONG_ENOUGH.toNanos() ? 1 : attempt + 1;
                Duration delay = reason.lasting()
                        ? options.reconnect().max()
                        : options.reconnect()
                                .delay(attempt, ThreadLocalRandom.current().nextDouble());
                log.warn("'{}' is not connected: {}; next attempt in {} ms", clientId, reason.text(), delay.toMillis());
                events.tell(listener -> listener.onDisconnected(new Disconnected(clientId, reason.text(), delay)));
                if (!pause(delay)) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            log.debug("The supervisor of '{}' was interrupted", clientId);
        } catch (RuntimeException | Error e) {
            lastError = SafeText.of(e);
            log.error("The supervisor of '{}' failed", clientId, e);
            started.completeExceptionally(e);
        } finally {
            finished = true;
            connected = false;
            started.completeExceptionally(new BridgeClosedException("the bridge was closed while it started"));
            stateChanged.run();
        }
    }

    /** One connection from CONNECT to its end; null if the runner is to end. */
    private @Nullable CloseReason connectAndSay() throws InterruptedException {
        synchronized (monitor) {
            closed = null;
            said = null;
            answer = -1;
            if (ending) {
                return null;
            }
            connecting = true;
        }
        MqttConnection current = null;
        try {
            current = transport.connect(options, will, clientId, new Inbound());
            requireLimits(current.connAck());
            doneConnecting();
            connects.increment();
            return serve(current);
        } catch (MqttConnectException e) {
            if (!started.isDone() && !e.passing()) {
                started.completeExceptionally(new BridgeStartException(String.valueOf(e.getMessage()), e));
            }
            return new CloseReason(String.valueOf(e.getMessage()), -1, false, e);
        } finally {
            doneConnecting();
            boolean was = connected;
            connected = false;
            output = null;
            if (current != null) {
                current.drop();
                while (!current.awaitReleased(Duration.ofSeconds(10))) {
                    log.warn("'{}' waits for its last connection to end", clientId);
                }
            }
            if (was) {
                stateChanged.run();
            }
        }
    }

    /** From here on an interrupt would hurt: closing is told by the monitor instead. */
    private void doneConnecting() {
        synchronized (monitor) {
            connecting = false;
            Thread.interrupted();
        }
    }

    private static void requireLimits(ConnAck connAck) throws MqttConnectException {
        if (!connAck.retainAvailable()) {
            throw refused("status: the MQTT broker keeps no retained messages; leave the status out");
        }
        if (connAck.maximumQos() < QOS) {
            throw refused("status: the MQTT broker supports QoS 0 only; leave the status out");
        }
    }

    private static MqttConnectException refused(String why) {
        return new MqttConnectException(MqttConnectException.Kind.REFUSED, why, null);
    }

    /** Says what is to be said, until the connection or the runner ends; null in the latter case. */
    private @Nullable CloseReason serve(MqttConnection current) throws MqttConnectException, InterruptedException {
        long tooLong = current.connAck().keepAlive(options.keepAlive()).toNanos() * 2;
        while (true) {
            Word next;
            synchronized (monitor) {
                if (closed == null && word == said && !ending) {
                    monitor.wait(TICK_MILLIS);
                }
                if (closed != null) {
                    return closed;
                }
                next = word == said ? null : word;
            }
            if (next != null) {
                CloseReason reason = say(next, current);
                if (reason != null) {
                    return isEnding() ? null : reason;
                }
            }
            if (hasSaidAll()) {
                // From here on the will is void.
                current.disconnect(NORMAL_DISCONNECTION);
                return null;
            }
            if (System.nanoTime() - current.lastReadNanos() > tooLong) {
                return CloseReason.of("the connection was not read for twice the keep-alive", null);
            }
        }
    }

    private boolean isEnding() {
        synchronized (monitor) {
            return ending;
        }
    }

    /** Says whether the last word has arrived. */
    private boolean hasSaidAll() {
        synchronized (monitor) {
            return ending && said == word;
        }
    }

    /** Publishes one word and waits until the broker has it; why that did not come about, or null. */
    private @Nullable CloseReason say(Word next, MqttConnection current)
            throws MqttConnectException, InterruptedException {
        int id;
        synchronized (monitor) {
            packetId = packetId % MOST_PACKET_IDS + 1;
            id = packetId;
            answer = -1;
        }
        if (!write(next, id)) {
            return CloseReason.of("the connection broke while the status was written", null);
        }
        long asked = System.nanoTime();
        int code;
        synchronized (monitor) {
            while (answer < 0) {
                if (closed != null) {
                    return closed;
                }
                Duration patience = ending ? LAST_WORD : options.connectTimeout();
                long left = patience.toNanos() - (System.nanoTime() - asked);
                if (left <= 0) {
                    return CloseReason.of(
                            "the MQTT broker did not acknowledge the status within " + patience.toSeconds() + " s",
                            null);
                }
                monitor.wait(TimeUnit.NANOSECONDS.toMillis(left) + 1);
            }
            code = answer;
            said = next;
        }
        if (code >= 0x80) {
            throw refused("status.topic: the MQTT broker refused '" + UntrustedText.escape(topic) + "': "
                    + ReasonCodes.text(code) + "; check the topic and the rights of this user");
        }
        if (!connected) {
            tellConnected(current);
        }
        return null;
    }

    private void tellConnected(MqttConnection current) {
        connected = true;
        String uri = current.serverUri();
        boolean present = sessionPresent;
        log.info("'{}' is connected to {} and tells the status of the bridge", clientId, uri);
        events.tell(listener -> listener.onConnected(new Connected(clientId, uri, present)));
        stateChanged.run();
        started.complete(null);
    }

    private boolean write(Word next, int id) {
        AckOutput out = output;
        EncodedPublish packet =
                EncodedPublish.of(topic.getBytes(StandardCharsets.UTF_8), QOS, true, null, next.payload());
        byte[] bytes = new byte[packet.size()];
        packet.copyTo(bytes, 0, id, false, 0);
        try {
            if (out != null) {
                out.write(bytes, bytes.length);
            }
            return out != null;
        } catch (IOException e) {
            log.debug("The status could not be written", e);
            return false;
        }
    }

    /** Waits before the next attempt; false if the runner is to end. */
    private boolean pause(Duration delay) throws InterruptedException {
        long until = System.nanoTime() + delay.toNanos();
        synchronized (monitor) {
            while (!ending) {
                long millis = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
                if (millis <= 0) {
                    return true;
                }
                monitor.wait(millis);
            }
        }
        return false;
    }

    /** What arrives on one connection; but for closed(), all by the thread that reads it. */
    private final class Inbound implements InboundHandler {
        @Override
        public void connecting() {
            // Nothing is remembered that an unanswered request could make void.
        }

        @Override
        public void connected(ConnAck connAck, AckOutput acks) {
            sessionPresent = connAck.sessionPresent();
            output = acks;
        }

        @Override
        public void publish(PublishFrame frame) {
            throw new ProtocolViolation(
                    PROTOCOL_ERROR,
                    "a message came for '" + UntrustedText.escape(clientId)
                            + "', which subscribes to nothing: another client subscribed in its session; use"
                            + " status.clientId(..)");
        }

        @Override
        public void release(int id) {
            // Of a message that was never taken: nobody waits for the answer.
            log.debug("A release of {} came for '{}', which takes no messages", id, clientId);
        }

        @Override
        public void puback(int id, int reasonCode) {
            synchronized (monitor) {
                if (id == packetId) {
                    answer = reasonCode;
                    monitor.notifyAll();
                }
            }
        }

        @Override
        public void closed(CloseReason reason) {
            synchronized (monitor) {
                if (closed == null) {
                    closed = reason;
                }
                monitor.notifyAll();
            }
        }
    }
}
