package io.mqttkafka.bridge.tests.connection;

import static io.mqttkafka.bridge.tests.connection.WebSocketFront.BINARY;
import static io.mqttkafka.bridge.tests.connection.WebSocketFront.CLOSE;
import static io.mqttkafka.bridge.tests.connection.WebSocketFront.CONTINUATION;
import static io.mqttkafka.bridge.tests.connection.WebSocketFront.LAST;
import static io.mqttkafka.bridge.tests.connection.WebSocketFront.PING;
import static io.mqttkafka.bridge.tests.connection.WebSocketFront.PONG;
import static io.mqttkafka.bridge.tests.connection.WebSocketFront.TEXT;
import static io.mqttkafka.bridge.tests.connection.WebSocketFront.frame;
import static io.mqttkafka.bridge.tests.engine.Engine.qos1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.event.Disconnected;
import io.mqttkafka.bridge.testkit.broker.SelfSignedCertificate;
import io.mqttkafka.bridge.testkit.packet.ScriptedConnection;
import io.mqttkafka.bridge.tests.connection.WebSocketFront.Frame;
import io.mqttkafka.bridge.tests.engine.Engine;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** MQTT over WebSocket: what RFC 6455 allows is taken, what it forbids ends the connection. */
public class WebSocketTest {
    private static final int PROTOCOL_ERROR = 0x82;
    private static final byte[] NOTHING = {};

    @TempDir
    static Path folder;

    private static SelfSignedCertificate certificate;

    private final Engine engine = new Engine().route("a/#", QoS.AT_LEAST_ONCE, "t");
    private WebSocketFront front;

    @BeforeAll
    static void certificate() {
        certificate = SelfSignedCertificate.create(folder);
    }

    @AfterEach
    void close() {
        engine.close();
        if (front != null) {
            front.close();
        }
    }

    private void front(boolean secure) {
        front = WebSocketFront.to(engine.broker.port(), secure ? certificate : null);
        engine.through(front.serverUri());
        if (secure) {
            engine.mqtt(m -> m.tls(t -> t.caCertificates(certificate.certificate())));
        }
    }

    private enum Framings implements WebSocketFront.Framing {
        AS_THEY_COME {
            @Override
            public void write(byte[] bytes, OutputStream out) throws IOException {
                out.write(frame(LAST | BINARY, bytes));
            }
        },
        A_FRAME_FOR_EACH_BYTE {
            @Override
            public void write(byte[] bytes, OutputStream out) throws IOException {
                for (byte b : bytes) {
                    out.write(frame(LAST | BINARY, new byte[] {b}));
                }
            }
        },
        /** With nothing in the last one, and pings and pongs between them, as RFC 6455 allows. */
        FRAGMENTS_WITH_PINGS_BETWEEN {
            @Override
            public void write(byte[] bytes, OutputStream out) throws IOException {
                int half = bytes.length / 2;
                out.write(frame(BINARY, Arrays.copyOf(bytes, half)));
                out.write(frame(LAST | PING, "hello".getBytes(StandardCharsets.US_ASCII)));
                out.write(frame(CONTINUATION, Arrays.copyOfRange(bytes, half, bytes.length)));
                out.write(frame(LAST | PONG, NOTHING));
                out.write(frame(LAST | CONTINUATION, NOTHING));
            }
        },
        BYTE_BY_BYTE_ON_THE_WIRE {
            @Override
            public void write(byte[] bytes, OutputStream out) throws IOException {
                for (byte b : frame(LAST | BINARY, bytes)) {
                    out.write(b);
                    out.flush();
                }
            }
        },
        EMPTY_FRAMES_BETWEEN {
            @Override
            public void write(byte[] bytes, OutputStream out) throws IOException {
                out.write(frame(LAST | BINARY, NOTHING));
                out.write(frame(BINARY, NOTHING));
                out.write(frame(LAST | CONTINUATION, bytes));
            }
        }
    }

    static Stream<Arguments> framings() {
        return Stream.of(Framings.values())
                .flatMap(one -> Stream.of(Arguments.of(one, false), Arguments.of(one, true)));
    }

    @ParameterizedTest
    @MethodSource("framings")
    void frames_asRfc6455Allows_areTaken(Framings framing, boolean secure) throws InterruptedException {
        front(secure);
        front.framing = framing;
        ScriptedConnection connection = engine.connected();

        connection.publish(qos1(1, "a/1", "1"), qos1(2, "a/2", "2"), qos1(3, "a/3", "3"));
        for (int id = 1; id <= 3; id++) {
            engine.kafka.next(String.valueOf(id)).confirm();
            connection.expectPuback(id);
        }

        assertThat(engine.bridge().health().connections().get(0).connects()).isOne();
        assertThat(front.masks.stream().map(Arrays::toString).distinct()).hasSizeGreaterThan(1);
        if (framing == Framings.FRAGMENTS_WITH_PINGS_BETWEEN) {
            Frame pong = front.control.poll(60, TimeUnit.SECONDS);
            assertThat(pong.first()).isEqualTo(LAST | PONG);
            assertThat(pong.payload()).asString(StandardCharsets.US_ASCII).isEqualTo("hello");
        }
    }

    @Test
    void handshake_request_isThatOfMqtt() {
        front(false);
        engine.connected();

        assertThat(front.requests.get(0))
                .startsWith("GET /mqtt?token=a HTTP/1.1\r\nHost: 127.0.0.1:" + front.port() + "\r\n")
                .contains(
                        "Upgrade: websocket\r\n",
                        "Connection: Upgrade\r\n",
                        "Sec-WebSocket-Version: 13\r\n",
                        "Sec-WebSocket-Protocol: mqtt\r\n");
    }

    /** A client that loses its place there takes what a publisher has written for packets of the broker. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void pause_insideAFrame_losesNothing(boolean secure) throws InterruptedException {
        front(secure);
        ScriptedConnection connection = engine.connected();
        CountDownLatch never = new CountDownLatch(1);
        AtomicBoolean paused = new AtomicBoolean();
        front.framing = (bytes, out) -> {
            byte[] whole = frame(LAST | BINARY, bytes);
            for (int cut : new int[] {1, 2, 5}) {
                out.write(whole, cut == 1 ? 0 : cut == 2 ? 1 : 2, cut == 5 ? 3 : 1);
                out.flush();
                pause(never);
            }
            out.write(whole, 5, whole.length - 5);
            paused.set(true);
        };
        // As a frame it would be a PUBLISH to another topic.
        String forged = "\u0082\u000b\u0032\u0009\u0000\u0003a/x\u0000\u0007\u0000y";

        connection.publish(qos1(1, "a/1", forged));
        engine.kafka.next(forged).confirm();
        connection.expectPuback(1);

        assertThat(paused).isTrue();
        assertThat(engine.bridge().health().connections().get(0).connects()).isOne();
    }

    private static void pause(CountDownLatch never) throws IOException {
        try {
            assertThat(never.await(600, TimeUnit.MILLISECONDS)).isFalse();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {125, 126, 127, 65_535, 65_536, 200_000})
    void length_anyForm_isUnderstoodInBothDirections(int size) {
        front(false);
        ScriptedConnection connection = engine.connected();
        String payload = "x".repeat(size - 11);

        connection.publish(qos1(1, "a/b", payload));

        engine.kafka.next(payload).confirm();
        connection.expectPuback(1);
    }

    static Stream<byte[]> forbidden() {
        return Stream.of(
                // Masked, reserved bits, reserved opcodes.
                new byte[] {(byte) 0x82, (byte) 0x81, 0, 0, 0, 0, 0},
                new byte[] {(byte) 0xC2, 0},
                new byte[] {(byte) 0xA2, 0},
                new byte[] {(byte) 0x92, 0},
                new byte[] {(byte) 0x83, 0},
                new byte[] {(byte) 0x8B, 0},
                // Text cannot hold MQTT.
                frame(LAST | TEXT, new byte[] {'a'}),
                // A continuation of nothing, and a message within another.
                frame(LAST | CONTINUATION, NOTHING),
                new byte[] {BINARY, 0, (byte) (LAST | BINARY), 0},
                // Control frames in pieces, too long, with half a code.
                new byte[] {PING, 0},
                new byte[] {(byte) (LAST | PING), 126, 0, 126},
                new byte[] {(byte) (LAST | CLOSE), 1, 3},
                // Lengths that are negative, or longer written than needed.
                new byte[] {(byte) 0x82, 127, (byte) 0x80, 0, 0, 0, 0, 0, 0, 0},
                new byte[] {(byte) 0x82, 127, 0, 0, 0, 0, 0, 0, (byte) 0xFF, (byte) 0xFF},
                new byte[] {(byte) 0x82, 126, 0, 125},
                // Of a length that is legal, what it holds is none of MQTT.
                new byte[] {(byte) 0x82, 127, 0x7F, -1, -1, -1, -1, -1, -1, -1, (byte) 0x10, 0});
    }

    @ParameterizedTest
    @MethodSource("forbidden")
    void frame_forbidden_endsTheConnectionAsAProtocolError(byte[] bytes) throws InterruptedException {
        front(false);
        ScriptedConnection connection = engine.connected();
        front.framing = (any, out) -> out.write(bytes);

        connection.publish(qos1(1, "a/b", "x"));

        connection.expectDisconnect(PROTOCOL_ERROR);
        connection.expectClosed();
        Frame closing = front.control.poll(60, TimeUnit.SECONDS);
        assertThat(closing.first()).isEqualTo(LAST | CLOSE);
        front.framing = Framings.AS_THEY_COME;
        engine.established(true);
        engine.kafka.expectNothing(Duration.ZERO);
    }

    @Test
    void close_fromTheServer_isToldWithItsCode() {
        front(false);
        ScriptedConnection connection = engine.connected();
        front.framing = (any, out) -> out.write(frame(LAST | CLOSE, new byte[] {3, (byte) 0xE9, 'b', 'y', 'e'}));

        connection.publish(qos1(1, "a/b", "x"));
        connection.expectClosed();

        front.framing = Framings.AS_THEY_COME;
        engine.established(true);
        assertThat(engine.event(Disconnected.class).reason())
                .contains("the WebSocket server closed the connection (code 1001)");
    }

    @Test
    void close_ofTheBridge_saysSoInMqttAndWebSocket() throws InterruptedException {
        front(false);
        ScriptedConnection connection = engine.connected();
        engine.closing().join();

        connection.expectDisconnect(0);
        Frame closing = front.control.poll(60, TimeUnit.SECONDS);
        assertThat(closing.first()).isEqualTo(LAST | CLOSE);
        assertThat(closing.payload()).containsExactly(3, (byte) 0xE8);
    }

    private void answer(String text) {
        front.answer = (path, key) ->
                text.replace("{accept}", WebSocketFront.accept(key)).getBytes(StandardCharsets.ISO_8859_1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "101|Sec-WebSocket-Accept: aaaa|Sec-WebSocket-Protocol: mqtt|another request than ours",
                "101|X: y|Sec-WebSocket-Protocol: mqtt|another request than ours",
                "101|Sec-WebSocket-Accept: {accept}|X: y|does not choose the subprotocol mqtt",
                "101|Sec-WebSocket-Accept: {accept}|Sec-WebSocket-Protocol: mqttv3.1|does not choose the subprotocol mqtt",
                "101|Sec-WebSocket-Accept: {accept}|Sec-WebSocket-Extensions: permessage-deflate|does not choose the subprotocol",
                "101|Sec-WebSocket-Accept: {accept}|no colon here|malformed header",
                "401|X: y|X: y|check the signature or token",
                "403|X: y|X: y|check the signature or token",
                "404|X: y|X: y|check port and path",
                "301|Location: ws://elsewhere/|X: y|sends us elsewhere",
                "200|X: y|X: y|status 200",
                "999999|X: y|X: y|status 0",
            })
    void handshake_refused_failsTheStartWithTheMend(String status, String first, String second, String message) {
        front(false);
        answer("HTTP/1.1 " + status + " x\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n" + first + "\r\n"
                + second + "\r\n\r\n");
        engine.start();

        assertThat(engine.startFailure())
                .hasMessageStartingWith(
                        "mqtt.serverUri: no WebSocket with ws://127.0.0.1:" + front.port() + "/mqtt: it ")
                .hasMessageContaining(message)
                .hasMessageNotContaining("token=a");
    }

    @Test
    void handshake_anExtensionThatWasNotOffered_isRefused() {
        front(false);
        front.answer = (path, key) -> WebSocketFront.switching(
                WebSocketFront.accept(key), "mqtt", "Sec-WebSocket-Extensions: permessage-deflate\r\n");
        engine.start();

        assertThat(engine.startFailure()).hasMessageContaining("chooses an extension");
    }

    @Test
    void handshake_headersWithoutEnd_areReadNoFurther() {
        front(false);
        answer("HTTP/1.1 101 x\r\n" + "a".repeat(20_000));
        engine.start();

        assertThat(engine.startFailure()).hasMessageContaining("more than 16384 bytes of headers");
    }

    @Test
    void handshake_noHttp_isTold() {
        front(false);
        answer("SSH-2.0-x\r\n");
        engine.start();

        assertThat(engine.startFailure()).hasMessageContaining("does not answer in HTTP");
    }

    /** A proxy whose broker is not there yet. */
    @Test
    void handshake_unavailable_isTriedAgain() {
        front(false);
        AtomicBoolean ready = new AtomicBoolean();
        front.answer = (path, key) -> ready.getAndSet(true)
                ? WebSocketFront.switching(WebSocketFront.accept(key), "mqtt", "")
                : "HTTP/1.1 503 x\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        engine.start();
        engine.established(false);
        engine.awaitStarted();

        assertThat(engine.event(Disconnected.class).reason()).contains("it may accept later");
    }

    /** Answers to pings wait behind a thread that cannot write; the reader goes on, and they do not pile up. */
    @Test
    void pings_withoutEnd_areAnsweredByTheLast() {
        front(false);
        ScriptedConnection connection = engine.connected();
        front.framing = (bytes, out) -> {
            for (int i = 0; i < 10_000; i++) {
                out.write(frame(LAST | PING, new byte[] {(byte) (i >> 8), (byte) i}));
            }
            out.write(frame(LAST | BINARY, bytes));
        };

        connection.publish(qos1(1, "a/b", "x"));
        engine.kafka.next("x").confirm();
        connection.expectPuback(1);

        await().until(() -> front.control.stream()
                .anyMatch(pong -> Arrays.equals(pong.payload(), new byte[] {(byte) (9_999 >> 8), (byte) 9_999})));
    }
}
