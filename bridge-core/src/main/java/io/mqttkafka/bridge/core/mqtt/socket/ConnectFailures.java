package io.mqttkafka.bridge.core.mqtt.socket;

import io.mqttkafka.bridge.core.mqtt.CloseReason;
import io.mqttkafka.bridge.core.mqtt.MqttConnectException;
import io.mqttkafka.bridge.core.mqtt.MqttConnectException.Kind;
import io.mqttkafka.bridge.core.mqtt.ReasonCodes;
import io.mqttkafka.bridge.core.mqtt.wire.ConnAck;
import io.mqttkafka.bridge.core.mqtt.wire.MalformedPacketException;
import io.mqttkafka.bridge.core.mqtt.wire.ProtocolVersion;
import io.mqttkafka.bridge.spi.ServerAddress;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.time.Duration;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/** Says in words, with the mend, why a connection did not come about. */
final class ConnectFailures {
    /** The end of an attempt that took too long. */
    static final String NO_ANSWER = "no answer in time";

    private static final String OLDER = "mqtt.version(V3_1_1) or version(AUTO)";

    private ConnectFailures() {}

    static MqttConnectException refused(ProtocolVersion version, ServerAddress uri, String clientId, ConnAck connAck) {
        String said = "the MQTT broker " + uri + " refused the connection: "
                + (version.hasProperties()
                        ? said(connAck.reasonCode(), connAck.reason(), connAck.serverReference())
                        : ReasonCodes.returnCodeText(connAck.reasonCode()));
        return switch (connAck.reasonCode()) {
            case 0x86, 0x87, 0x8C ->
                new MqttConnectException(
                        Kind.REFUSED,
                        "mqtt.credentials: " + said + "; check user name, password and their rights",
                        null);
            case 0x85 ->
                new MqttConnectException(
                        Kind.REFUSED,
                        "mqtt.clientId: " + said + "; choose another than '" + clean(clientId) + "'"
                                + (version.hasProperties()
                                        ? ""
                                        : ": every broker of MQTT 3.1.1 takes 23 letters and digits, not each of them more"),
                        null);
            case 0x84 ->
                new MqttConnectException(
                        Kind.VERSION,
                        version.hasProperties()
                                ? "mqtt.serverUri: " + said + "; it speaks an older MQTT only: set " + OLDER
                                : "mqtt.version: " + said + "; it does not speak MQTT 3.1.1: set V5 or AUTO",
                        null);
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

    static MqttConnectException failed(ServerAddress uri, @Nullable Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertificateExpiredException || cause instanceof CertificateNotYetValidException) {
                return expired(uri, cause, failure);
            }
            if (cause instanceof ForeignProtocolException) {
                return new MqttConnectException(
                        Kind.REFUSED, "mqtt.serverUri: what answers at " + uri + " " + cause.getMessage(), failure);
            }
            if (cause instanceof WebSocketRefusedException refused) {
                return refused(uri, refused);
            }
        }
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
        return unreachable(uri, failure == null ? "no answer in time" : root(failure), failure);
    }

    /** The connection ended before CONNACK. The words of what routes threw are not repeated. */
    static MqttConnectException failed(ProtocolVersion version, ServerAddress uri, CloseReason ended, boolean asked) {
        Throwable cause = ended.cause();
        if (cause instanceof MalformedPacketException malformed) {
            return new MqttConnectException(
                    Kind.UNREACHABLE,
                    "mqtt.serverUri: what answers CONNECT at " + uri + " does not speak " + version + " ("
                            + clean(String.valueOf(malformed.getMessage())) + "); " + checkPort(uri),
                    malformed);
        }
        if (asked && (cause instanceof EOFException || cause instanceof SocketException)) {
            return new MqttConnectException(
                    Kind.HUNG_UP,
                    "mqtt.serverUri: the MQTT broker " + uri + " closed the connection instead of answering CONNECT ("
                            + root(cause)
                            + (version.hasProperties()
                                    ? "); brokers that speak MQTT 3.1.1 only do so: set " + OLDER + " for them; "
                                    : "); ")
                            + checkPort(uri) + ", and see the log of the broker",
                    cause);
        }
        if (cause == null && ended.text().equals(NO_ANSWER)) {
            return unreachable(
                    uri,
                    NO_ANSWER + (uri.secure() ? "; a port that does not speak TLS does not answer either" : ""),
                    null);
        }
        return failed(uri, cause instanceof IOException ? cause : new IOException(ended.text()));
    }

    private static MqttConnectException refused(ServerAddress uri, WebSocketRefusedException refused) {
        String said = "no WebSocket with " + uri + ": it " + refused.getMessage();
        int status = refused.status();
        if (status == 401 || status == 403) {
            return new MqttConnectException(
                    Kind.REFUSED,
                    "mqtt.serverUri: " + said + "; check the signature or token in the URI, and its rights",
                    refused);
        }
        return new MqttConnectException(
                status == 429 || status >= 500 ? Kind.BUSY : Kind.REFUSED,
                "mqtt.serverUri: " + said
                        + (status == 429 || status >= 500
                                ? "; it may accept later"
                                : "; check port and path, and that MQTT over WebSocket is enabled there (mostly the path /mqtt)"),
                refused);
    }

    private static MqttConnectException expired(ServerAddress uri, Throwable cause, @Nullable Throwable failure) {
        return new MqttConnectException(
                Kind.TLS,
                "mqtt.serverUri: the certificate of " + uri + ", or one that vouches for it, "
                        + (cause instanceof CertificateExpiredException ? "has expired (" : "is not valid yet (")
                        + cause.getMessage() + "); renew it there, or set the clock of this machine right",
                failure);
    }

    private static String checkPort(ServerAddress uri) {
        return uri.secure()
                ? "check that the port is one for " + (uri.webSocket() ? "WebSocket over TLS" : "MQTT over TLS")
                : "check that the port is one for " + (uri.webSocket() ? "WebSocket" : "MQTT")
                        + " without TLS (with TLS it is " + (uri.webSocket() ? "wss" : "ssl") + "://)";
    }

    /** An alert says what the broker does not like; a port without TLS answers with something else, or hangs up. */
    private static MqttConnectException noTls(ServerAddress uri, String why, @Nullable Throwable failure) {
        String plain = uri.webSocket() ? "ws://" : "tcp://";
        String ours = "(mqtt.tls.keyStore or mqtt.tls.certificate)";
        String mend;
        if (why.contains("Unsupported or unrecognized SSL message") || why.contains("plaintext connection")) {
            mend = "this port does not speak TLS; use " + plain + ", or the port that does";
        } else if (why.contains("fatal alert")) {
            mend = "check that this port speaks TLS and which certificate it asks for " + ours;
        } else {
            mend = "check that this port speaks TLS: one that does not (" + plain
                    + ") hangs up so, as does one that misses a certificate of the client " + ours;
        }
        return new MqttConnectException(
                Kind.TLS, "mqtt.serverUri: no TLS with " + uri + " (" + clean(why) + "); " + mend, failure);
    }

    /** What is asked at each connect was not told. The words of what it threw are not repeated: they could hold a secret. */
    static MqttConnectException unasked(String option, RuntimeException failure) {
        return new MqttConnectException(
                Kind.UNREACHABLE,
                option + ": could not be asked for ("
                        + (failure instanceof UncheckedIOException
                                ? failure.getMessage()
                                : failure.getClass().getName())
                        + "); the next attempt asks again",
                failure);
    }

    static MqttConnectException passwordAlone() {
        return new MqttConnectException(
                Kind.REFUSED,
                "mqtt.credentials: MQTT 3.1.1 takes a password with a user name only; set a user name, which can be empty",
                null);
    }

    static MqttConnectException filterTooLong(String option, String filter, long maximumPacketSize) {
        return new MqttConnectException(
                Kind.REFUSED,
                option + ": '" + filter + "': the MQTT broker takes no packet larger than " + maximumPacketSize
                        + " bytes; raise that limit there or shorten the filter",
                null);
    }

    private static boolean isCertificate(Throwable cause) {
        return cause instanceof SSLPeerUnverifiedException
                || String.valueOf(cause.getMessage()).contains("PKIX");
    }

    private static MqttConnectException certificate(ServerAddress uri, Throwable cause, @Nullable Throwable failure) {
        String message = String.valueOf(cause.getMessage());
        boolean name = message.contains("No subject alternative") || message.contains("No name matching");
        return new MqttConnectException(
                Kind.TLS,
                name
                        ? "mqtt.serverUri: the certificate of " + uri + " is for another host (" + message
                                + "); use a host name that it holds"
                        : "mqtt.tls.trustStore: the certificate of " + uri + " is not trusted (" + message
                                + "); give a trust store with the authority that signed it (or mqtt.tls.caCertificates)",
                failure);
    }

    private static MqttConnectException unreachable(ServerAddress uri, String why, @Nullable Throwable failure) {
        return new MqttConnectException(
                Kind.UNREACHABLE,
                "mqtt.serverUri: no connection to the MQTT broker " + uri + " (" + why
                        + "); check host and port, and that the broker runs",
                failure);
    }

    static MqttConnectException lost(ServerAddress uri, String packet, @Nullable Throwable failure) {
        return new MqttConnectException(
                Kind.UNREACHABLE,
                "mqtt.serverUri: the connection to the MQTT broker " + uri + " was lost before it answered " + packet
                        + "; see the log of the broker",
                failure);
    }

    static MqttConnectException unanswered(ServerAddress uri, String packet, Duration timeout) {
        return new MqttConnectException(
                Kind.UNREACHABLE,
                "mqtt.serverUri: the MQTT broker " + uri + " did not answer " + packet + " within "
                        + timeout.toSeconds() + " s (mqtt.connectTimeout); see the log of the broker",
                null);
    }

    private static String root(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root.getMessage() == null ? root.getClass().getSimpleName() : clean(root.getMessage());
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
