package io.mqttkafka.bridge.core.mqtt.socket;

import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.core.mqtt.CloseReason;
import io.mqttkafka.bridge.core.mqtt.InboundHandler;
import io.mqttkafka.bridge.core.mqtt.MqttConnectException;
import io.mqttkafka.bridge.core.mqtt.MqttConnection;
import io.mqttkafka.bridge.core.mqtt.Will;
import io.mqttkafka.bridge.core.mqtt.control.ControlPackets;
import io.mqttkafka.bridge.core.mqtt.control.Dialogue;
import io.mqttkafka.bridge.core.mqtt.control.Look;
import io.mqttkafka.bridge.core.mqtt.wire.BrokerLimits;
import io.mqttkafka.bridge.core.mqtt.wire.ConnAck;
import io.mqttkafka.bridge.core.mqtt.wire.Disconnect;
import io.mqttkafka.bridge.core.mqtt.wire.FrameHandler;
import io.mqttkafka.bridge.core.mqtt.wire.FrameReader;
import io.mqttkafka.bridge.core.mqtt.wire.FrameWriter;
import io.mqttkafka.bridge.core.mqtt.wire.MalformedPacketException;
import io.mqttkafka.bridge.core.mqtt.wire.PacketType;
import io.mqttkafka.bridge.core.mqtt.wire.ProtocolVersion;
import io.mqttkafka.bridge.core.mqtt.wire.PublishFrame;
import io.mqttkafka.bridge.core.mqtt.wire.RequestAnswer;
import io.mqttkafka.bridge.core.session.ProtocolViolation;
import io.mqttkafka.bridge.spi.ServerAddress;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection, from the look-up of the host name to the last thread.
 *
 * <p>Threads: the one that found an address that answers reads; it never writes but CONNECT, so that a broker that does not read
 * cannot hold it up. The keeper looks after the time, never blocks, and takes everything apart at the end. What either of them, or
 * the runner, has to say is written by a third, which is there only meanwhile. Messages and acknowledgements are written by the
 * threads of the pipeline.
 */
final class SocketConnection implements MqttConnection, FrameHandler {
    private static final Logger log = LoggerFactory.getLogger(SocketConnection.class);
    private static final long LONG_FOR_A_CODEC = TimeUnit.MILLISECONDS.toNanos(500);

    /** What every broker takes in one packet: AWS IoT Core takes no more. */
    private static final int FILTERS_PER_PACKET = 8;

    private static final Duration GOODBYE_PATIENCE = Duration.ofSeconds(1);
    private static final Duration READER_PATIENCE = Duration.ofSeconds(2);
    private static final int WEB_SOCKET_DONE = 1000;

    /** How far the handler was told. */
    private enum Told {
        NOTHING,
        TELLING,
        CONNECTED,
        CLOSED
    }

    private final ProtocolVersion version;
    private final ServerAddress address;
    private final MqttOptions options;
    private final String clientId;
    private final InboundHandler handler;
    private final Resolver resolver;
    private final AtomicBoolean toldOfConnection;
    private final @Nullable SSLContext tls;
    private final byte[] connect;

    private final Dialogue dialogue;
    private final Dial dial;
    private final Thread keeper;
    private final Talker talker;
    private final AtomicReference<Told> told = new AtomicReference<>(Told.NOTHING);
    private final CountDownLatch released = new CountDownLatch(1);

    /** Held while SUBSCRIBE or UNSUBSCRIBE waits for its answer. */
    private final ReentrantLock requesting = new ReentrantLock();

    private final Object monitor = new Object();

    // Guarded by the monitor; what is volatile is read without it.
    private boolean lookAgain;

    /** Whether the handler knows of the end, as far as it has to: who waits must not know before. */
    private boolean endTold;

    private @Nullable RequestAnswer answer;
    private @Nullable MqttConnectException unanswered;
    private volatile @Nullable ConnAck connAck;

    /** Why the connection has ended; null while it has not. */
    private volatile @Nullable CloseReason ended;

    private volatile @Nullable Socket socket;
    private volatile @Nullable WebSocketOutput webSocket;
    private volatile @Nullable FrameReader reader;
    private volatile @Nullable FrameWriter writer;

    /** Whether CONNECT has been, or is being, written. */
    private volatile boolean asked;

    private SocketConnection(
            ProtocolVersion version,
            ServerAddress address,
            MqttOptions options,
            String clientId,
            InboundHandler handler,
            Resolver resolver,
            AtomicBoolean toldOfConnection,
            byte[] connect)
            throws MqttConnectException {
        this.version = version;
        this.address = address;
        this.options = options;
        this.clientId = clientId;
        this.handler = handler;
        this.resolver = resolver;
        this.toldOfConnection = toldOfConnection;
        tls = address.secure() ? TlsContexts.create(Objects.requireNonNull(options.tls(), "tls")) : null;
        this.connect = connect;
        dialogue = new Dialogue(
                version, options.cleanStart(), options.connectTimeout(), options.keepAlive(), System.nanoTime());
        dial = new Dial("bridge-" + clientId + "-reader", this::read);
        keeper = daemon(this::keep, "bridge-" + clientId + "-keeper");
        talker = new Talker(clientId);
    }

    private static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    /**
     * Makes a connection. By MQTT 3.1.1 a new session that outlives it cannot be asked for: whoever wants that makes a connection
     * whose session ends with it first, and here only takes care that it was thrown away.
     *
     * @param version the version of MQTT to speak
     * @param told becomes true when the handler is told of the connection, which can fail after that
     */
    static SocketConnection open(
            ProtocolVersion version,
            ServerAddress address,
            MqttOptions options,
            @Nullable Will will,
            String clientId,
            InboundHandler handler,
            Resolver resolver,
            AtomicBoolean told)
            throws MqttConnectException, InterruptedException {
        byte[] connect = ConnectRequest.bytes(version, options, will, clientId);
        SocketConnection connection =
                new SocketConnection(version, address, options, clientId, handler, resolver, told, connect);
        connection.keeper.start();
        boolean open = false;
        try {
            connection.connect();
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

    // Connecting: the thread that asks for the connection. The keeper ends it when it takes too long.

    private void connect() throws MqttConnectException, InterruptedException {
        try {
            dial.run(addresses(), address.port());
        } catch (IOException e) {
            throw ConnectFailures.failed(address, e);
        }
        synchronized (monitor) {
            while (connAck == null && !endTold) {
                monitor.wait();
            }
        }
        ConnAck said = connAck;
        CloseReason reason = ended;
        if (said != null && !said.accepted()) {
            throw ConnectFailures.refused(version, address, clientId, said);
        }
        if (said == null && reason != null) {
            throw reason.cause() instanceof MqttConnectException known
                    ? known
                    : ConnectFailures.failed(version, address, reason, asked);
        }
    }

    private List<InetAddress> addresses() throws IOException, MqttConnectException, InterruptedException {
        CompletableFuture<List<InetAddress>> found = resolver.find(address.host());
        try {
            return found.get(options.connectTimeout().toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException failure ? failure : new IOException(e.getCause());
        } catch (TimeoutException e) {
            throw new IOException("the name server has not told its address in time", e);
        }
    }

    // Reading: the thread that found an address that answers.

    private void read(Socket plain) {
        try {
            opened(plain);
            Socket open = plain;
            if (tls != null) {
                List<String> alpn = Objects.requireNonNull(options.tls(), "tls").alpn();
                open = TlsSocket.over(plain, address, tls, alpn, this::opened);
            }
            InputStream in = open.getInputStream();
            OutputStream out = open.getOutputStream();
            if (address.webSocket()) {
                WebSocket framed = WebSocket.open(in, out, address, this::pinged);
                webSocket = framed.out();
                in = framed.in();
                out = framed.out();
            }
            if (ended == null) {
                talk(new FrameReader(version, in, this, options.maximumPacketSize()), new FrameWriter(out));
            }
        } catch (Throwable e) {
            broken(e);
        }
    }

    private void opened(Socket made) {
        socket = made;
        if (ended != null) {
            // Too late for the keeper to find it.
            Dial.close(made);
        }
    }

    private void talk(FrameReader from, FrameWriter to) throws IOException {
        reader = from;
        writer = to;
        handler.connecting();
        IOException unwritten = null;
        try {
            asked = true;
            to.write(connect, connect.length);
        } catch (IOException e) {
            // Why can still lie unread: an alert of TLS, or CONNACK.
            unwritten = e;
        } finally {
            // It can hold a password.
            Arrays.fill(connect, (byte) 0);
        }
        try {
            from.run();
        } catch (IOException e) {
            if (unwritten != null) {
                e.addSuppressed(unwritten);
            }
            throw e;
        }
    }

    @Override
    public void beginning(int firstByte) throws IOException {
        // Of another protocol the second byte tells more.
        if (!mayBeForeign() || !ForeignProtocolException.mayBegin(firstByte)) {
            dialogue.beginning(firstByte);
        }
    }

    private boolean mayBeForeign() {
        return connAck == null && !address.webSocket() && !address.secure();
    }

    @Override
    public void arriving(int firstByte, int remainingLength) throws IOException {
        if (mayBeForeign()) {
            ForeignProtocolException.check(firstByte, remainingLength);
        }
        dialogue.arriving(firstByte, remainingLength);
    }

    @Override
    public void connAck(ConnAck said) throws MalformedPacketException {
        dialogue.connAck(said, System.nanoTime());
        FrameWriter out = writer;
        if (said.accepted() && out != null && ended == null && told.compareAndSet(Told.NOTHING, Told.TELLING)) {
            toldOfConnection.set(true);
            handler.connected(said.limits(), new ConnectionOutput(version, out));
            if (!told.compareAndSet(Told.TELLING, Told.CONNECTED)) {
                handler.closed(Objects.requireNonNull(ended));
            }
        }
        synchronized (monitor) {
            connAck = said;
            lookAgain = true;
            monitor.notifyAll();
        }
    }

    @Override
    public void publish(PublishFrame frame) {
        if (ended == null) {
            handler.publish(frame);
        }
    }

    @Override
    public void release(int packetId) {
        if (ended == null) {
            handler.release(packetId);
        }
    }

    @Override
    public void answered(int type, int packetId, int reasonCode) {
        if (ended != null) {
            return;
        }
        switch (type) {
            case PacketType.PUBACK -> handler.puback(packetId, reasonCode);
            case PacketType.PUBREC -> handler.pubrec(packetId, reasonCode);
            default -> handler.pubcomp(packetId);
        }
    }

    @Override
    public void answered(RequestAnswer said) throws MalformedPacketException {
        dialogue.answered(said);
        synchronized (monitor) {
            answer = said;
            monitor.notifyAll();
        }
    }

    @Override
    public void pingAnswered() throws MalformedPacketException {
        dialogue.pingAnswered(System.nanoTime());
    }

    @Override
    public void disconnected(Disconnect disconnect) {
        String said = ConnectFailures.said(disconnect.reasonCode(), disconnect.reason(), disconnect.serverReference());
        finish(new CloseReason("the MQTT broker disconnected: " + said, disconnect.reasonCode(), false, null));
    }

    /** The stream has ended or broken, or a handler has thrown. */
    private void broken(Throwable cause) {
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

    // Looking after the time: the keeper.

    private void keep() {
        try {
            while (ended == null) {
                look();
            }
        } catch (Throwable e) {
            finish(CloseReason.of(
                    "looking after the connection failed: " + e.getClass().getName(), e));
        }
        release();
    }

    private void look() throws InterruptedException {
        synchronized (monitor) {
            lookAgain = false;
        }
        long now = System.nanoTime();
        FrameReader from = reader;
        FrameWriter to = writer;
        Look look = from == null || to == null
                ? dialogue.look(now, now, now, now)
                : dialogue.look(now, to.lastWrittenNanos(), from.lastReceivedNanos(), from.lastDataNanos());
        switch (look.action()) {
            case PING -> say(ControlPackets.pingreq());
            case WARN ->
                log.warn(
                        "'{}': {} has not answered {} in time; messages keep coming, so it is waited for",
                        clientId,
                        address,
                        look.packet());
            case GIVE_UP -> giveUp(look.packet());
            case NONE -> {
                synchronized (monitor) {
                    long left = look.nextNanos() - System.nanoTime();
                    if (ended == null && !lookAgain && left > 0) {
                        TimeUnit.NANOSECONDS.timedWait(monitor, Math.max(left, TimeUnit.MILLISECONDS.toNanos(1)));
                    }
                }
            }
        }
    }

    private void giveUp(String packet) {
        switch (packet) {
            case "CONNACK" -> finish(CloseReason.of(ConnectFailures.NO_ANSWER, null));
            case "PINGREQ" -> {
                FrameReader from = reader;
                finish(CloseReason.of(
                        from != null && from.heldUpFor(LONG_FOR_A_CODEC)
                                ? "the connection was not read for the keep-alive; a codec or function of a route may block"
                                : "the MQTT broker does not answer pings",
                        null));
            }
            default -> {
                MqttConnectException failure = ConnectFailures.unanswered(address, packet, options.connectTimeout());
                synchronized (monitor) {
                    unanswered = failure;
                }
                finish(new CloseReason(String.valueOf(failure.getMessage()), -1, false, failure));
            }
        }
    }

    /** Lets a packet be written. */
    private void say(byte[] packet) {
        talker.later(() -> {
            FrameWriter to = writer;
            if (to != null) {
                try {
                    to.write(packet, packet.length);
                } catch (IOException e) {
                    unwritten(e);
                }
            }
        });
    }

    private void pinged() {
        talker.later(() -> {
            WebSocketOutput out = webSocket;
            if (out != null) {
                try {
                    out.pong();
                } catch (IOException e) {
                    unwritten(e);
                }
            }
        });
    }

    /** Why something could not be written can still lie unread: an alert of TLS, or DISCONNECT. */
    private void unwritten(IOException cause) {
        try {
            if (!awaitReleased(READER_PATIENCE)) {
                broken(cause);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    // What the bridge asks for.

    /** Says whether it has ended already. */
    boolean isOver() {
        return ended != null;
    }

    @Override
    public BrokerLimits limits() {
        return Objects.requireNonNull(connAck, "not connected").limits();
    }

    @Override
    public ProtocolVersion version() {
        return version;
    }

    @Override
    public String serverUri() {
        return address.toString();
    }

    @Override
    public List<Integer> subscribe(List<Subscription> subscriptions, Duration timeout)
            throws MqttConnectException, InterruptedException {
        List<Integer> codes = new ArrayList<>();
        long largest = limits().maximumPacketSize();
        int from = 0;
        while (from < subscriptions.size()) {
            int to = ControlPackets.subscribeEnd(subscriptions, from, FILTERS_PER_PACKET, largest);
            if (to == from) {
                throw ConnectFailures.filterTooLong(
                        "fromMqtt", subscriptions.get(from).filter(), largest);
            }
            List<Subscription> part = subscriptions.subList(from, to);
            codes.addAll(request("SUBSCRIBE", () -> {
                int packetId = dialogue.subscribing(part.size(), timeout, System.nanoTime());
                return ControlPackets.subscribe(version, packetId, part);
            }));
            from = to;
        }
        return codes;
    }

    @Override
    public List<Integer> unsubscribe(List<String> filters, Duration timeout)
            throws MqttConnectException, InterruptedException {
        List<Integer> codes = new ArrayList<>();
        long largest = limits().maximumPacketSize();
        int from = 0;
        while (from < filters.size()) {
            int to = ControlPackets.unsubscribeEnd(filters, from, FILTERS_PER_PACKET, largest);
            if (to == from) {
                throw ConnectFailures.filterTooLong("mqtt.unsubscribe", filters.get(from), largest);
            }
            List<String> part = filters.subList(from, to);
            codes.addAll(request("UNSUBSCRIBE", () -> {
                int packetId = dialogue.unsubscribing(part.size(), timeout, System.nanoTime());
                return ControlPackets.unsubscribe(version, packetId, part);
            }));
            from = to;
        }
        return codes;
    }

    /** Begins a request, and encodes it. */
    private interface Request {
        byte[] begin();
    }

    private List<Integer> request(String packet, Request request) throws MqttConnectException, InterruptedException {
        requesting.lockInterruptibly();
        try {
            byte[] bytes;
            synchronized (monitor) {
                while (ended != null && !endTold) {
                    monitor.wait();
                }
                if (ended != null) {
                    throw ConnectFailures.lost(address, packet, null);
                }
                answer = null;
                bytes = request.begin();
                lookAgain = true;
                monitor.notifyAll();
            }
            say(bytes);
            synchronized (monitor) {
                while (answer == null && !endTold) {
                    monitor.wait();
                }
                RequestAnswer said = answer;
                if (said != null) {
                    return said.reasonCodes();
                }
                MqttConnectException failure = unanswered;
                CloseReason reason = ended;
                throw failure != null
                        ? failure
                        : ConnectFailures.lost(address, packet, reason == null ? null : reason.cause());
            }
        } finally {
            requesting.unlock();
        }
    }

    @Override
    public long lastReadNanos() {
        FrameReader from = reader;
        return from == null ? System.nanoTime() : from.lastReadNanos();
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

    // The end.

    private void sayGoodbye(int reasonCode) {
        FrameWriter to = writer;
        byte[] goodbye = ControlPackets.disconnect(version, reasonCode);
        if (to == null || ended != null || goodbye == null) {
            return;
        }
        CountDownLatch said = new CountDownLatch(1);
        // A broker that does not read must not hold up the end; closing the socket ends the attempt.
        boolean begun = talker.later(() -> {
            try {
                to.writeLast(goodbye);
                WebSocketOutput out = webSocket;
                if (out != null) {
                    out.sayClosed(WEB_SOCKET_DONE);
                }
            } catch (IOException e) {
                log.debug("DISCONNECT could not be written", e);
            } finally {
                said.countDown();
            }
        });
        // A route's code may have left the thread interrupted.
        boolean interrupted = Thread.interrupted();
        try {
            if (begun && !said.await(GOODBYE_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                log.debug("DISCONNECT could not be written: the MQTT broker does not read");
            }
        } catch (InterruptedException e) {
            interrupted = true;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Ends the connection once, whoever finds out first. */
    private void finish(CloseReason reason) {
        synchronized (monitor) {
            if (ended != null) {
                return;
            }
            ended = reason;
        }
        dial.cancel();
        // If the handler is being told of the connection, that thread tells it of the end as well.
        try {
            if (told.getAndSet(Told.CLOSED) == Told.CONNECTED) {
                handler.closed(reason);
            }
        } finally {
            synchronized (monitor) {
                endTold = true;
                monitor.notifyAll();
            }
        }
    }

    /** Takes everything apart. */
    private void release() {
        dialogue.over();
        Socket open = socket;
        try {
            if (open instanceof SSLSocket) {
                // Else closing waits for a write that waits for a broker which does not read.
                open.setSoLinger(true, 1);
            }
        } catch (IOException e) {
            log.debug("a socket could not be told to close soon", e);
        }
        if (open != null) {
            Dial.close(open);
        }
        dial.cancel();
        talker.end();
        try {
            dial.join();
            talker.awaitEnd();
            released.countDown();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
