package io.mqttkafka.bridge.core.mqtt.socket;

import io.mqttkafka.bridge.spi.ServerAddress;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The client's side of a WebSocket (RFC 6455) that carries MQTT: the handshake, and the streams of what is in its frames. */
final class WebSocket {
    private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private static final int LARGEST_ANSWER = 16 * 1024;
    private static final int SWITCHING_PROTOCOLS = 101;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final WebSocketInput in;
    private final WebSocketOutput out;

    private WebSocket(WebSocketInput in, WebSocketOutput out) {
        this.in = in;
        this.out = out;
    }

    /**
     * Shakes hands.
     *
     * @param rawIn the socket's stream
     * @param rawOut the socket's stream
     * @param address where the socket leads to
     * @param pinged is run when the server has sent a ping: {@link WebSocketOutput#pong} is to be called soon, by another thread
     * @return the WebSocket
     * @throws WebSocketRefusedException if the server does not switch to WebSocket
     * @throws IOException if the connection breaks
     */
    static WebSocket open(InputStream rawIn, OutputStream rawOut, ServerAddress address, Runnable pinged)
            throws IOException {
        byte[] nonce = new byte[16];
        RANDOM.nextBytes(nonce);
        String key = Base64.getEncoder().encodeToString(nonce);
        rawOut.write(request(address, key).getBytes(StandardCharsets.US_ASCII));
        rawOut.flush();
        WebSocketOutput out = new WebSocketOutput(rawOut, RANDOM);
        WebSocketInput in = new WebSocketInput(rawIn, out, pinged);
        requireSwitched(answer(in), key);
        return new WebSocket(in, out);
    }

    InputStream in() {
        return in;
    }

    WebSocketOutput out() {
        return out;
    }

    private static String request(ServerAddress address, String key) {
        String name = address.host().indexOf(':') < 0 ? address.host() : "[" + address.host() + "]";
        boolean usual = address.port() == (address.secure() ? 443 : 80);
        return "GET " + address.target() + " HTTP/1.1\r\n"
                + "Host: " + name + (usual ? "" : ":" + address.port()) + "\r\n"
                + "Upgrade: websocket\r\n"
                + "Connection: Upgrade\r\n"
                + "Sec-WebSocket-Key: " + key + "\r\n"
                + "Sec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Protocol: mqtt\r\n\r\n";
    }

    /** The lines up to the empty one. */
    private static String answer(WebSocketInput in) throws IOException {
        StringBuilder answer = new StringBuilder();
        while (answer.length() < 4 || !answer.substring(answer.length() - 4).equals("\r\n\r\n")) {
            int b = in.readRaw();
            if (b < 0) {
                throw answer.length() == 0
                        ? new EOFException("the server closed the connection instead of answering as a WebSocket")
                        : refused(0, "ended in the middle of its answer");
            }
            answer.append((char) b);
            if (answer.length() == 5 && !answer.toString().equals("HTTP/")) {
                throw refused(0, "does not answer in HTTP");
            }
            if (answer.length() > LARGEST_ANSWER) {
                throw refused(0, "answers with more than " + LARGEST_ANSWER + " bytes of headers");
            }
        }
        return answer.toString();
    }

    private static void requireSwitched(String answer, String key) throws WebSocketRefusedException {
        int endOfLine = answer.indexOf("\r\n");
        int status = status(answer.substring(0, endOfLine));
        Map<String, String> headers = headers(answer.substring(endOfLine + 2));
        if (status != SWITCHING_PROTOCOLS) {
            String location = headers.get("location");
            throw refused(
                    status, "answers with the status " + status + (location == null ? "" : " and sends us elsewhere"));
        }
        if (!"websocket".equalsIgnoreCase(headers.get("upgrade")) || !holds(headers.get("connection"), "upgrade")) {
            throw refused(0, "switches to something else than WebSocket");
        }
        if (!accept(key).equals(headers.get("sec-websocket-accept"))) {
            throw refused(
                    0, "answers another request than ours (Sec-WebSocket-Accept): a cache, or no WebSocket server");
        }
        String protocol = headers.get("sec-websocket-protocol");
        if (!"mqtt".equals(protocol)) {
            throw refused(0, "does not choose the subprotocol mqtt");
        }
        if (headers.containsKey("sec-websocket-extensions")) {
            throw refused(0, "chooses an extension, although none was offered");
        }
    }

    private static int status(String line) {
        // HTTP/1.1 101 Switching Protocols
        int space = line.indexOf(' ');
        if (!line.startsWith("HTTP/1.") || space < 0 || line.length() < space + 4) {
            return 0;
        }
        int status = 0;
        for (int i = space + 1; i < space + 4; i++) {
            char c = line.charAt(i);
            if (c < '0' || c > '9') {
                return 0;
            }
            status = status * 10 + (c - '0');
        }
        return line.length() == space + 4 || line.charAt(space + 4) == ' ' ? status : 0;
    }

    private static Map<String, String> headers(String lines) throws WebSocketRefusedException {
        Map<String, String> headers = new HashMap<>();
        int at = 0;
        while (at < lines.length()) {
            int end = lines.indexOf("\r\n", at);
            if (end <= at) {
                break;
            }
            int colon = lines.indexOf(':', at);
            if (colon <= at || colon > end || lines.charAt(at) == ' ' || lines.charAt(at) == '\t') {
                throw refused(0, "answers with a malformed header");
            }
            String name = lines.substring(at, colon).toLowerCase(Locale.ROOT);
            String value = lines.substring(colon + 1, end).strip();
            // Of those that matter a second one is an attack, or a mistake.
            if (headers.containsKey(name) && name.startsWith("sec-websocket-")) {
                throw refused(0, "answers with two headers " + name);
            }
            headers.merge(name, value, (one, other) -> one + ", " + other);
            at = end + 2;
        }
        return headers;
    }

    private static boolean holds(@Nullable String list, String token) {
        if (list == null) {
            return false;
        }
        for (String part : list.split(",", -1)) {
            if (part.strip().equalsIgnoreCase(token)) {
                return true;
            }
        }
        return false;
    }

    static String accept(String key) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-1").digest((key + GUID).getBytes(StandardCharsets.US_ASCII));
            return Base64.getEncoder().encodeToString(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-1", e);
        }
    }

    private static WebSocketRefusedException refused(int status, String message) {
        return new WebSocketRefusedException(status, message);
    }
}
