package io.mqttkafka.bridge.core.mqtt.socket;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.jspecify.annotations.Nullable;

/** Reads certificates and private keys from PEM files. */
final class PemFiles {
    private static final long LARGEST_FILE = 16L * 1024 * 1024;
    private static final String BEGIN = "-----BEGIN ";
    private static final String END = "-----END ";
    private static final String DASHES = "-----";
    private static final String MEND_KEY = "convert it with: openssl pkcs8 -topk8 -in old.pem -out key.pem";

    /** AlgorithmIdentifier of RSA, with its parameter NULL. */
    private static final byte[] RSA = {
        0x30, 0x0D, 6, 9, 0x2A, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xF7, 13, 1, 1, 1, 5, 0
    };

    /** Object identifier of keys on elliptic curves. */
    private static final byte[] EC = {6, 7, 0x2A, (byte) 0x86, 0x48, (byte) 0xCE, 0x3D, 2, 1};

    private static final byte[] VERSION_0 = {2, 1, 0};
    private static final int SEQUENCE = 0x30;
    private static final int OCTET_STRING = 4;
    private static final int EC_PARAMETERS = 0xA0;

    /** One part of a file. */
    private record Part(String label, boolean oldEncryption, byte[] content) {}

    private PemFiles() {}

    /**
     * Reads certificates.
     *
     * @param file the file
     * @return the certificates, in their order
     * @throws IOException if it cannot be read, or holds none
     * @throws GeneralSecurityException if one cannot be understood
     */
    static List<Certificate> certificates(Path file) throws IOException, GeneralSecurityException {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        List<Certificate> certificates = new ArrayList<>();
        for (Part part : parts(file)) {
            if (part.label.equals("CERTIFICATE") || part.label.equals("X509 CERTIFICATE")) {
                certificates.add(factory.generateCertificate(new ByteArrayInputStream(part.content)));
            }
        }
        if (certificates.isEmpty()) {
            throw new IOException("it holds no " + BEGIN + "CERTIFICATE" + DASHES);
        }
        return certificates;
    }

    /**
     * Reads a private key.
     *
     * @param file the file
     * @param password the password of an encrypted key, or null
     * @return the key
     * @throws IOException if it cannot be read, or holds none that can be used
     * @throws GeneralSecurityException if it cannot be decrypted
     */
    static PrivateKey privateKey(Path file, char @Nullable [] password) throws IOException, GeneralSecurityException {
        for (Part part : parts(file)) {
            if (part.label.endsWith("PRIVATE KEY")) {
                if (part.oldEncryption) {
                    throw new IOException("its key is encrypted in the old form of OpenSSL; " + MEND_KEY);
                }
                return switch (part.label) {
                    case "PRIVATE KEY" -> key(part.content);
                    case "RSA PRIVATE KEY" -> key(der(SEQUENCE, VERSION_0, RSA, der(OCTET_STRING, part.content)));
                    case "EC PRIVATE KEY" ->
                        key(der(
                                SEQUENCE,
                                VERSION_0,
                                der(SEQUENCE, EC, curve(part.content)),
                                der(OCTET_STRING, part.content)));
                    case "ENCRYPTED PRIVATE KEY" -> decrypted(part.content, password);
                    default -> throw new IOException("it holds a " + part.label + ", which is not known; " + MEND_KEY);
                };
            }
        }
        throw new IOException("it holds no " + BEGIN + "PRIVATE KEY" + DASHES);
    }

    /**
     * Says whether a key is that of a certificate.
     *
     * @param key the key
     * @param of the key in the certificate
     * @return whether they belong together
     * @throws GeneralSecurityException if the JDK cannot sign with such a key
     */
    static boolean belongs(PrivateKey key, PublicKey of) throws GeneralSecurityException {
        String algorithm = of.getAlgorithm();
        Signature signature =
                switch (algorithm) {
                    case "RSA" -> Signature.getInstance("SHA256withRSA");
                    case "EC" -> Signature.getInstance("SHA256withECDSA");
                    case "EdDSA" -> Signature.getInstance("EdDSA");
                    default -> null;
                };
        if (signature == null) {
            return true;
        }
        try {
            signature.initSign(key);
        } catch (InvalidKeyException e) {
            return false;
        }
        byte[] text = {1, 2, 3};
        signature.update(text);
        byte[] signed = signature.sign();
        signature.initVerify(of);
        signature.update(text);
        return signature.verify(signed);
    }

    private static PrivateKey decrypted(byte[] content, char @Nullable [] password)
            throws IOException, GeneralSecurityException {
        if (password == null) {
            throw new IOException("its key is encrypted; set mqtt.tls.keyPassword");
        }
        EncryptedPrivateKeyInfo encrypted = new EncryptedPrivateKeyInfo(content);
        // For PBES2 only the parameters know the name of the whole.
        String algorithm = encrypted.getAlgParameters() == null
                ? encrypted.getAlgName()
                : encrypted.getAlgParameters().toString();
        String name = algorithm.startsWith("PBE") ? algorithm : encrypted.getAlgName();
        Key key = SecretKeyFactory.getInstance(name).generateSecret(new PBEKeySpec(password));
        Cipher cipher = Cipher.getInstance(name);
        cipher.init(Cipher.DECRYPT_MODE, key, encrypted.getAlgParameters());
        return key(encrypted.getKeySpec(cipher).getEncoded());
    }

    private static PrivateKey key(byte[] pkcs8) throws IOException, GeneralSecurityException {
        PKCS8EncodedKeySpec spec = new PKCS8EncodedKeySpec(pkcs8);
        for (String algorithm : List.of("RSA", "EC", "EdDSA")) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(spec);
            } catch (InvalidKeySpecException e) {
                // It may be one of the others.
                continue;
            }
        }
        throw new IOException("its key is not one of RSA, EC or Ed25519");
    }

    /** The name of the curve, which is in the key, where PKCS #8 wants it outside. */
    private static byte[] curve(byte[] sec1) throws IOException {
        int at = content(sec1, 0);
        while (at < sec1.length) {
            int tag = sec1[at] & 0xFF;
            int from = content(sec1, at);
            int end = from + length(sec1, at);
            if (end > sec1.length) {
                break;
            }
            if (tag == EC_PARAMETERS) {
                return Arrays.copyOfRange(sec1, from, end);
            }
            at = end;
        }
        throw new IOException("its key does not name its curve; " + MEND_KEY);
    }

    private static int length(byte[] der, int at) throws IOException {
        if (at + 1 >= der.length) {
            throw new IOException("its key is cut off");
        }
        int first = der[at + 1] & 0xFF;
        if (first < 0x80) {
            return first;
        }
        int length = 0;
        for (int i = 0; i < first - 0x80; i++) {
            if (i == 3 || at + 2 + i >= der.length) {
                throw new IOException("its key is cut off");
            }
            length = length << 8 | (der[at + 2 + i] & 0xFF);
        }
        return length;
    }

    private static int content(byte[] der, int at) throws IOException {
        int length = length(der, at);
        return at + 2 + (length < 0x80 && (der[at + 1] & 0xFF) < 0x80 ? 0 : (der[at + 1] & 0xFF) - 0x80);
    }

    private static byte[] der(int tag, byte[]... parts) {
        int length = Arrays.stream(parts).mapToInt(part -> part.length).sum();
        byte[] der = new byte[length + 5];
        der[0] = (byte) tag;
        int at = 1;
        if (length < 0x80) {
            der[at++] = (byte) length;
        } else {
            int bytes = length < 0x100 ? 1 : length < 0x1_0000 ? 2 : 3;
            der[at++] = (byte) (0x80 | bytes);
            for (int i = bytes - 1; i >= 0; i--) {
                der[at++] = (byte) (length >> (8 * i));
            }
        }
        for (byte[] part : parts) {
            System.arraycopy(part, 0, der, at, part.length);
            at += part.length;
        }
        return Arrays.copyOf(der, at);
    }

    private static List<Part> parts(Path file) throws IOException {
        if (Files.size(file) > LARGEST_FILE) {
            throw new IOException("it is larger than " + LARGEST_FILE + " bytes");
        }
        List<Part> parts = new ArrayList<>();
        StringBuilder content = new StringBuilder();
        String label = null;
        boolean oldEncryption = false;
        for (String line :
                Files.readString(file, StandardCharsets.ISO_8859_1).lines().toList()) {
            String text = line.strip();
            if (text.startsWith(BEGIN) && text.endsWith(DASHES)) {
                label = text.substring(BEGIN.length(), text.length() - DASHES.length());
                content.setLength(0);
                oldEncryption = false;
            } else if (text.startsWith(END) && label != null) {
                parts.add(new Part(label, oldEncryption, decoded(content.toString(), oldEncryption)));
                label = null;
            } else if (label != null && text.indexOf(':') >= 0) {
                oldEncryption |= text.startsWith("Proc-Type:") && text.endsWith("ENCRYPTED");
            } else if (label != null) {
                content.append(text);
            }
        }
        return parts;
    }

    private static byte[] decoded(String base64, boolean oldEncryption) throws IOException {
        if (oldEncryption) {
            return new byte[0];
        }
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            // Without the cause: it can repeat what is in the file.
            throw new IOException("it is no PEM: something between BEGIN and END is not Base64");
        }
    }
}
