package io.mqttkafka.bridge.core.mqtt.paho;

import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.core.mqtt.CloseReason;
import io.mqttkafka.bridge.core.mqtt.InboundHandler;
import io.mqttkafka.bridge.core.mqtt.MqttConnectException;
import io.mqttkafka.bridge.core.mqtt.MqttConnection;
import io.mqttkafka.bridge.core.mqtt.Will;
import io.mqttkafka.bridge.core.mqtt.wire.ConnAck;
import io.mqttkafka.bridge.core.mqtt.wire.Disconnect;
import io.mqttkafka.bridge.core.mqtt.wire.FrameHandler;
import io.mqttkafka.bridge.core.mqtt.wire.InboundGate;
import io.mqttkafka.bridge.core.mqtt.wire.MalformedPacketException;
import io.mqttkafka.bridge.core.mqtt.wire.OutboundGate;
import io.mqttkafka.bridge.core.mqtt.wire.PublishFrame;
import io.mqttkafka.bridge.core.session.ProtocolViolation;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SSLSocket;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttActionListener;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.MqttSubscription;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection made by one Paho client. Paho connects, subscribes and pings; messages and acknowledgements pass it by.
 */
final class PahoConnection implements MqttConnection, FrameHandler {
    private static final long LONG_FOR_A_CODEC = TimeUnit.MILLISECONDS.toNanos(500);
    private static final Logger log = LoggerFactory.getLogger(PahoConnection.class);
    private static final int FILTERS_PER_PACKET = 100;

    /** Fixed header, packet id, and properties with an identifier. */
    private static final int SUBSCRIBE_HEADER = 5 + 2 + 6;

    private static final int DO_NOT_REPLAY_RETAINED = 1;

    private static final Duration GOODBYE_PATIENCE = Duration.ofSeconds(1);
    private static final Duration OPENER_PATIENCE = Duration.ofSeconds(2);
    private static final Duration WRITER_PATIENCE = Duration.ofSeconds(1);
    private static final Duration READER_PATIENCE = Duration.ofSeconds(2);
    private static final long NEVER_EXPIRES = 0xFFFF_FFFFL;

    private final URI uri;
    private final MqttOptions options;
    private final InboundHandler handler;
    private final AtomicBoolean finished = new AtomicBoolean();

    /** Whether the handler was told of the connection. */
    private final AtomicBoolean told;

    private final CountDownLatch released = new CountDownLatch(1);
    private final Opening opening = new Opening();

    private volatile @Nullable GatedClient client;
    private volatile @Nullable Socket socket;
    private volatile @Nullable InboundGate inbound;
    private volatile @Nullable OutboundGate outbound;
    private volatile @Nullable Thread reader;
    private volatile @Nullable Thread writer;
    private volatile @Nullable ConnAck connAck;

    /** What the broker last said of filters; Paho does not know all codes. */
    private volatile @Nullable Answer lastAnswer;

    /** The answer to the packet of this id: what the broker says of each filter. */
    private record Answer(int packetId, int[] codes) {}

    /** Why the connection has ended; null while it has not. */
    private volatile @Nullable CloseReason ended;

    /** What the thread that opens the connection waits for; Paho does not always tell it of the end. */
    private volatile @Nullable CountDownLatch awaited;

    private PahoConnection(URI uri, MqttOptions options, InboundHandler handler, AtomicBoolean told) {
        this.told = told;
        this.uri = uri;
        this.options = options;
        this.handler = handler;
    }

    /**
     * Makes a connection.
     *
     * @param told becomes true when the handler is told of the connection, which can fail after that
     */
    static PahoConnection open(
            URI uri,
            MqttOptions options,
            @Nullable Will will,
            String clientId,
            InboundHandler handler,
            AtomicBoolean told)
            throws MqttConnectException, InterruptedException {
        PahoConnection connection = new PahoConnection(uri, options, handler, told);
        boolean open = false;
        try {
            connection.connect(will, clientId);
            open = true;
            return connection;
        } finally {
            if (!open) {
                connection.finish(CloseReason.of("the connection was not established", null));
                // Nothing of this attempt may meet the next one.
                connection.awaitReleased(options.connectTimeout());
            }
        }
    }

    private void connect(@Nullable Will will, String clientId) throws MqttConnectException, InterruptedException {
        CountDownLatch answered = new CountDownLatch(1);
        awaited = answered;
        Throwable[] failure = new Throwable[1];
        try {
            Pings pings = new Pings(clientId, this::keepAlive);
            GatedClient paho = new GatedClient(uri.toString(), clientId, pings, module -> new GatedClient.Gate(module) {
                @Override
                InputStream inbound(InputStream in) {
                    InboundGate gate = new InboundGate(
                            opening.starting(in), PahoConnection.this, options.maximumPacketSize(), (int)
                                    options.keepAlive().toSeconds());
                    inbound = gate;
                    return gate;
                }

                @Override
                OutputStream outbound(OutputStream out) {
                    OutboundGate gate =
                            new OutboundGate(out, PahoConnection.this::written, PahoConnection.this::unwritten);
                    outbound = gate;
                    handler.connecting();
                    return gate;
                }

                @Override
                void stopping() {
                    opening.done();
                    if (pings.looking()) {
                        unanswered();
                    }
                }
            });
            client = paho;
            paho.setManualAcks(true);
            paho.setCallback(new ConnectionLoss());
            paho.connect(pahoOptions(will), null, new MqttActionListener() {
                @Override
                public void onSuccess(IMqttToken token) {
                    answered.countDown();
                }

                @Override
                public void onFailure(IMqttToken token, Throwable exception) {
                    failure[0] = exception;
                    answered.countDown();
                }
            });
        } catch (MqttException | RuntimeException e) {
            throw ConnectFailures.failed(uri, e);
        }
        boolean inTime = answered.await(options.connectTimeout().toMillis(), TimeUnit.MILLISECONDS);
        ConnAck answer = connAck;
        if (answer != null && !answer.accepted()) {
            throw ConnectFailures.refused(uri, clientId, answer);
        }
        CloseReason reason = ended;
        if (answer == null && reason != null) {
            throw ConnectFailures.failed(uri, reason);
        }
        if (!inTime || failure[0] != null || answer == null) {
            throw ConnectFailures.failed(uri, inTime ? failure[0] : null);
        }
    }

    private Duration keepAlive() {
        return connAck().keepAlive(options.keepAlive());
    }

    private MqttConnectionOptions pahoOptions(@Nullable Will will) throws MqttConnectException {
        MqttConnectionOptions paho = new MqttConnectionOptions();
        paho.setAutomaticReconnect(false);
        paho.setUseSubscriptionIdentifiers(false);
        paho.setCleanStart(options.cleanStart());
        paho.setSessionExpiryInterval(Math.min(options.sessionExpiry().toSeconds(), NEVER_EXPIRES));
        paho.setReceiveMaximum(options.receiveMaximum());
        paho.setMaximumPacketSize((long) options.maximumPacketSize());
        paho.setKeepAliveInterval((int) options.keepAlive().toSeconds());
        paho.setConnectionTimeout((int) options.connectTimeout().toSeconds());
        if (options.username() != null) {
            paho.setUserName(options.username());
        }
        if (options.password() != null) {
            paho.setPassword(options.password().reveal().getBytes(StandardCharsets.UTF_8));
        }
        if (will != null) {
            MqttProperties properties = new MqttProperties();
            properties.setWillDelayInterval(will.delay().toSeconds());
            paho.setWill(will.topic(), new MqttMessage(will.payload(), 1, true, null));
            paho.setWillMessageProperties(properties);
        }
        boolean tls = uri.getScheme().equalsIgnoreCase("ssl") || uri.getScheme().equalsIgnoreCase("wss");
        if (tls) {
            paho.setHttpsHostnameVerificationEnabled(true);
            paho.setSocketFactory(Sockets.tls(
                    TlsContexts.create(Objects.requireNonNull(options.tls(), "tls"))
                            .getSocketFactory(),
                    this::opens));
        } else {
            paho.setSocketFactory(Sockets.plain(this::opens));
        }
        return paho;
    }

    private void opens(Socket made) throws IOException {
        socket = made;
        opening.begin();
        if (finished.get()) {
            // It took so long to find the address that the attempt is over, and nobody else would close this.
            made.close();
        }
    }

    // What arrives: all by the thread that reads.

    @Override
    public void received() {
        GatedClient paho = client;
        if (paho != null) {
            paho.received();
        }
    }

    @Override
    public void connAck(ConnAck answer) {
        connAck = answer;
        reader = Thread.currentThread();
        OutboundGate out = outbound;
        if (answer.accepted() && out != null && !finished.get()) {
            told.set(true);
            handler.connected(answer, out::writePackets);
        }
    }

    @Override
    public void publish(PublishFrame frame) {
        if (!finished.get()) {
            handler.publish(frame);
        }
    }

    @Override
    public void release(int packetId) {
        if (!finished.get()) {
            handler.release(packetId);
        }
    }

    @Override
    public void answered(int type, int packetId, int reasonCode) {
        if (finished.get()) {
            return;
        }
        switch (type) {
            case InboundGate.PUBACK -> handler.puback(packetId, reasonCode);
            case InboundGate.PUBREC -> handler.pubrec(packetId, reasonCode);
            default -> handler.pubcomp(packetId);
        }
    }

    @Override
    public void subscribed(int packetId, int[] reasonCodes) {
        lastAnswer = new Answer(packetId, reasonCodes);
    }

    @Override
    public void disconnected(Disconnect disconnect) {
        String said = ConnectFailures.said(disconnect.reasonCode(), disconnect.reason(), disconnect.serverReference());
        finish(new CloseReason("the MQTT broker disconnected: " + said, disconnect.reasonCode(), false, null));
    }

    @Override
    public void broken(Throwable cause) {
        if (cause instanceof ProtocolViolation violation) {
            sayGoodbye(violation.reasonCode());
            finish(new CloseReason(String.valueOf(violation.getMessage()), -1, true, cause));
        } else if (cause instanceof MalformedPacketException malformed) {
            sayGoodbye(malformed.reasonCode());
            finish(new CloseReason("the MQTT broker sent a malformed packet: " + cause.getMessage(), -1, true, cause));
        } else if (cause instanceof IOException) {
            finish(CloseReason.of("the connection broke: " + cause.getMessage(), cause));
        } else {
            // User code can write anything into the message of what it throws.
            finish(CloseReason.of(
                    "taking a message in failed: " + cause.getClass().getName(), cause));
        }
    }

    /** Paho has written a packet, CONNECT being the first. */
    private void written() {
        writer = Thread.currentThread();
        opening.done();
    }

    /** Paho could not write. Why can still lie unread: an alert of TLS, or DISCONNECT. */
    private void unwritten(IOException cause) {
        Thread patience = new Thread(
                () -> {
                    try {
                        awaitReleased(READER_PATIENCE);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    broken(cause);
                },
                "bridge-mqtt-unwritten");
        patience.setDaemon(true);
        patience.start();
    }

    /** A ping got no answer, or we did not read it. */
    private void unanswered() {
        InboundGate gate = inbound;
        finish(CloseReason.of(
                gate != null && gate.heldUpFor(LONG_FOR_A_CODEC)
                        ? "the connection was not read for the keep-alive; a codec or function of a route may block"
                        : "the MQTT broker does not answer pings",
                null));
    }

    /** Paho tells of a lost connection that the stream does not show. */
    private final class ConnectionLoss implements MqttCallback {
        @Override
        public void disconnected(MqttDisconnectResponse response) {
            MqttException cause = response.getException();
            finish(CloseReason.of(
                    "Paho gave the connection up: " + (cause == null ? "no reason given" : cause.getMessage()), cause));
        }

        @Override
        public void mqttErrorOccurred(MqttException exception) {
            log.debug("Paho reports an error", exception);
        }

        @Override
        public void messageArrived(String topic, MqttMessage message) {
            throw new IllegalStateException("a message reached Paho");
        }

        @Override
        public void deliveryComplete(IMqttToken token) {
            // Nothing is published on this connection.
        }

        @Override
        public void connectComplete(boolean reconnect, String serverUri) {
            // The listener of connect() hears of it.
        }

        @Override
        public void authPacketArrived(int reasonCode, MqttProperties properties) {
            // No enhanced authentication was offered.
        }
    }

    // What the bridge asks for.

    /** Says whether it has ended already. */
    boolean isOver() {
        return finished.get();
    }

    @Override
    public ConnAck connAck() {
        return Objects.requireNonNull(connAck, "not connected");
    }

    @Override
    public String serverUri() {
        return ConnectFailures.shown(uri);
    }

    @Override
    public List<Integer> subscribe(List<Subscription> subscriptions, Duration timeout)
            throws MqttConnectException, InterruptedException {
        List<Integer> codes = new ArrayList<>();
        int from = 0;
        while (from < subscriptions.size()) {
            // An identifier belongs to all filters of its packet.
            int identifier = subscriptions.get(from).identifier();
            long room = connAck().maximumPacketSize() - SUBSCRIBE_HEADER - size(subscriptions.get(from));
            if (room < 0) {
                throw new MqttConnectException(
                        MqttConnectException.Kind.REFUSED,
                        "fromMqtt: '" + subscriptions.get(from).filter()
                                + "': the MQTT broker takes no packet larger than "
                                + connAck().maximumPacketSize()
                                + " bytes; raise that limit there or shorten the filter",
                        null);
            }
            int to = from + 1;
            while (identifier == 0
                    && to < subscriptions.size()
                    && to - from < FILTERS_PER_PACKET
                    && (room -= size(subscriptions.get(to))) >= 0) {
                to++;
            }
            codes.addAll(subscribePacket(subscriptions.subList(from, to), identifier, timeout));
            from = to;
        }
        return codes;
    }

    /** What a subscription takes of its packet: a length, the filter and its options. */
    private static int size(Subscription subscription) {
        return 3 + subscription.filter().getBytes(StandardCharsets.UTF_8).length;
    }

    private List<Integer> subscribePacket(List<Subscription> subscriptions, int identifier, Duration timeout)
            throws MqttConnectException, InterruptedException {
        MqttSubscription[] filters = new MqttSubscription[subscriptions.size()];
        for (int i = 0; i < filters.length; i++) {
            filters[i] = new MqttSubscription(
                    subscriptions.get(i).filter(), subscriptions.get(i).qos());
            filters[i].setRetainHandling(DO_NOT_REPLAY_RETAINED);
            filters[i].setRetainAsPublished(subscriptions.get(i).retainAsPublished());
        }
        MqttProperties properties = new MqttProperties();
        if (identifier > 0) {
            properties.setSubscriptionIdentifier(identifier);
        }
        int[] answer = await("SUBSCRIBE", timeout, listener -> paho().subscribe(filters, null, listener, properties));
        return codes(filters.length, answer);
    }

    private List<Integer> codes(int asked, int[] answer) throws MqttConnectException {
        if (answer.length != asked) {
            throw ConnectFailures.confused(uri, asked, answer.length);
        }
        return Arrays.stream(answer).boxed().toList();
    }

    @Override
    public List<Integer> unsubscribe(List<String> filters, Duration timeout)
            throws MqttConnectException, InterruptedException {
        int[] answer = await("UNSUBSCRIBE", timeout, listener -> paho().unsubscribe(
                        filters.toArray(new String[0]), null, listener, new MqttProperties()));
        return codes(filters.size(), answer);
    }

    private interface Request {
        void send(MqttActionListener listener) throws MqttException;
    }

    private int[] await(String packet, Duration timeout, Request request)
            throws MqttConnectException, InterruptedException {
        CountDownLatch answered = new CountDownLatch(1);
        Throwable[] failure = new Throwable[1];
        int[][] codes = new int[1][];
        try {
            request.send(new MqttActionListener() {
                @Override
                public void onSuccess(IMqttToken token) {
                    codes[0] = codesOf(token);
                    answered.countDown();
                }

                @Override
                public void onFailure(IMqttToken token, Throwable exception) {
                    codes[0] = codesOf(token);
                    failure[0] = exception;
                    answered.countDown();
                }
            });
        } catch (MqttException | RuntimeException e) {
            // Paho throws NullPointerException when the connection was lost a moment ago.
            throw ConnectFailures.lost(uri, packet, e);
        }
        awaited = answered;
        if (finished.get()) {
            answered.countDown();
        }
        boolean inTime = awaitWhileBytesArrive(answered, timeout);
        int[] answer = codes[0];
        if (answer == null) {
            throw inTime
                    ? ConnectFailures.lost(uri, packet, failure[0])
                    : ConnectFailures.unanswered(uri, packet, timeout);
        }
        return answer;
    }

    private int @Nullable [] codesOf(IMqttToken token) {
        Answer last = lastAnswer;
        return last != null && last.packetId() == token.getMessageId() ? last.codes() : token.getReasonCodes();
    }

    /** The answer comes behind what the broker has sent before: with a backlog that can be a million messages. */
    private boolean awaitWhileBytesArrive(CountDownLatch answered, Duration timeout) throws InterruptedException {
        long asked = System.nanoTime();
        long left = timeout.toNanos();
        while (left > 0) {
            if (answered.await(left, TimeUnit.NANOSECONDS)) {
                return true;
            }
            InboundGate gate = inbound;
            long quiet = System.nanoTime() - asked;
            if (gate != null) {
                quiet = Math.min(quiet, System.nanoTime() - gate.lastReceivedNanos());
            }
            left = finished.get() ? 0 : timeout.toNanos() - quiet;
        }
        return false;
    }

    private GatedClient paho() {
        return Objects.requireNonNull(client, "not connected");
    }

    @Override
    public long lastReadNanos() {
        InboundGate gate = inbound;
        return gate == null ? System.nanoTime() : gate.lastReadNanos();
    }

    @Override
    public void disconnect(int reasonCode) {
        sayGoodbye(reasonCode);
        finish(CloseReason.of("disconnected", null));
    }

    @Override
    public void drop() {
        finish(CloseReason.of("dropped", null));
    }

    @Override
    public boolean awaitReleased(Duration timeout) throws InterruptedException {
        return released.await(timeout.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void sayGoodbye(int reasonCode) {
        OutboundGate out = outbound;
        if (out == null || finished.get()) {
            return;
        }
        CountDownLatch said = new CountDownLatch(1);
        // A broker that does not read must not hold up the end; closing the socket ends the attempt.
        Thread goodbye = new Thread(
                () -> {
                    try {
                        out.writePackets(new byte[] {(byte) 0xE0, 1, (byte) reasonCode}, 3);
                    } catch (IOException e) {
                        log.debug("DISCONNECT could not be written", e);
                    } finally {
                        said.countDown();
                    }
                },
                "bridge-mqtt-goodbye");
        goodbye.setDaemon(true);
        goodbye.start();
        try {
            if (!said.await(GOODBYE_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                log.debug("DISCONNECT could not be written: the MQTT broker does not read");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends the connection once, whoever finds out first. */
    private void finish(CloseReason reason) {
        if (!finished.compareAndSet(false, true)) {
            return;
        }
        ended = reason;
        ConnAck answer = connAck;
        if (answer != null && answer.accepted()) {
            handler.closed(reason);
        }
        CountDownLatch waiting = awaited;
        if (waiting != null) {
            waiting.countDown();
        }
        // Paho waits for its own threads, and this may be one of them.
        Thread release = new Thread(this::release, "bridge-mqtt-release");
        release.setDaemon(true);
        release.start();
    }

    private void release() {
        try {
            Socket open = socket;
            if (open instanceof SSLSocket) {
                // Else closing waits for a write that waits for a broker which does not read.
                open.setSoLinger(true, 1);
            }
            if (open != null) {
                open.close();
            }
        } catch (IOException e) {
            log.debug("closing the socket failed", e);
        }
        Thread reading = reader;
        try {
            opening.awaitEnd(OPENER_PATIENCE);
            opening.done();
            GatedClient paho = client;
            if (paho != null) {
                closePaho(paho, reading);
            }
            if (reading != null) {
                reading.join();
            }
            released.countDown();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void closePaho(GatedClient paho, @Nullable Thread reading) throws InterruptedException {
        try {
            paho.disconnectForcibly(0, 1, false);
        } catch (MqttException | RuntimeException e) {
            // Paho may be taking itself apart, and the next connection waits for this.
            log.debug("Paho was not connected any more", e);
        }
        paho.wakeWriter();
        Thread writing = writer;
        if (writing != null) {
            // It would log an error at what close() takes away.
            writing.join(WRITER_PATIENCE.toMillis());
        }
        if (reading != null) {
            // What close() takes away its reader still uses. But that may be held up by a route.
            reading.join(READER_PATIENCE.toMillis());
        }
        try {
            paho.close(true);
        } catch (MqttException | RuntimeException e) {
            log.debug("Paho could not be closed", e);
        }
    }
}
