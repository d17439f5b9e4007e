package io.mqttkafka.bridge.testkit.broker;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/**
 * A certificate that vouches for itself, with its private key, in the files brokers and clients ask for.
 *
 * <p>It is valid for one day and for the host names it was made for. Made by the JDK's own keytool; the key is for
 * tests only. Immutable.
 */
public final class SelfSignedCertificate {

    /** The password of {@link #keyStore()} and {@link #trustStore()}. */
    public static final String PASSWORD = "changeit";

    private static final String ALIAS = "certificate";
    private static final String TYPE = "PKCS12";

    private final Path folder;

    private SelfSignedCertificate(Path folder) {
        this.folder = folder;
    }

    /** Makes a certificate for {@code localhost} and 127.0.0.1, with its files in this existing, empty folder. */
    public static SelfSignedCertificate create(Path folder) {
        return create(folder, "dns:localhost,ip:127.0.0.1");
    }

    /**
     * Makes a certificate for the given names, with its files in this existing, empty folder.
     *
     * @param names what the certificate is valid for, as keytool writes it, such as {@code dns:example.org}
     */
    public static SelfSignedCertificate create(Path folder, String names) {
        SelfSignedCertificate certificate = new SelfSignedCertificate(folder);
        certificate.runKeytool(names);
        try {
            certificate.writeOtherFiles();
            return certificate;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("This JDK cannot read what its keytool wrote", e);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot write the certificate's files", e);
        }
    }

    /** Returns the certificate in PEM. */
    public Path certificate() {
        return folder.resolve("certificate.pem");
    }

    /** Returns the private key in PEM, not encrypted. */
    public Path key() {
        return folder.resolve("key.pem");
    }

    /** Returns a PKCS #12 store with the certificate and its key, for the side that shows it. */
    public Path keyStore() {
        return folder.resolve("keystore.p12");
    }

    /** Returns a PKCS #12 store with the certificate alone, for the side that trusts it. */
    public Path trustStore() {
        return folder.resolve("truststore.p12");
    }

    private void runKeytool(String names) {
        Path output = folder.resolve("keytool.out");
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                ALIAS,
                "-keyalg",
                "EC",
                "-dname",
                "CN=test",
                "-ext",
                "SAN=" + names,
                "-validity",
                "1",
                "-storetype",
                TYPE,
                "-keystore",
                keyStore().toString(),
                "-storepass",
                PASSWORD);
        ChildProcess keytool = ChildProcess.start(command, Map.of(), output);
        keytool.awaitExit();
        if (!Files.exists(keyStore())) {
            throw new IllegalStateException("keytool made no certificate: " + keytool.outputTail());
        }
    }

    private void writeOtherFiles() throws GeneralSecurityException, IOException {
        KeyStore keys = KeyStore.getInstance(keyStore().toFile(), PASSWORD.toCharArray());
        Key key = keys.getKey(ALIAS, PASSWORD.toCharArray());
        Certificate certificate = keys.getCertificate(ALIAS);
        Files.writeString(key(), pem("PRIVATE KEY", key.getEncoded()));
        Files.writeString(certificate(), pem("CERTIFICATE", certificate.getEncoded()));

        KeyStore trusted = KeyStore.getInstance(TYPE);
        trusted.load(null, null);
        trusted.setCertificateEntry(ALIAS, certificate);
        try (OutputStream out = Files.newOutputStream(trustStore())) {
            trusted.store(out, PASSWORD.toCharArray());
        }
    }

    private static String pem(String what, byte[] encoded) {
        String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(encoded);
        return "-----BEGIN " + what + "-----\n" + base64 + "\n-----END " + what + "-----\n";
    }
}
