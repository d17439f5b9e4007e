package io.mqttkafka.bridge.core.mqtt.socket;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.config.TlsOptions;
import org.junit.jupiter.api.Test;

class TlsContextsTest {
    /** TLS 1.0 and 1.1 are broken; whoever speaks nothing else is not spoken to. */
    @Test
    void create_offersNoProtocolBefore12() throws Exception {
        assertThat(TlsContexts.create(TlsOptions.builder().build())
                        .createSSLEngine()
                        .getEnabledProtocols())
                .containsExactlyInAnyOrder("TLSv1.3", "TLSv1.2");
    }
}
