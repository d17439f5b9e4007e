package io.mqttkafka.bridge.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import io.mqttkafka.bridge.error.BridgeConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TlsOptionsTest {
    @TempDir
    Path directory;

    private Path file(String name) throws IOException {
        return Files.writeString(directory.resolve(name), "");
    }

    private static TlsOptions stores(Path trust, Secret trustPassword, Path key, Secret keyPassword) {
        return new TlsOptions(trust, trustPassword, key, keyPassword, null, null, null, null, List.of());
    }

    @Test
    void build_pemFilesSet_arrive() throws IOException {
        Path ca = file("ca.pem");
        Path certificate = file("certificate.pem");
        Path key = file("key.pem");
        assertThat(new TlsOptions.Builder()
                        .caCertificates(ca)
                        .certificate(certificate)
                        .privateKey(key)
                        .keyPassword("one")
                        .alpn("mqtt", "x")
                        .build())
                .isEqualTo(new TlsOptions(
                        null, null, null, null, ca, certificate, key, new Secret("one"), List.of("mqtt", "x")));
    }

    @Test
    void build_twoSourcesOrHalfAPair_isRefusedNamingTheOption() throws IOException {
        Path pem = file("a.pem");
        assertThatExceptionOfType(BridgeConfigException.class)
                .isThrownBy(() -> new TlsOptions.Builder()
                        .trustStore(pem, null)
                        .caCertificates(pem)
                        .build())
                .withMessageStartingWith("tls.caCertificates: is set beside tls.trustStore");
        assertThatExceptionOfType(BridgeConfigException.class)
                .isThrownBy(() -> new TlsOptions.Builder()
                        .keyStore(pem, null)
                        .certificate(pem)
                        .privateKey(pem)
                        .build())
                .withMessageStartingWith("tls.certificate: is set beside tls.keyStore");
        assertThatExceptionOfType(BridgeConfigException.class)
                .isThrownBy(() -> new TlsOptions.Builder().certificate(pem).build())
                .withMessageStartingWith("tls.privateKey: is missing");
        assertThatExceptionOfType(BridgeConfigException.class)
                .isThrownBy(() -> new TlsOptions.Builder().privateKey(pem).build())
                .withMessageStartingWith("tls.certificate: is missing");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 256})
    void alpn_emptyOrTooLong_isRefused(int length) {
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> new TlsOptions.Builder().alpn("x".repeat(length)).build())
                .withMessageStartingWith("tls.alpn: ");
    }

    @Test
    void build_nothingSet_isTheDefault() {
        assertThat(new TlsOptions.Builder().build()).isEqualTo(TlsOptions.DEFAULT);
        assertThat(TlsOptions.DEFAULT).isEqualTo(stores(null, null, null, null));
    }

    @Test
    void build_everythingSet_arrives() throws IOException {
        Path trust = file("trust.p12");
        Path key = file("key.p12");
        assertThat(new TlsOptions.Builder()
                        .trustStore(trust, "one")
                        .keyStore(key, "two")
                        .build())
                .isEqualTo(stores(trust, new Secret("one"), key, new Secret("two")));
        assertThat(new TlsOptions.Builder()
                        .trustStore(trust, null)
                        .keyStore(key, null)
                        .build())
                .isEqualTo(stores(trust, null, key, null));
    }

    @Test
    void build_fileMissing_namesOptionAndFileButNotThePassword() {
        Path missing = directory.resolve("missing.p12");
        assertThatExceptionOfType(BridgeConfigException.class)
                .isThrownBy(() ->
                        new TlsOptions.Builder().trustStore(missing, "canary").build())
                .withMessage("tls.trustStore: '" + missing + "' is not a readable file; check path and rights");
        assertThatExceptionOfType(BridgeConfigException.class)
                .isThrownBy(() ->
                        new TlsOptions.Builder().keyStore(missing, "canary").build())
                .withMessage("tls.keyStore: '" + missing + "' is not a readable file; check path and rights");
        assertThatExceptionOfType(BridgeConfigException.class).isThrownBy(() -> stores(missing, null, null, null));
    }

    @Test
    void build_directory_isRefused() {
        assertThatExceptionOfType(BridgeConfigException.class)
                .isThrownBy(() ->
                        new TlsOptions.Builder().trustStore(directory, null).build())
                .withMessageContaining("is not a readable file");
    }

    @Test
    void stores_null_areRefused() {
        assertThatNullPointerException().isThrownBy(() -> new TlsOptions.Builder().trustStore(null, "a"));
        assertThatNullPointerException().isThrownBy(() -> new TlsOptions.Builder().keyStore(null, "a"));
    }

    @Test
    void mqttTls_fileMissing_isRefusedAtOnce() {
        assertThatExceptionOfType(BridgeConfigException.class).isThrownBy(() -> MqttOptions.builder()
                .tls(tls -> tls.trustStore(directory.resolve("missing.p12"), null)));
    }
}
