package io.mqttkafka.bridge.core.mqtt.paho;

import io.mqttkafka.bridge.core.mqtt.CloseReason;
import io.mqttkafka.bridge.core.mqtt.MqttConnectException;
import io.mqttkafka.bridge.core.mqtt.MqttConnectException.Kind;
import io.mqttkafka.bridge.core.mqtt.ReasonCodes;
import io.mqttkafka.bridge.core.mqtt.wire.ConnAck;
import io.mqttkafka.bridge.core.mqtt.wire.MalformedPacketException;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.Locale;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Says in words, with the mend, why a connection did not come about. */
final class ConnectFailures {
    private static final int FIRST_REFUSAL = 0x80;

    private ConnectFailures() {}

    static MqttConnectException refused(URI uri, String clientId, ConnAck connAck) {
        String said = "the MQTT broker " + shown(uri) + " refused the connection: "
                + said(connAck.reasonCode(), connAck.reason(), connAck.serverReference());
        if (connAck.reasonCode() < FIRST_REFUSAL) {
            return new MqttConnectException(
                    Kind.REFUSED,
                    "mqtt.serverUri: the MQTT broker " + shown(uri) + " answered CONNECT with 0x"
                            + Integer.toHexString(connAck.reasonCode())
                            + ", which MQTT 5 does not know; brokers of MQTT 3.1.1 mean by 0x1 that they do not speak the version"
                            + " asked for: it must speak MQTT 5",
                    null);
        }
        return switch (connAck.reasonCode()) {
            case 0x86, 0x87, 0x8C ->
                new MqttConnectException(
                        Kind.REFUSED,
                        "mqtt.credentials: " + said + "; check user name, password and their rights",
                        null);
            case 0x85 ->
                new MqttConnectException(
                        Kind.REFUSED,
                        "mqtt.clientId: " + said + "; choose another than '" + clean(clientId) + "'",
                        null);
            case 0x84 ->
                new MqttConnectException(Kind.REFUSED, "mqtt.serverUri: " + said + "; it must speak MQTT 5", null);
            case 0x97 ->
                new MqttConnectException(
                        Kind.BUSY,
                        "mqtt.clientId: " + said + ", as '" + clean(clientId)
                                + "'; it may allow fewer sessions or connections than this bridge needs: one for each client"
                                + " id, of which routes from Kafka ('-out') and the status ('-status') have their own; allow"
                                + " more there, for some brokers by another user name",
                        null);
            case 0x9A ->
                new MqttConnectException(
                        Kind.REFUSED,
                        "status: " + said + "; it keeps no retained messages: leave the status out, whose will is one",
                        null);
            case 0x9B ->
                new MqttConnectException(
                        Kind.REFUSED,
                        "status: " + said + "; it supports QoS 0 only: leave the status out, whose will is of QoS 1",
                        null);
            case 0x9C, 0x9D -> new MqttConnectException(Kind.REFUSED, "mqtt.serverUri: " + said, null);
            default ->
                ReasonCodes.ofConnack(connAck.reasonCode()) == ReasonCodes.Meaning.PATIENCE
                        ? new MqttConnectException(Kind.BUSY, "mqtt.serverUri: " + said + "; it may accept later", null)
                        : new MqttConnectException(
                                Kind.REFUSED, "mqtt.serverUri: " + said + "; see the log of the broker", null);
        };
    }

    /** Repeats the reason that the broker gave, and where it wants us to go. */
    static String said(int reasonCode, @Nullable String reason, @Nullable String serverReference) {
        return ReasonCodes.text(reasonCode)
                + (reason == null ? "" : ", \"" + clean(reason) + "\"")
                + (serverReference == null ? "" : "; set mqtt.serverUri to '" + clean(serverReference) + "'");
    }

    static MqttConnectException failed(URI uri, @Nullable Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertificateException || (cause instanceof SSLException && isCertificate(cause))) {
                return certificate(uri, cause, failure);
            }
        }
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SSLException) {
                return noTls(uri, String.valueOf(cause.getMessage()), failure);
            }
            if (cause instanceof UnknownHostException) {
                return unreachable(uri, "the host name is unknown", failure);
            }
            if (cause instanceof SocketTimeoutException) {
                return unreachable(uri, "nobody answers", failure);
            }
            if (cause instanceof ConnectException || cause instanceof NoRouteToHostException) {
                return unreachable(uri, String.valueOf(cause.getMessage()), failure);
            }
        }
        if (failure == null) {
            return unreachable(
                    uri,
                    "no answer in time" + (isTls(uri) ? "; a port that does not speak TLS does not answer either" : ""),
                    null);
        }
        return unreachable(uri, root(failure), failure);
    }

    /** The connection ended before CONNACK. The words of what routes threw are not repeated. */
    static MqttConnectException failed(URI uri, CloseReason ended) {
        if (ended.cause() instanceof MalformedPacketException malformed) {
            return new MqttConnectException(
                    Kind.UNREACHABLE,
                    "mqtt.serverUri: what answers CONNECT at " + shown(uri) + " does not speak MQTT 5 ("
                            + clean(String.valueOf(malformed.getMessage())) + "); " + checkPort(uri),
                    malformed);
        }
        if (ended.cause() instanceof EOFException || ended.cause() instanceof SocketException) {
            return new MqttConnectException(
                    Kind.UNREACHABLE,
                    "mqtt.serverUri: the MQTT broker " + shown(uri)
                            + " closed the connection instead of answering CONNECT (" + root(ended.cause())
                            + "); brokers that speak MQTT 3.1.1 only do so, and the bridge needs MQTT 5; "
                            + checkPort(uri) + ", and see the log of the broker",
                    ended.cause());
        }
        return failed(uri, ended.cause() instanceof IOException broken ? broken : new IOException(ended.text()));
    }

    private static String checkPort(URI uri) {
        return isTls(uri)
                ? "check that the port is one for " + (isWebSocket(uri) ? "WebSocket over TLS" : "MQTT over TLS")
                : "check that the port is one for " + (isWebSocket(uri) ? "WebSocket" : "MQTT")
                        + " without TLS (with TLS it is " + (isWebSocket(uri) ? "wss" : "ssl") + "://)";
    }

    private static boolean isTls(URI uri) {
        return uri.getScheme().equalsIgnoreCase("ssl") || uri.getScheme().equalsIgnoreCase("wss");
    }

    private static boolean isWebSocket(URI uri) {
        return uri.getScheme().toLowerCase(Locale.ROOT).startsWith("ws");
    }

    /** An alert says what the broker does not like; a port without TLS answers with something else, or hangs up. */
    private static MqttConnectException noTls(URI uri, String why, @Nullable Throwable failure) {
        String plain = isWebSocket(uri) ? "ws://" : "tcp://";
        String mend;
        if (why.contains("Unsupported or unrecognized SSL message") || why.contains("plaintext connection")) {
            mend = "this port does not speak TLS; use " + plain + ", or the port that does";
        } else if (why.contains("fatal alert") || why.contains("_")) {
            mend = "check that this port speaks TLS and which certificate it asks for (mqtt.tls.keyStore)";
        } else {
            mend = "check that this port speaks TLS: one that does not (" + plain
                    + ") hangs up so, as does one that misses a certificate of the client (mqtt.tls.keyStore)";
        }
        return new MqttConnectException(
                Kind.TLS, "mqtt.serverUri: no TLS with " + shown(uri) + " (" + clean(why) + "); " + mend, failure);
    }

    private static boolean isCertificate(Throwable cause) {
        return String.valueOf(cause.getMessage()).contains("PKIX");
    }

    private static MqttConnectException certificate(URI uri, Throwable cause, @Nullable Throwable failure) {
        String message = String.valueOf(cause.getMessage());
        boolean name = message.contains("No subject alternative") || message.contains("No name matching");
        return new MqttConnectException(
                Kind.TLS,
                name
                        ? "mqtt.serverUri: the certificate of " + shown(uri) + " is for another host (" + message
                                + "); use a host name that it holds"
                        : "mqtt.tls.trustStore: the certificate of " + shown(uri) + " is not trusted (" + message
                                + "); give a trust store with the authority that signed it",
                failure);
    }

    private static MqttConnectException unreachable(URI uri, String why, @Nullable Throwable failure) {
        return new MqttConnectException(
                Kind.UNREACHABLE,
                "mqtt.serverUri: no connection to the MQTT broker " + shown(uri) + " (" + why
                        + "); check host and port, and that the broker runs",
                failure);
    }

    static MqttConnectException lost(URI uri, String packet, @Nullable Throwable failure) {
        return new MqttConnectException(
                Kind.UNREACHABLE,
                "mqtt.serverUri: the connection to the MQTT broker " + shown(uri) + " was lost before it answered "
                        + packet + "; see the log of the broker",
                failure);
    }

    static MqttConnectException unanswered(URI uri, String packet, Duration timeout) {
        return new MqttConnectException(
                Kind.UNREACHABLE,
                "mqtt.serverUri: the MQTT broker " + shown(uri) + " did not answer " + packet + " within "
                        + timeout.toSeconds() + " s (mqtt.connectTimeout); see the log of the broker",
                null);
    }

    static MqttConnectException confused(URI uri, int filters, int codes) {
        return new MqttConnectException(
                Kind.REFUSED,
                "mqtt.serverUri: the MQTT broker " + shown(uri) + " answered a SUBSCRIBE of " + filters
                        + " filters with " + codes + " reason codes; it must speak MQTT 5",
                null);
    }

    private static String root(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root.getMessage() == null ? root.getClass().getSimpleName() : clean(root.getMessage());
    }

    /** A URI without its query, which can hold a signature. */
    static String shown(URI uri) {
        String text = uri.toString();
        int query = text.indexOf('?');
        return query < 0 ? text : text.substring(0, query);
    }

    /** Text from the network must not break a log line. */
    private static String clean(String text) {
        StringBuilder clean = new StringBuilder();
        for (int i = 0; i < Math.min(text.length(), 256); i++) {
            char c = text.charAt(i);
            clean.append(Character.isISOControl(c) || Character.getType(c) == Character.FORMAT ? '?' : c);
        }
        return clean.toString();
    }
}
