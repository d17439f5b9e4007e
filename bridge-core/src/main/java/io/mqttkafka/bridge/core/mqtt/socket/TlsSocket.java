package io.mqttkafka.bridge.core.mqtt.socket;

import io.mqttkafka.bridge.spi.ServerAddress;
import java.io.IOException;
import java.net.Socket;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.function.Consumer;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSocket;

/** Puts TLS over a socket, and checks that the certificate is for the host. */
final class TlsSocket {
    private TlsSocket() {}

    /**
     * Shakes hands.
     *
     * @param plain the socket; closed with the one that is returned
     * @param address where it leads to
     * @param context which certificates to trust and to show
     * @param alpn the application protocols to offer
     * @param made hears of the socket before anything crosses the network, so that it can be closed
     * @return the socket
     * @throws IOException if TLS could not be agreed on
     */
    static SSLSocket over(
            Socket plain, ServerAddress address, SSLContext context, List<String> alpn, Consumer<SSLSocket> made)
            throws IOException {
        String host = name(address.host());
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(plain, host, address.port(), true);
        made.accept(socket);
        SSLParameters parameters = socket.getSSLParameters();
        // Java's own check takes no name with an underscore, and servers in Java end the handshake at one in SNI.
        boolean own = host.indexOf('_') >= 0;
        parameters.setEndpointIdentificationAlgorithm(own ? "" : "HTTPS");
        if (!own && !isIp(host)) {
            parameters.setServerNames(List.of(new SNIHostName(host)));
        }
        if (!alpn.isEmpty()) {
            parameters.setApplicationProtocols(alpn.toArray(new String[0]));
        }
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        if (own) {
            requireName(host, socket);
        }
        return socket;
    }

    /** Absolute names are written without their dot in certificates and SNI, addresses of IPv6 without the network device. */
    private static String name(String host) {
        int zone = host.indexOf('%');
        if (zone >= 0) {
            return host.substring(0, zone);
        }
        return host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
    }

    static boolean isIp(String host) {
        return host.indexOf(':') >= 0 || host.chars().allMatch(c -> c == '.' || (c >= '0' && c <= '9'));
    }

    private static void requireName(String host, SSLSocket socket) throws IOException {
        Certificate certificate = socket.getSession().getPeerCertificates()[0];
        if (!(certificate instanceof X509Certificate x509) || !CertificateNames.match(x509, host)) {
            throw new SSLPeerUnverifiedException("No subject alternative DNS name matching " + host + " found");
        }
    }
}
