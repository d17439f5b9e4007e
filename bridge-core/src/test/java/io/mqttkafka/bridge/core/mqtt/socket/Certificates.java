package io.mqttkafka.bridge.core.mqtt.socket;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** An authority and what it has signed, made by the JDK's keytool: for a server, for an expired one, and for a client. */
final class Certificates {
    static final String PASSWORD = "changeit";

    private final Path store;
    private final KeyStore keys;

    Certificates(Path folder) {
        store = folder.resolve("all.p12");
        try {
            keytool("-alias", "ca", "-dname", "CN=ca", "-ext", "bc:c", "-validity", "2");
            keytool(
                    "-alias",
                    "server",
                    "-dname",
                    "CN=server",
                    "-signer",
                    "ca",
                    "-validity",
                    "2",
                    "-ext",
                    "SAN=dns:*.example.com,dns:localhost,dns:abs.test,ip:127.0.0.1,ip:0:0:0:0:0:0:0:1");
            keytool(
                    "-alias",
                    "expired",
                    "-dname",
                    "CN=expired",
                    "-signer",
                    "ca",
                    "-startdate",
                    "-3d",
                    "-validity",
                    "1",
                    "-ext",
                    "SAN=ip:127.0.0.1");
            keytool("-alias", "client", "-dname", "CN=client", "-signer", "ca", "-validity", "2");
            keys = KeyStore.getInstance("PKCS12");
            try (InputStream in = Files.newInputStream(store)) {
                keys.load(in, PASSWORD.toCharArray());
            }
        } catch (IOException | InterruptedException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private void keytool(String... more) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keyalg",
                "EC",
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD,
                "-keystore",
                store.toString()));
        command.addAll(List.of(more));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
            throw new IllegalStateException("keytool failed: " + command);
        }
    }

    Certificate certificate(String alias) {
        try {
            return keys.getCertificate(alias);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    PrivateKey key(String alias) {
        try {
            return (PrivateKey) keys.getKey(alias, PASSWORD.toCharArray());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A context of a server with this certificate, which trusts what the authority has signed. */
    SSLContext server(String alias) {
        try {
            KeyStore own = KeyStore.getInstance("PKCS12");
            own.load(null, null);
            own.setKeyEntry(
                    alias, key(alias), PASSWORD.toCharArray(), new Certificate[] {certificate(alias), certificate("ca")
                    });
            KeyManagerFactory keyManagers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keyManagers.init(own, PASSWORD.toCharArray());
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry("ca", certificate("ca"));
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keyManagers.getKeyManagers(), trust.getTrustManagers(), null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Writes PEM. */
    static Path write(Path file, String label, byte[]... contents) {
        StringBuilder pem = new StringBuilder("what comes before is a comment\n");
        for (byte[] content : contents) {
            pem.append("-----BEGIN ").append(label).append("-----\r\n");
            pem.append(Base64.getMimeEncoder(64, new byte[] {'\r', '\n'}).encodeToString(content));
            pem.append("\r\n-----END ").append(label).append("-----\n");
        }
        try {
            return Files.writeString(file, pem);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    static byte[] encoded(Certificate certificate) {
        try {
            return certificate.getEncoded();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
