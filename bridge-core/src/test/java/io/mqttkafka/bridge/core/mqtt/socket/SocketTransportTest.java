package io.mqttkafka.bridge.core.mqtt.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.core.mqtt.CloseReason;
import io.mqttkafka.bridge.core.mqtt.InboundHandler;
import io.mqttkafka.bridge.core.mqtt.MqttConnectException;
import io.mqttkafka.bridge.core.mqtt.MqttConnection;
import io.mqttkafka.bridge.core.mqtt.PacketOutput;
import io.mqttkafka.bridge.core.mqtt.wire.BrokerLimits;
import io.mqttkafka.bridge.core.mqtt.wire.PublishFrame;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Connecting, over and over, in vain, and to hosts with several addresses; what is asked for each time; what is left. */
class SocketTransportTest {
    private static final int CONNECTS = Integer.getInteger("bridge.churn", 300);

    private static MqttOptions options(String uri, UnaryOperator<MqttOptions.Builder> more) {
        return more.apply(MqttOptions.builder()
                        .serverUri(uri)
                        .maximumPacketSize(10_000)
                        .maxInFlightBytes(10_000)
                        .connectTimeout(Duration.ofSeconds(60))
                        .build()
                        .toBuilder())
                .build();
    }

    private static List<Thread> threads(Set<Thread> before) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !before.contains(thread) && thread.getName().startsWith("bridge-"))
                .toList();
    }

    /** {@code -Dbridge.churn=10000} for many. Prints how long a connect takes. */
    @Test
    void connectsAndBreaks_leaveNoThreadAndNoSocket() throws Exception {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        List<Long> nanos = new ArrayList<>();
        try (TinyBroker broker = TinyBroker.plain()) {
            SocketTransport transport = new SocketTransport();
            MqttOptions options = options("tcp://127.0.0.1:" + broker.port(), m -> m);
            for (int i = 0; i < CONNECTS; i++) {
                int turn = i % 3;
                broker.afterwards = turn == 0 ? SocketTransportTest::close : socket -> {};
                Quiet handler = new Quiet();
                long began = System.nanoTime();
                MqttConnection connection = transport.connect(options, "c", handler);
                nanos.add(System.nanoTime() - began);
                if (turn == 1) {
                    connection.drop();
                } else if (turn == 2) {
                    connection.disconnect(0);
                }
                assertThat(connection.awaitReleased(Duration.ofSeconds(60))).isTrue();
                assertThat(handler.reason).isCompleted();
                assertThat(handler.connected).hasValue(1);
                assertThat(handler.ended).hasValue(1);
            }
        }
        await().until(() -> threads(before).isEmpty());
        System.out.printf(
                Locale.ROOT,
                "%d connects, median %.2f ms%n",
                CONNECTS,
                nanos.stream().sorted().skip(CONNECTS / 2).findFirst().orElseThrow() / 1e6);
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void threads_ofAConnection_areTwo() throws Exception {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        try (TinyBroker broker = TinyBroker.plain()) {
            MqttConnection connection = new SocketTransport()
                    .connect(options("tcp://127.0.0.1:" + broker.port(), m -> m), "c", new Quiet());

            assertThat(threads(before))
                    .extracting(Thread::getName)
                    .containsExactlyInAnyOrder("bridge-c-reader", "bridge-c-keeper");
            assertThat(threads(before)).allMatch(Thread::isDaemon);
            connection.drop();
            assertThat(connection.awaitReleased(Duration.ofSeconds(60))).isTrue();
        }
    }

    /** A thread that connects can be stopped at each step. */
    @Test
    void interrupt_whileTheBrokerIsSilent_endsTheAttemptAtOnce() throws Exception {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"))) {
            for (String scheme : List.of("tcp", "ssl", "ws", "wss")) {
                CompletableFuture<Throwable> end = new CompletableFuture<>();
                Thread connecting = new Thread(() -> {
                    try {
                        new SocketTransport()
                                .connect(
                                        options(scheme + "://127.0.0.1:" + silent.getLocalPort(), m -> m),
                                        "c",
                                        new Quiet());
                        end.complete(null);
                    } catch (Exception e) {
                        end.complete(e);
                    }
                });
                connecting.start();
                try (Socket accepted = silent.accept()) {
                    assertThat(accepted.getInputStream().read()).isPositive();
                    connecting.interrupt();
                    assertThat(end.get(60, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
                }
                await().until(() -> threads(before).isEmpty());
            }
        }
    }

    @Test
    void silence_isGivenUpAfterTheConnectTimeout() throws Exception {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"))) {
            assertThatExceptionOfType(MqttConnectException.class)
                    .isThrownBy(() -> new SocketTransport()
                            .connect(
                                    options(
                                            "tcp://127.0.0.1:" + silent.getLocalPort(),
                                            m -> m.connectTimeout(Duration.ofSeconds(1))),
                                    "c",
                                    new Quiet()))
                    .withMessageContaining("no answer in time");
        }
        await().until(() -> threads(before).isEmpty());
    }

    @Test
    void addresses_theFirstIsDead_theNextIsTried() throws Exception {
        try (ServerSocket live = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"))) {
            CompletableFuture<Socket> won = new CompletableFuture<>();
            Dial dial = new Dial("dial", won::complete);
            // Nothing listens at 127.0.0.9.
            dial.run(
                    List.of(InetAddress.getByName("127.0.0.9"), InetAddress.getByName("127.0.0.1")),
                    live.getLocalPort());

            try (Socket socket = won.get(60, TimeUnit.SECONDS)) {
                assertThat(socket.getInetAddress()).isEqualTo(InetAddress.getByName("127.0.0.1"));
            }
            dial.join();
        }
    }

    @Test
    void addresses_noneAnswers_tellsOfTheFirst() {
        Dial dial = new Dial("dial", socket -> {});
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() ->
                        dial.run(List.of(InetAddress.getByName("127.0.0.9"), InetAddress.getByName("127.0.0.8")), 1))
                .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
    }

    @Test
    void addresses_ofBothFamilies_takeTurns() throws Exception {
        InetAddress six = InetAddress.getByName("::1");
        InetAddress sixToo = InetAddress.getByName("::2");
        InetAddress four = InetAddress.getByName("127.0.0.1");
        InetAddress fourToo = InetAddress.getByName("127.0.0.2");

        assertThat(Resolver.inTurn(six, sixToo, four)).containsExactly(six, four, sixToo);
        assertThat(Resolver.inTurn(four, fourToo, six)).containsExactly(four, six, fourToo);
        assertThat(Resolver.inTurn(four)).containsExactly(four);
        assertThat(Resolver.inTurn(six, four, fourToo)).containsExactly(six, four, fourToo);
    }

    @Test
    void host_unknown_isToldAndLeavesNoThread() {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        assertThatExceptionOfType(MqttConnectException.class)
                .isThrownBy(() -> new SocketTransport()
                        .connect(options("tcp://no_such_host.invalid:1", m -> m), "c", new Quiet()))
                .withMessageContaining("the host name is unknown");
        await().until(() -> threads(before).isEmpty());
    }

    @TempDir
    Path folder;

    @Test
    void password_isAskedForAtEachConnect() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        Path file = Files.writeString(folder.resolve("token"), "from-file\n");
        try (TinyBroker broker = TinyBroker.plain()) {
            String uri = "tcp://127.0.0.1:" + broker.port();
            SocketTransport transport = new SocketTransport();
            MqttOptions supplied =
                    options(uri, m -> m.credentials("u", null).password(() -> "token-" + asked.incrementAndGet()));
            connectAndDrop(transport, supplied);
            connectAndDrop(transport, supplied);
            MqttOptions read = options(uri, m -> m.credentials("u", null).password(file));
            connectAndDrop(transport, read);

            List<String> connects = broker.connects.stream()
                    .map(bytes -> new String(bytes, StandardCharsets.ISO_8859_1))
                    .toList();
            assertThat(connects.get(0)).endsWith("token-1");
            assertThat(connects.get(1)).endsWith("token-2");
            assertThat(connects.get(2)).endsWith("from-file");
        }
    }

    private static void connectAndDrop(SocketTransport transport, MqttOptions options) throws Exception {
        MqttConnection connection = transport.connect(options, "c", new Quiet());
        connection.drop();
        assertThat(connection.awaitReleased(Duration.ofSeconds(60))).isTrue();
    }

    @Test
    void password_cannotBeAsked_failsTheAttemptAndCanPass() {
        MqttOptions options = options(
                "tcp://127.0.0.1:1",
                m -> m.password(() -> {
                    throw new IllegalStateException("canary");
                }));
        MqttConnectException failure = catchThrowableOfType(
                MqttConnectException.class, () -> new SocketTransport().connect(options, "c", new Quiet()));

        assertThat(failure)
                .hasMessage(
                        "mqtt.password: could not be asked for (java.lang.IllegalStateException); the next attempt asks again");
        assertThat(failure.passing()).isTrue();
        MqttOptions missing = options("tcp://127.0.0.1:1", m -> m.password(folder.resolve("missing")));
        assertThatExceptionOfType(MqttConnectException.class)
                .isThrownBy(() -> new SocketTransport().connect(missing, "c", new Quiet()))
                .withMessageContaining("missing' cannot be read");
    }

    @Test
    void address_isAskedForAtEachConnect() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        try (TinyBroker one = TinyBroker.plain();
                TinyBroker two = TinyBroker.plain()) {
            MqttOptions options = MqttOptions.builder()
                    .serverUri(() -> "tcp://127.0.0.1:" + (asked.getAndIncrement() == 0 ? one : two).port())
                    .maximumPacketSize(10_000)
                    .build();
            SocketTransport transport = new SocketTransport();
            connectAndDrop(transport, options);
            connectAndDrop(transport, options);

            assertThat(one.connects).hasSize(1);
            assertThat(two.connects).hasSize(1);
        }
    }

    /** The end comes while the handler is being told of the connection. */
    @Test
    void closed_isToldOnceAndAfterConnected() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        List<String> told = new CopyOnWriteArrayList<>();
        try (TinyBroker broker = TinyBroker.plain()) {
            Thread main = Thread.currentThread();
            Quiet quiet = new Quiet();
            var handler = new InboundHandler() {
                @Override
                public void connecting() {}

                @Override
                public void connected(BrokerLimits limits, PacketOutput output) {
                    main.interrupt();
                    try {
                        assertThat(goOn.await(60, TimeUnit.SECONDS)).isTrue();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                    told.add("connected");
                }

                @Override
                public void publish(PublishFrame frame) {}

                @Override
                public void release(int packetId) {}

                @Override
                public void closed(CloseReason reason) {
                    told.add("closed");
                    quiet.closed(reason);
                }
            };
            CompletableFuture<Void> release = CompletableFuture.runAsync(() -> {
                // Until the attempt has been given up and waits for what is left of it.
                await().until(() -> Arrays.stream(main.getStackTrace())
                        .anyMatch(frame -> frame.getMethodName().equals("awaitReleased")));
                goOn.countDown();
            });
            assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> new SocketTransport()
                    .connect(options("tcp://127.0.0.1:" + broker.port(), m -> m), "c", handler));
            release.join();
        }
        assertThat(told).containsExactly("connected", "closed");
    }
}
