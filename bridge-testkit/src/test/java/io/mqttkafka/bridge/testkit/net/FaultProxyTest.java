package io.mqttkafka.bridge.testkit.net;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.testkit.net.FaultProxy.Direction;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FaultProxyTest {

    private static final int TIMEOUT_MILLIS = 60_000;
    private static final Duration PATIENCE = Duration.ofMillis(TIMEOUT_MILLIS);
    private static final int SILENCE_MILLIS = 100;
    private static final int CUTS = 300;

    private ServerSocket target;
    private FaultProxy proxy;
    private Socket client;
    private Socket server;

    @BeforeEach
    void connect() throws IOException {
        target = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        target.setSoTimeout(TIMEOUT_MILLIS);
        proxy = FaultProxy.to("127.0.0.1", target.getLocalPort());
        client = connectClient();
        server = acceptServer();
    }

    @AfterEach
    void close() throws IOException {
        proxy.close();
        client.close();
        server.close();
        target.close();
    }

    @Test
    void noFault_bytesAndEnd_passBothWays() throws IOException {
        send(client, "request");
        assertThat(read(server, 7)).isEqualTo("request");
        send(server, "response");
        assertThat(read(client, 8)).isEqualTo("response");

        client.shutdownOutput();
        assertThat(server.getInputStream().read()).isEqualTo(-1);
        send(server, "late");
        server.close();

        assertThat(read(client, 4)).isEqualTo("late");
        assertThat(client.getInputStream().read()).isEqualTo(-1);
        await().atMost(PATIENCE).until(() -> proxy.openConnections() == 0);
        assertThat(proxy.acceptedConnections()).isEqualTo(1);
        assertThat(proxy.forwardedBytes(Direction.CLIENT_TO_SERVER)).isEqualTo(7);
        assertThat(proxy.forwardedBytes(Direction.SERVER_TO_CLIENT)).isEqualTo(12);
    }

    @Test
    void noFault_manyBytes_passUnchanged() throws Exception {
        byte[] sent = new byte[5_000_000];
        new Random(1).nextBytes(sent);
        CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> sendUnchecked(client, sent));

        byte[] received = server.getInputStream().readNBytes(sent.length);

        sending.get(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
        assertThat(Arrays.equals(received, sent)).isTrue();
    }

    @Test
    void clientReset_reachesTheServer() throws IOException {
        client.setSoLinger(true, 0);
        client.close();

        assertThatThrownBy(() -> server.getInputStream().read()).isInstanceOf(SocketException.class);
    }

    @Test
    void cutAll_openConnections_resetsBothSidesAndTakesNewOnes() throws IOException {
        proxy.cutAll();

        assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);
        assertThatThrownBy(() -> server.getInputStream().read()).isInstanceOf(SocketException.class);
        await().atMost(PATIENCE).until(() -> proxy.openConnections() == 0);
        try (Socket again = connectClient();
                Socket behind = acceptServer()) {
            send(again, "x");
            assertThat(read(behind, 1)).isEqualTo("x");
        }
    }

    @Test
    void cutAll_manyTimes_neverLooksLikeAnEndOfStream() throws IOException {
        for (int i = 0; i < CUTS; i++) {
            try (Socket near = connectClient();
                    Socket far = acceptServer()) {
                proxy.cutAll();

                assertReset(near);
                assertReset(far);
            }
        }
    }

    @Test
    void cutAll_halfClosedConnections_stillResetsTheOtherHalf() throws IOException {
        for (int i = 0; i < CUTS; i++) {
            try (Socket near = connectClient();
                    Socket far = acceptServer()) {
                // the half that has ended alternates, as the two sides are reset one after the other
                Socket ending = i % 2 == 0 ? near : far;
                Socket open = i % 2 == 0 ? far : near;
                ending.shutdownOutput();
                assertThat(open.getInputStream().read()).isEqualTo(-1);

                proxy.cutAll();

                assertReset(ending);
            }
        }
    }

    @Test
    void clientReset_manyTimes_neverLooksLikeAnEndOfStream() throws IOException {
        for (int i = 0; i < CUTS; i++) {
            try (Socket near = connectClient();
                    Socket far = acceptServer()) {
                near.setSoLinger(true, 0);
                near.close();

                assertReset(far);
            }
        }
    }

    @Test
    void refuse_newConnections_areRefusedAndOpenOnesStay() throws IOException {
        proxy.refuse();

        assertThatThrownBy(this::connectClient).isInstanceOf(ConnectException.class);
        send(client, "x");
        assertThat(read(server, 1)).isEqualTo("x");

        proxy.accept();
        try (Socket again = connectClient();
                Socket behind = acceptServer()) {
            send(again, "y");
            assertThat(read(behind, 1)).isEqualTo("y");
        }
    }

    @Test
    void noTarget_connections_areReset() {
        try (FaultProxy aimless = FaultProxy.start()) {
            // the reset may overtake the return from connecting
            assertThatThrownBy(() -> connectAndRead(aimless)).isInstanceOf(SocketException.class);
        }
    }

    @Test
    void pause_oneDirection_holdsItsBytesOnly() throws IOException {
        proxy.pause(Direction.CLIENT_TO_SERVER);
        send(client, "held");
        send(server, "free");

        assertThat(read(client, 4)).isEqualTo("free");
        assertSilent(server);

        proxy.resume(Direction.CLIENT_TO_SERVER);
        assertThat(read(server, 4)).isEqualTo("held");
    }

    @Test
    void pause_bothDirections_holdsAllUntilResume() throws IOException {
        proxy.pause();
        send(client, "a");
        send(server, "b");

        assertSilent(server);
        assertSilent(client);

        proxy.resume();
        assertThat(read(server, 1)).isEqualTo("a");
        assertThat(read(client, 1)).isEqualTo("b");
    }

    @Test
    void cutAll_whilePaused_resets() {
        proxy.pause();

        proxy.cutAll();

        assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);
    }

    @Test
    void delay_bytes_arriveLaterAndInOrder() throws IOException {
        Duration delay = Duration.ofMillis(80);
        proxy.delay(delay);
        long start = System.nanoTime();
        for (int i = 0; i < 20; i++) {
            send(client, "x");
        }

        assertThat(read(server, 20)).hasSize(20);
        assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(delay.toNanos());
    }

    @Test
    void slice_bytes_areForwardedInPiecesThatAddUp() throws IOException {
        proxy.slice(3);
        proxy.cutAfterBytes(Direction.CLIENT_TO_SERVER, 7);
        send(client, "abcdefgh");

        assertThat(readToEnd(server)).isEqualTo("abcdefg");
    }

    @Test
    void cutAfterBytes_inTheMiddle_deliversExactlySoMany() throws IOException {
        proxy.cutAfterBytes(Direction.SERVER_TO_CLIENT, 5);
        send(server, "0123456789");

        assertThat(readToEnd(client)).isEqualTo("01234");
        assertThatThrownBy(() -> server.getInputStream().read()).isInstanceOf(SocketException.class);
        client.close();
        await().atMost(PATIENCE).until(() -> proxy.openConnections() == 0);
    }

    @Test
    void cutAfterBytes_receiverStillSending_keepsWhatItWasSent() throws IOException {
        proxy.cutAfterBytes(Direction.CLIENT_TO_SERVER, 3);
        send(server, "unread");
        send(client, "0123");

        await().atMost(PATIENCE).until(() -> proxy.forwardedBytes(Direction.CLIENT_TO_SERVER) == 3);
        send(server, "more");
        assertThat(readToEnd(server)).isEqualTo("012");
    }

    @Test
    void cutAfterBytes_zero_cutsAtTheNextByte() throws IOException {
        proxy.cutAfterBytes(Direction.SERVER_TO_CLIENT, 0);
        send(client, "other direction");
        assertThat(read(server, 15)).isEqualTo("other direction");
        assertThat(proxy.openConnections()).isEqualTo(1);

        send(server, "x");

        assertThat(readToEnd(client)).isEmpty();
    }

    @Test
    void cutAfterBytes_laterConnections_areWhole() throws IOException {
        proxy.cutAfterBytes(Direction.CLIENT_TO_SERVER, 1);
        send(client, "ab");
        assertThat(readToEnd(server)).isEqualTo("a");

        try (Socket again = connectClient();
                Socket behind = acceptServer()) {
            send(again, "abc");
            assertThat(read(behind, 3)).isEqualTo("abc");
        }
    }

    @Test
    void tap_bytes_areSeenBeforeTheyAreForwarded() throws Exception {
        List<String> seen = Collections.synchronizedList(new ArrayList<>());
        CountDownLatch release = new CountDownLatch(1);
        proxy.tap((connection, direction, buffer, offset, length) -> {
            seen.add(connection + " " + direction + " " + new String(buffer, offset, length, US_ASCII));
            awaitUnchecked(release);
        });
        send(client, "hello");

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(seen).containsExactly("1 CLIENT_TO_SERVER hello"));
        assertSilent(server);
        release.countDown();
        assertThat(read(server, 5)).isEqualTo("hello");
    }

    @Test
    void tap_throws_cutsTheConnectionAndCloseReportsIt() throws IOException {
        FaultProxy other = FaultProxy.to("127.0.0.1", target.getLocalPort());
        IllegalStateException wrong = new IllegalStateException("wrong");
        other.tap((connection, direction, buffer, offset, length) -> {
            throw wrong;
        });
        try (Socket socket = new Socket(other.host(), other.port())) {
            send(socket, "x");
            assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(SocketException.class);
        }

        assertThatThrownBy(other::close)
                .isInstanceOf(IllegalStateException.class)
                .hasCause(wrong);
    }

    @Test
    void close_always_leavesNoThreadAndNoListener() {
        proxy.close();

        // a thread whose connection has ended by itself may still be on its last steps
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(
                        Thread.getAllStackTraces().keySet())
                .noneMatch(thread -> thread.isAlive() && thread.getName().startsWith("fault-proxy")));
        assertThatThrownBy(this::connectClient).isInstanceOf(ConnectException.class);
        assertThatThrownBy(proxy::accept).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void numbers_negative_throw() {
        assertThatThrownBy(() -> proxy.slice(-1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> proxy.cutAfterBytes(Direction.CLIENT_TO_SERVER, -1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("but is -1");
    }

    private Socket connectClient() throws IOException {
        Socket socket = new Socket(proxy.host(), proxy.port());
        socket.setSoTimeout(TIMEOUT_MILLIS);
        return socket;
    }

    private Socket acceptServer() throws IOException {
        Socket socket = target.accept();
        socket.setSoTimeout(TIMEOUT_MILLIS);
        return socket;
    }

    private static int connectAndRead(FaultProxy proxy) throws IOException {
        try (Socket socket = new Socket(proxy.host(), proxy.port())) {
            socket.setSoTimeout(TIMEOUT_MILLIS);
            return socket.getInputStream().read();
        }
    }

    private static void assertReset(Socket socket) {
        assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(SocketException.class);
    }

    private static void assertSilent(Socket socket) throws IOException {
        socket.setSoTimeout(SILENCE_MILLIS);
        assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
        socket.setSoTimeout(TIMEOUT_MILLIS);
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(US_ASCII));
    }

    private static void sendUnchecked(Socket socket, byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String read(Socket socket, int bytes) throws IOException {
        return new String(socket.getInputStream().readNBytes(bytes), US_ASCII);
    }

    private static String readToEnd(Socket socket) throws IOException {
        return new String(socket.getInputStream().readAllBytes(), US_ASCII);
    }

    private static void awaitUnchecked(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
