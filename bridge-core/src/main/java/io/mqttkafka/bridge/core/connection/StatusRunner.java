package io.mqttkafka.bridge.core.connection;

import io.mqttkafka.bridge.BridgeHealth.ConnectionHealth;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.config.StatusOptions;
import io.mqttkafka.bridge.core.mqtt.CloseReason;
import io.mqttkafka.bridge.core.mqtt.InboundHandler;
import io.mqttkafka.bridge.core.mqtt.MqttConnectException;
import io.mqttkafka.bridge.core.mqtt.MqttConnection;
import io.mqttkafka.bridge.core.mqtt.MqttTransport;
import io.mqttkafka.bridge.core.mqtt.PacketOutput;
import io.mqttkafka.bridge.core.mqtt.ReasonCodes;
import io.mqttkafka.bridge.core.mqtt.Will;
import io.mqttkafka.bridge.core.mqtt.wire.BrokerLimits;
import io.mqttkafka.bridge.core.mqtt.wire.BrokerLimits.Feature;
import io.mqttkafka.bridge.core.mqtt.wire.EncodedPublish;
import io.mqttkafka.bridge.core.mqtt.wire.PacketBatch;
import io.mqttkafka.bridge.core.mqtt.wire.PublishFrame;
import io.mqttkafka.bridge.core.route.SafeText;
import io.mqttkafka.bridge.core.routing.UntrustedText;
import io.mqttkafka.bridge.core.session.ProtocolViolation;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
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
    private static final int NORMAL_DISCONNECTION = 0;
    private static final int PROTOCOL_ERROR = 0x82;
    private static final int QOS = 1;
    private static final int MOST_PACKET_IDS = 65_535;

    private static final ConnectionSupervisor.Words WORDS = new ConnectionSupervisor.Words(
            "the status could not be told",
            "status: the MQTT broker did not take the status over before the start timeout",
            "its last connection to end");

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
    private final ConnectionSupervisor supervisor;

    // Shared with the supervisor; guards these.
    private final Object monitor = new Object();
    private Word word = Word.ONLINE;
    private @Nullable Word said;
    private int packetId;
    private int answer = -1;

    private volatile boolean sessionPresent;
    private volatile @Nullable PacketOutput output;

    /**
     * Makes a runner that does nothing yet.
     *
     * @param clientId the client id of its connection
     * @param status what to say where
     * @param mqtt how to connect
     * @param around what every runner is given
     */
    public StatusRunner(String clientId, StatusOptions status, MqttOptions mqtt, Surroundings around) {
        this.clientId = clientId;
        transport = around.transport();
        topic = status.topic();
        options = session(mqtt, status.willDelay());
        will = new Will(topic, Word.OFFLINE.payload(), status.willDelay());
        supervisor = new ConnectionSupervisor(
                new ConnectionSupervisor.Parts(
                        clientId, options.reconnect(), options.keepAlive(), WORDS, monitor, around, log),
                new ForSupervisor());
    }

    /** A session that is resumed keeps the will back; one that ends, or is thrown away, lets it out before its time. */
    private static MqttOptions session(MqttOptions mqtt, Duration willDelay) {
        return mqtt.toBuilder().cleanStart(false).sessionExpiry(willDelay).build();
    }

    @Override
    public void start(long deadlineNanos) {
        supervisor.start(deadlineNanos);
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
            supervisor.end();
        }
        try {
            if (supervisor.begun()) {
                supervisor.awaitEnd();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public boolean connected() {
        return supervisor.connected();
    }

    @Override
    public boolean finished() {
        return supervisor.finished();
    }

    @Override
    public boolean askedBroker() {
        return supervisor.begun();
    }

    @Override
    public @Nullable Throwable failure() {
        return null;
    }

    @Override
    public ConnectionHealth health() {
        return ConnectionHealth.builder(clientId)
                .connected(supervisor.connected())
                .since(supervisor.since())
                .sessionPresent(sessionPresent)
                .connects(supervisor.connects())
                .lastError(supervisor.lastError())
                .build();
    }

    // Connecting, working on a connection, judging its end: called by the supervisor.

    /** What the supervisor asks and tells. */
    private final class ForSupervisor implements ConnectionSupervisor.Owner {
        @Override
        public MqttConnection connect() throws MqttConnectException, InterruptedException {
            synchronized (monitor) {
                said = null;
                answer = -1;
            }
            return transport.connect(options, will, clientId, new Inbound());
        }

        @Override
        public void prepare(MqttConnection current) throws MqttConnectException {
            requireLimits(current.limits());
        }

        @Override
        public @Nullable CloseReason serve(MqttConnection current) throws MqttConnectException, InterruptedException {
            return sayUntilEnd(current);
        }

        @Override
        public void leaving() {
            output = null;
        }

        @Override
        public boolean givesUp(CloseReason reason, boolean achieving) {
            if (!reason.takenOver()) {
                return false;
            }
            String error = supervisor.takenOver("status.clientId");
            supervisor.lastError(error);
            log.error("The status is told no more: {}", error);
            return true;
        }

        @Override
        public boolean pauseAndMend(long untilNanos) throws InterruptedException {
            return supervisor.pauseUntil(untilNanos);
        }

        @Override
        public void failed(Throwable cause) {
            supervisor.lastError(SafeText.of(cause));
            supervisor.failStart(cause);
        }
    }

    private static void requireLimits(BrokerLimits limits) throws MqttConnectException {
        if (!limits.has(Feature.RETAIN)) {
            throw refused("status: the MQTT broker keeps no retained messages; leave the status out");
        }
        if (limits.maximumQos() < QOS) {
            throw refused("status: the MQTT broker supports QoS 0 only; leave the status out");
        }
    }

    private static MqttConnectException refused(String why) {
        return new MqttConnectException(MqttConnectException.Kind.REFUSED, why, null);
    }

    /** Says what is to be said, until the connection or the runner ends; null in the latter case. */
    private @Nullable CloseReason sayUntilEnd(MqttConnection current)
            throws MqttConnectException, InterruptedException {
        long tooLong = current.limits().keepAlive(options.keepAlive()).toNanos() * 2;
        while (true) {
            Word next;
            synchronized (monitor) {
                if (supervisor.closed() == null && word == said && !supervisor.ending()) {
                    monitor.wait(TICK_MILLIS);
                }
                CloseReason closed = supervisor.closed();
                if (closed != null) {
                    return closed;
                }
                next = word == said ? null : word;
            }
            if (next != null) {
                CloseReason reason = say(next, current);
                if (reason != null) {
                    return supervisor.ending() ? null : reason;
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

    /** Says whether the last word has arrived. */
    private boolean hasSaidAll() {
        synchronized (monitor) {
            return supervisor.ending() && said == word;
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
                CloseReason closed = supervisor.closed();
                if (closed != null) {
                    return closed;
                }
                Duration patience = supervisor.ending() ? LAST_WORD : options.connectTimeout();
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
        if (!supervisor.connected()) {
            supervisor.tellConnected(current, sessionPresent, " and tells the status of the bridge");
        }
        return null;
    }

    private boolean write(Word next, int id) {
        PacketOutput out = output;
        EncodedPublish packet =
                EncodedPublish.of(topic.getBytes(StandardCharsets.UTF_8), QOS, true, null, next.payload());
        try {
            if (out != null) {
                PacketBatch batch = out.batch(packet.size());
                batch.publish(packet, id, false, 0);
                out.write(batch);
            }
            return out != null;
        } catch (IOException e) {
            log.debug("The status could not be written", e);
            return false;
        }
    }

    /** What arrives on one connection; but for closed(), all by the thread that reads it. */
    private final class Inbound implements InboundHandler {
        @Override
        public void connecting() {
            // Nothing is remembered that an unanswered request could make void.
        }

        @Override
        public void connected(BrokerLimits limits, PacketOutput packets) {
            sessionPresent = limits.sessionPresent();
            output = packets;
        }

        @Override
        public void publish(PublishFrame frame) {
            throw new ProtocolViolation(PROTOCOL_ERROR, StopText.uninvited(frame, clientId, "status.clientId(..)"));
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
            supervisor.closed(reason);
        }
    }
}
