package io.mqttkafka.bridge.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import io.mqttkafka.bridge.error.BridgeConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsOptionsTest {
    @TempDir
    Path directory;

    private Path file(String name) throws IOException {
        return Files.writeString(directory.resolve(name), "");
    }

    @Test
    void build_nothingSet_isTheDefault() {
        assertThat(new TlsOptions.Builder().build()).isEqualTo(TlsOptions.DEFAULT);
        assertThat(TlsOptions.DEFAULT).isEqualTo(new TlsOptions(null, null, null, null));
    }

    @Test
    void build_everythingSet_arrives() throws IOException {
        Path trust = file("trust.p12");
        Path key = file("key.p12");
        assertThat(new TlsOptions.Builder()
                        .trustStore(trust, "one")
                        .keyStore(key, "two")
                        .build())
                .isEqualTo(new TlsOptions(trust, new Secret("one"), key, new Secret("two")));
        assertThat(new TlsOptions.Builder()
                        .trustStore(trust, null)
                        .keyStore(key, null)
                        .build())
                .isEqualTo(new TlsOptions(trust, null, key, null));
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
        assertThatExceptionOfType(BridgeConfigException.class)
                .isThrownBy(() -> new TlsOptions(missing, null, null, null));
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
