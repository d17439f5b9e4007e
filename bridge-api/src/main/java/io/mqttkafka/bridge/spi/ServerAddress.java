package io.mqttkafka.bridge.spi;

import java.net.IDN;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where an MQTT broker is to be reached: a server URI in its parts. Host names may hold underscores, end with a dot, or be
 * international; addresses of IPv6 are written in brackets in a URI, and without them here.
 *
 * <p>Immutable.
 *
 * @param webSocket whether MQTT goes over WebSocket ({@code ws}, {@code wss})
 * @param secure whether TLS is used ({@code ssl}, {@code mqtts}, {@code wss})
 * @param host the host name in ASCII, or an IP address; not empty
 * @param port the port, from 1 to 65,535
 * @param target for WebSocket the path and the query, which can hold a signature; otherwise empty
 */
public record ServerAddress(boolean webSocket, boolean secure, String host, int port, String target) {
    private static final String MEND = "; use tcp://host:1883, ssl://host:8883, ws://host/path or wss://host/path";
    private static final int LONGEST_NAME = 253;
    private static final int LONGEST_LABEL = 63;
    private static final int HIGHEST_PORT = 65_535;

    /**
     * Checks that there is a host.
     *
     * @param webSocket whether MQTT goes over WebSocket
     * @param secure whether TLS is used
     * @param host the host name in ASCII, or an IP address
     * @param port the port
     * @param target for WebSocket the path and the query; otherwise empty
     * @throws NullPointerException if host or target is null
     * @throws IllegalArgumentException if the host is empty or the port is out of range
     */
    public ServerAddress {
        Objects.requireNonNull(target, "target");
        if (host.isEmpty() || port < 1 || port > HIGHEST_PORT) {
            throw new IllegalArgumentException("mqtt.serverUri: host or port is missing" + MEND);
        }
    }

    /**
     * Reads a server URI.
     *
     * @param text {@code tcp://host:1883}, {@code ssl://host:8883}, {@code ws://host/path} or {@code wss://host/path}; {@code
     *     mqtt} and {@code mqtts} stand for {@code tcp} and {@code ssl}. Without a port, 1883, 8883, 80 and 443
     * @return the address
     * @throws NullPointerException if it is null
     * @throws IllegalArgumentException if it is not such a URI, or holds a user name or password, which is not repeated
     */
    public static ServerAddress parse(String text) {
        return of(uri(text));
    }

    /**
     * Reads a server URI as it is kept.
     *
     * @param text the text
     * @return the URI
     * @throws NullPointerException if it is null
     * @throws IllegalArgumentException if it is none, or holds a user name or password, which is not repeated
     */
    public static URI uri(String text) {
        Objects.requireNonNull(text, "uri");
        try {
            return new URI(text);
        } catch (URISyntaxException e) {
            // No cause: its message would repeat the text, user info included.
            String value = text.indexOf('@') < 0 ? ": '" + shown(text) + "'" : "";
            throw new IllegalArgumentException("mqtt.serverUri: not a URI (" + e.getReason() + ")" + value + MEND);
        }
    }

    /**
     * Reads a server URI.
     *
     * @param uri as {@link #parse} takes it
     * @return the address
     * @throws NullPointerException if it is null
     * @throws IllegalArgumentException if it is not such a URI, or holds a user name or password, which is not repeated
     */
    public static ServerAddress of(URI uri) {
        String shown = shown(uri.toString());
        if (uri.getRawUserInfo() != null || uri.toString().indexOf('@') >= 0) {
            throw new IllegalArgumentException(
                    "mqtt.serverUri: holds a user name or password; set them with mqtt.credentials(..)");
        }
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        int defaultPort = defaultPort(scheme);
        if (defaultPort < 0) {
            throw new IllegalArgumentException(
                    "mqtt.serverUri: '" + shown + "' has no scheme of tcp, mqtt, ssl, mqtts, ws or wss" + MEND);
        }
        // The authority is read here: java.net.URI takes names with an underscore for none.
        String authority = uri.getRawAuthority() == null ? "" : uri.getRawAuthority();
        int colon = authority.startsWith("[") ? authority.indexOf(':', authority.indexOf(']')) : authority.indexOf(':');
        String host = host(colon < 0 ? authority : authority.substring(0, colon));
        int port = colon < 0 || colon == authority.length() - 1 ? defaultPort : port(authority.substring(colon + 1));
        if (host == null || port < 1) {
            throw new IllegalArgumentException("mqtt.serverUri: '" + shown + "' has no legal host and port" + MEND);
        }
        boolean webSocket = scheme.startsWith("ws");
        String path = uri.getRawPath() == null ? "" : uri.getRawPath();
        String query = uri.getRawQuery();
        if (uri.getRawFragment() != null || (!webSocket && (!path.isEmpty() || query != null))) {
            throw new IllegalArgumentException("mqtt.serverUri: '" + shown + "' has more than "
                    + (webSocket ? "host, port, path and query" : "host and port") + MEND);
        }
        String target = webSocket ? (path.isEmpty() ? "/" : path) + (query == null ? "" : "?" + query) : "";
        return new ServerAddress(webSocket, defaultPort == 8883 || defaultPort == 443, host, port, target);
    }

    private static int defaultPort(String scheme) {
        return switch (scheme) {
            case "tcp", "mqtt" -> 1883;
            case "ssl", "mqtts" -> 8883;
            case "ws" -> 80;
            case "wss" -> 443;
            default -> -1;
        };
    }

    /** The host in ASCII; null if it is none. */
    private static @Nullable String host(String text) {
        if (text.startsWith("[") && text.endsWith("]")) {
            // java.net.URI has checked what is in brackets.
            return text.substring(1, text.length() - 1);
        }
        String ascii;
        try {
            ascii = IDN.toASCII(text);
        } catch (IllegalArgumentException e) {
            return null;
        }
        return isName(ascii) ? ascii : null;
    }

    private static boolean isName(String host) {
        int end = host.endsWith(".") ? host.length() - 1 : host.length();
        int label = 0;
        for (int i = 0; i < end; i++) {
            char c = host.charAt(i);
            if (c == '.') {
                if (label == 0) {
                    return false;
                }
                label = 0;
            } else if ((c >= 'a' && c <= 'z')
                    || (c >= 'A' && c <= 'Z')
                    || (c >= '0' && c <= '9')
                    || c == '-'
                    || c == '_') {
                label++;
                if (label > LONGEST_LABEL) {
                    return false;
                }
            } else {
                return false;
            }
        }
        return label > 0 && end <= LONGEST_NAME;
    }

    /** The port; -1 if it is none. */
    private static int port(String digits) {
        int port = 0;
        for (int i = 0; i < digits.length(); i++) {
            char c = digits.charAt(i);
            port = c < '0' || c > '9' ? -1 : port * 10 + (c - '0');
            if (port < 0 || port > HIGHEST_PORT) {
                return -1;
            }
        }
        return port;
    }

    /**
     * Shows a URI as messages may: without its query, which can hold a signature.
     *
     * @param uri the URI
     * @return what may be shown
     */
    public static String shown(String uri) {
        int query = uri.indexOf('?');
        return query < 0 ? shorten(uri) : shorten(uri.substring(0, query)) + "?****";
    }

    private static String shorten(String text) {
        return text.length() <= 80 ? text : text.substring(0, 80) + "...";
    }

    /** Shows everything but the query. */
    @Override
    public String toString() {
        String scheme = webSocket ? secure ? "wss" : "ws" : secure ? "ssl" : "tcp";
        String name = host.indexOf(':') < 0 ? host : "[" + host + "]";
        int query = target.indexOf('?');
        return scheme + "://" + name + ":" + port + (query < 0 ? target : target.substring(0, query));
    }
}
