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

    @Test
    void build_pemFilesSet_arrive() throws IOException {
        Path ca = file("ca.pem");
        Path certificate = file("certificate.pem");
        Path key = file("key.pem");
        TlsOptions options = TlsOptions.builder()
                .caCertificates(ca)
                .certificate(certificate)
                .privateKey(key)
                .keyPassword("one")
                .alpn("mqtt", "x")
                .build();
        assertThat(options)
                .returns(ca, TlsOptions::caCertificates)
                .returns(certificate, TlsOptions::certificate)
                .returns(key, TlsOptions::privateKey)
                .returns(new Secret("one"), TlsOptions::keyPassword)
                .returns(List.of("mqtt", "x"), TlsOptions::alpn)
                .isEqualTo(options.toBuilder().build());
    }

    @Test
    void build_twoSourcesOrHalfAPair_isRefusedNamingTheOption() throws IOException {
        Path pem = file("a.pem");
        assertThatExceptionOfType(BridgeConfigException.class)
                .isThrownBy(() -> TlsOptions.builder()
                        .trustStore(pem, null)
                        .caCertificates(pem)
                        .build())
                .withMessageStartingWith("tls.caCertificates: is set beside tls.trustStore");
        assertThatExceptionOfType(BridgeConfigException.class)
                .isThrownBy(() -> TlsOptions.builder()
                        .keyStore(pem, null)
                        .certificate(pem)
                        .privateKey(pem)
                        .build())
                .withMessageStartingWith("tls.certificate: is set beside tls.keyStore");
        assertThatExceptionOfType(BridgeConfigException.class)
                .isThrownBy(() -> TlsOptions.builder().certificate(pem).build())
                .withMessageStartingWith("tls.privateKey: is missing");
        assertThatExceptionOfType(BridgeConfigException.class)
                .isThrownBy(() -> TlsOptions.builder().privateKey(pem).build())
                .withMessageStartingWith("tls.certificate: is missing");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 256})
    void alpn_emptyOrTooLong_isRefused(int length) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TlsOptions.builder().alpn("x".repeat(length)).build())
                .withMessageStartingWith("tls.alpn: ");
    }

    @Test
    void build_nothingSet_isTheDefault() {
        assertThat(TlsOptions.builder().build()).isEqualTo(TlsOptions.defaults());
        assertThat(TlsOptions.defaults())
                .hasToString(
                        "TlsOptions[trustStore=null, trustStorePassword=null, keyStore=null, keyStorePassword=null,"
                                + " caCertificates=null, certificate=null, privateKey=null, keyPassword=null, alpn=[]]");
    }

    @Test
    void build_everythingSet_arrives() throws IOException {
        Path trust = file("trust.p12");
        Path key = file("key.p12");
        TlsOptions options = TlsOptions.builder()
                .trustStore(trust, "one")
                .keyStore(key, "two")
                .build();
        assertThat(options)
                .returns(trust, TlsOptions::trustStore)
                .returns(new Secret("one"), TlsOptions::trustStorePassword)
                .returns(key, TlsOptions::keyStore)
                .returns(new Secret("two"), TlsOptions::keyStorePassword)
                .isEqualTo(options.toBuilder().build());
        assertThat(TlsOptions.builder()
                        .trustStore(trust, null)
                        .keyStore(key, null)
                        .build())
                .returns(null, TlsOptions::trustStorePassword)
                .returns(null, TlsOptions::keyStorePassword);
    }

    @Test
    void build_fileMissing_namesOptionAndFileButNotThePassword() {
        Path missing = directory.resolve("missing.p12");
        assertThatExceptionOfType(BridgeConfigException.class)
                .isThrownBy(
                        () -> TlsOptions.builder().trustStore(missing, "canary").build())
                .withMessage("tls.trustStore: '" + missing + "' is not a readable file; check path and rights");
        assertThatExceptionOfType(BridgeConfigException.class)
                .isThrownBy(
                        () -> TlsOptions.builder().keyStore(missing, "canary").build())
                .withMessage("tls.keyStore: '" + missing + "' is not a readable file; check path and rights");
    }

    @Test
    void build_directory_isRefused() {
        assertThatExceptionOfType(BridgeConfigException.class)
                .isThrownBy(
                        () -> TlsOptions.builder().trustStore(directory, null).build())
                .withMessageContaining("is not a readable file");
    }

    @Test
    void stores_null_areRefused() {
        assertThatNullPointerException().isThrownBy(() -> TlsOptions.builder().trustStore(null, "a"));
        assertThatNullPointerException().isThrownBy(() -> TlsOptions.builder().keyStore(null, "a"));
    }

    @Test
    void mqttTls_fileMissing_isRefusedAtOnce() {
        assertThatExceptionOfType(BridgeConfigException.class).isThrownBy(() -> MqttOptions.builder()
                .tls(tls -> tls.trustStore(directory.resolve("missing.p12"), null)));
    }
}
