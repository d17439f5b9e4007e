package io.mqttkafka.bridge.standalone;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.testkit.fake.kafka.KafkaOperation;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PortTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final FakeHealth running = new FakeHealth("bridge.example");

    @AfterEach
    void close() {
        running.close();
    }

    /** The first line of the answer; empty if the connection was closed without one. */
    private String answer(String request) throws IOException {
        return whole(request).lines().findFirst().orElse("");
    }

    private String whole(String request) throws IOException {
        try (Socket socket = connect()) {
            socket.setSoTimeout(30_000);
            try {
                socket.getOutputStream().write(request.getBytes(ISO_8859_1));
                socket.shutdownOutput();
                return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
            } catch (IOException e) {
                // A server that does not like the beginning need not read the end.
                return "";
            }
        }
    }

    private Socket connect() throws IOException {
        String address = running.port.shownAddress();
        return new Socket(
                InetAddress.getLoopbackAddress(), Integer.parseInt(address.substring(address.lastIndexOf(':') + 1)));
    }

    private static String get(String path) {
        return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    }

    private void assertBridgeIsWell() throws IOException {
        running.mqtt.awaitAcknowledged(running.mqtt.publish("alarms/1", "x", 1));
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(answer(get("/health/live"))).isEqualTo("HTTP/1.1 200 OK"));
    }

    @ParameterizedTest
    @CsvSource({
        "/,200",
        "/status,200",
        "/metrics,200",
        "/health/live,200",
        "/health/ready,200",
        "/none,404",
        "/status/,404",
        "/../../etc/passwd,404",
        "/%2e%2e/%2e%2e/etc/passwd,404",
        "/health/live/..,404",
        "//status,404",
        "/status?a=b,200"
    })
    void path_isExact(String path, int status) throws IOException {
        String answer = whole(get(path));

        assertThat(answer).startsWith("HTTP/1.1 " + status + " ").doesNotContain("root:");
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"})
    void otherMethods_areRefused(String method) throws IOException {
        assertThat(whole(method
                        + " /status HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 405 ")
                .contains("Allow: GET, HEAD");
    }

    @Test
    void largeBody_isNotRead() throws IOException {
        answer("POST /status HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999999\r\n\r\n" + "x".repeat(1 << 20));

        assertBridgeIsWell();
    }

    @Test
    void head_hasNoBody() throws IOException {
        assertThat(whole("HEAD /status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 200 ")
                .endsWith("\r\n\r\n");
    }

    /** A page whose name somebody has made lead here (DNS rebinding) must not read anything. */
    @ParameterizedTest
    @CsvSource({
        "localhost,200",
        "127.0.0.1,200",
        "10.0.0.7:8080,200",
        "[::1]:8080,200",
        "bridge.example,200",
        "BRIDGE.example:80,200",
        "evil.example,421",
        "localhost.evil.example,421",
        "127.0.0.1.evil.example,421",
        "bridge.example.evil,421",
        "'',421"
    })
    void host_mustBeKnown(String host, int status) throws IOException {
        assertThat(answer("GET /status HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 " + status);
    }

    @Test
    void noHost_isRefused() throws IOException {
        assertThat(answer("GET /status HTTP/1.0\r\n\r\n")).contains(" 421 ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET",
                "\r\n\r\n",
                "\u0016\u0003\u0001\u0002",
                "GET / HTTP/9.9\r\n\r\n",
                "G\0T / HTTP/1.1\r\n\r\n",
                "GET http://[ HTTP/1.1\r\n\r\n"
            })
    void nonsense_isTurnedAway(String request) throws IOException {
        assertThat(answer(request)).doesNotContain(" 200 ");
        assertBridgeIsWell();
    }

    @Test
    void hugeHeaders_areTurnedAway() throws IOException {
        assertThat(answer("GET /status HTTP/1.1\r\nHost: localhost\r\nX: " + "x".repeat(1 << 20) + "\r\n\r\n"))
                .doesNotContain(" 200 ");
        assertThat(answer("GET /status HTTP/1.1\r\nHost: localhost\r\n" + "X: y\r\n".repeat(5000) + "\r\n"))
                .doesNotContain(" 200 ");
        assertBridgeIsWell();
    }

    /** They hold every connection there is, and never finish a request: they are cut off, and the bridge has not noticed. */
    @Test
    void thousandSlowClients_leaveTheBridgeAlone() throws IOException {
        List<Socket> slow = new ArrayList<>();
        try {
            for (int i = 0; i < 1000; i++) {
                Socket socket = connect();
                slow.add(socket);
                try {
                    socket.getOutputStream().write("GET /sta".getBytes(ISO_8859_1));
                } catch (IOException e) {
                    // Turned away already.
                    continue;
                }
            }
            running.mqtt.awaitAcknowledged(running.mqtt.publish("alarms/1", "x", 1));
            assertThat(httpThreads()).isLessThanOrEqualTo(8);

            // Although none of them goes away by itself.
            assertBridgeIsWell();
        } finally {
            for (Socket socket : slow) {
                socket.close();
            }
        }
    }

    private static long httpThreads() {
        Set<Thread> threads = Thread.getAllStackTraces().keySet();
        return threads.stream()
                .filter(thread -> thread.getName().equals("bridge-http"))
                .count();
    }

    @Test
    void headers_letABrowserDoNothingElse() throws IOException {
        String answer = whole(get("/"));

        assertThat(answer)
                .contains(
                        "Content-security-policy: default-src 'none';", "script-src 'sha256-", "X-frame-options: DENY")
                .contains("X-content-type-options: nosniff", "Cache-control: no-store");
        assertThat(answer.replace("http://www.w3.org/2000/svg", "")).doesNotContain("http://", "https://", "src=");
    }

    /** What stopped a route quotes the topic of a device, and so does the log; the port must not. */
    @Test
    void topicsAndPayloadsOfDevices_areNowhere() throws IOException {
        running.kafka.faults().on(KafkaOperation.SEND).topic("alarms").tooLarge();
        running.mqtt.publish("alarms/canary-topic", "canary-payload", 1);
        running.mqtt.awaitAcknowledged(
                running.mqtt.publish("sensors/canary-site/canary-device/temp", "canary-payload", 1));
        await().atMost(PATIENCE)
                .until(() -> !running.bridge.health().route("alarms").running());

        String all = List.of("/status", "/metrics", "/health/ready").stream()
                .map(path -> {
                    try {
                        return whole(get(path));
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                })
                .collect(Collectors.joining());

        assertThat(all)
                .contains("bridge_route_running{bridge=\"bridge\",route=\"alarms\"} 0.0")
                .doesNotContain("canary");
    }
}
