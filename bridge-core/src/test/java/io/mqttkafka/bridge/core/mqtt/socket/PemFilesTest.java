package io.mqttkafka.bridge.core.mqtt.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.interfaces.ECPrivateKey;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The forms in which private keys lie in files. */
class PemFilesTest {
    private static final char[] PASSWORD = "secret".toCharArray();

    // One key for tests only, in the forms that OpenSSL writes; the password is "secret".
    private static final String SEC1 = """
            -----BEGIN EC PRIVATE KEY-----
            MHcCAQEEIK6J4BgoiFwv/E5/i4nrLfs2bpS6pVtR/Ty2V45HmXHSoAoGCCqGSM49
            AwEHoUQDQgAEc+F4F3fy0YhINKK7EnD/RKvD4b3vlTAJXReo+/C+id9+WnuM3IjB
            4i94/EQd0fkIMy0B55wcWzUOMvHk260sjQ==
            -----END EC PRIVATE KEY-----
            """;

    private static final String PKCS8 = """
            -----BEGIN PRIVATE KEY-----
            MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgrongGCiIXC/8Tn+L
            iest+zZulLqlW1H9PLZXjkeZcdKhRANCAARz4XgXd/LRiEg0orsScP9Eq8Phve+V
            MAldF6j78L6J335ae4zciMHiL3j8RB3R+QgzLQHnnBxbNQ4y8eTbrSyN
            -----END PRIVATE KEY-----
            """;

    private static final String AES256 = """
            -----BEGIN ENCRYPTED PRIVATE KEY-----
            MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAh1Eucf2EwZlQICCAAw
            DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEMPdjoup3PPrZPADABhUkaAEgZAJ
            SfTG8Ct0mvacyMvVZXrLn9cE0ps5wpnV3Wq/SCS29m4L+umWghvxf8paoedH3Hyt
            aeW2YM2QB7RmsrYpcbxFzqDanRwPLr5gf4X2msB9Vn/xv7pBmT5Z0lJsaleyiVU1
            FxexEb7ezlQvq6UnW/SAK8L2zNswJV5qy0oD4a2ALTRNTRTp6jiYuZW6HT2uEgs=
            -----END ENCRYPTED PRIVATE KEY-----
            """;

    private static final String AES128 = """
            -----BEGIN ENCRYPTED PRIVATE KEY-----
            MIHeMEkGCSqGSIb3DQEFDTA8MBsGCSqGSIb3DQEFDDAOBAjh4QSIdgt8aAICCAAw
            HQYJYIZIAWUDBAECBBAlmma2aSti1+IQce8dPdeDBIGQ5H611PbXgqVjM8IdN2lZ
            BhY+1trowx3b41rzfeVvKT21cmReN3Vj0irTxDogiyc37HbZkagMf5zwd6dl9yzy
            VHxLeB0vP3agjVnNJpWKISEpHeuPsO5MEJTDY9+YPtR8FLJ1ZOm5ub1uqxJVmeLP
            wiB4K5QqorJhUMzf709Yl5L3zJVD0/Ad8pHe1ObmhTmK
            -----END ENCRYPTED PRIVATE KEY-----
            """;

    @TempDir
    Path folder;

    private Path file(String label, byte[] content) {
        return Certificates.write(folder.resolve("key.pem"), label, content);
    }

    private static KeyPair pair(String algorithm) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
        if (algorithm.equals("RSA")) {
            generator.initialize(2048);
        }
        return generator.generateKeyPair();
    }

    @ParameterizedTest
    @ValueSource(strings = {"RSA", "EC", "Ed25519"})
    void pkcs8_isRead(String algorithm) throws Exception {
        KeyPair pair = pair(algorithm);

        var key = PemFiles.privateKey(file("PRIVATE KEY", pair.getPrivate().getEncoded()), null);

        assertThat(key.getEncoded()).isEqualTo(pair.getPrivate().getEncoded());
        assertThat(PemFiles.belongs(key, pair.getPublic())).isTrue();
        assertThat(PemFiles.belongs(key, pair(algorithm).getPublic())).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {AES256, AES128, SEC1})
    void formsOfOpenssl_areTheSameKey(String pem) throws Exception {
        Path file = Files.writeString(folder.resolve("key.pem"), pem);
        Path plain = Files.writeString(folder.resolve("plain.pem"), PKCS8);

        assertThat(((ECPrivateKey) PemFiles.privateKey(file, PASSWORD)).getS())
                .isEqualTo(((ECPrivateKey) PemFiles.privateKey(plain, null)).getS());
    }

    @Test
    void encrypted_passwordMissingOrWrong_isRefused() throws Exception {
        Path file = Files.writeString(folder.resolve("key.pem"), AES256);
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> PemFiles.privateKey(file, null))
                .withMessageContaining("mqtt.tls.keyPassword");
        assertThatExceptionOfType(GeneralSecurityException.class)
                .isThrownBy(() -> PemFiles.privateKey(file, "wrong".toCharArray()));
    }

    /** What is in PKCS #8 behind the algorithm. */
    @Test
    void pkcs1_isRead() throws Exception {
        KeyPair pair = pair("RSA");
        byte[] pkcs8 = pair.getPrivate().getEncoded();
        // SEQUENCE (4), INTEGER 0 (3), algorithm (15), OCTET STRING (4).
        byte[] pkcs1 = Arrays.copyOfRange(pkcs8, 26, pkcs8.length);

        assertThat(PemFiles.privateKey(file("RSA PRIVATE KEY", pkcs1), null).getEncoded())
                .isEqualTo(pkcs8);
    }

    @Test
    void oldEncryption_isRefusedWithTheCommand() throws Exception {
        Path file = Files.writeString(folder.resolve("old.pem"), """
                -----BEGIN RSA PRIVATE KEY-----
                Proc-Type: 4,ENCRYPTED
                DEK-Info: AES-128-CBC,00

                AAAA
                -----END RSA PRIVATE KEY-----
                """);
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> PemFiles.privateKey(file, PASSWORD))
                .withMessageContaining("openssl pkcs8 -topk8");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "DSA PRIVATE KEY"})
    void garbage_isRefused(String label) {
        for (byte[] content :
                new byte[][] {{}, {0x30}, {0x30, (byte) 0x84, 127, -1, -1, -1}, {0x30, 3, (byte) 0xA0, 1}}) {
            assertThatExceptionOfType(Exception.class)
                    .isThrownBy(() -> PemFiles.privateKey(file(label, content), PASSWORD))
                    .satisfies(e -> assertThat(e).isInstanceOfAny(IOException.class, GeneralSecurityException.class));
        }
    }

    @Test
    void noBase64_isRefusedWithoutRepeatingIt() throws Exception {
        Path file = Files.writeString(
                folder.resolve("bad.pem"), "-----BEGIN PRIVATE KEY-----\ncanary!\n-----END PRIVATE KEY-----\n");
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> PemFiles.privateKey(file, null))
                .withMessageContaining("not Base64")
                .withMessageNotContaining("canary")
                .withNoCause();
    }
}
