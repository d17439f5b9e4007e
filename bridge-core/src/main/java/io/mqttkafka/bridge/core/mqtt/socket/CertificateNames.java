package io.mqttkafka.bridge.core.mqtt.socket;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/** The host names in a certificate, for names that Java's own check does not take. */
final class CertificateNames {
    private static final int DNS = 2;

    private CertificateNames() {}

    /**
     * Says whether a certificate is for a host name.
     *
     * @param certificate the certificate
     * @param host the name, without a dot at its end
     * @return whether one of its subject alternative names is that name, or has a wildcard for its first label
     */
    static boolean match(X509Certificate certificate, String host) {
        Collection<List<?>> names;
        try {
            names = certificate.getSubjectAlternativeNames();
        } catch (CertificateParsingException e) {
            return false;
        }
        return names != null
                && names.stream()
                        .anyMatch(name -> name.get(0).equals(DNS)
                                && name.get(1) instanceof String pattern
                                && matches(pattern.toLowerCase(Locale.ROOT), host.toLowerCase(Locale.ROOT)));
    }

    static boolean matches(String pattern, String host) {
        if (!pattern.startsWith("*.")) {
            return pattern.equals(host);
        }
        int dot = host.indexOf('.');
        String rest = pattern.substring(1);
        // One label, and not a whole top-level domain.
        return dot > 0
                && rest.indexOf('.', 1) > 0
                && rest.indexOf('*') < 0
                && host.substring(dot).equals(rest);
    }
}
