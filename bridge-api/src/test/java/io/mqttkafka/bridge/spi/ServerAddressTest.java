package io.mqttkafka.bridge.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ServerAddressTest {

    @ParameterizedTest
    @CsvSource({
        "tcp://broker, false, false, broker, 1883, ''",
        "mqtt://broker, false, false, broker, 1883, ''",
        "MQTTS://broker, false, true, broker, 8883, ''",
        "ssl://broker:1, false, true, broker, 1, ''",
        "ws://broker, true, false, broker, 80, /",
        "wss://broker:8443/mqtt?a=%20b, true, true, broker, 8443, /mqtt?a=%20b",
        "tcp://mqtt_broker:1883, false, false, mqtt_broker, 1883, ''",
        "ssl://mqtt_broker, false, true, mqtt_broker, 8883, ''",
        "ssl://host.:8883, false, true, host., 8883, ''",
        "ssl://[::1]:8884, false, true, ::1, 8884, ''",
        "wss://[2001:db8::1]/mqtt, true, true, 2001:db8::1, 443, /mqtt",
        "tcp://[fe80::1%eth0]:1883, false, false, fe80::1%eth0, 1883, ''",
        "tcp://10.0.0.1, false, false, 10.0.0.1, 1883, ''",
        "tcp://b\u00fccher.example, false, false, xn--bcher-kva.example, 1883, ''",
    })
    void parse_legal_isTakenApart(String uri, boolean webSocket, boolean secure, String host, int port, String target) {
        assertThat(ServerAddress.parse(uri)).isEqualTo(new ServerAddress(webSocket, secure, host, port, target));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tcp://[::1",
                "tcp://[::1]x:1883",
                "tcp://[zz]:1883",
                "tcp://a:b:1",
                "tcp://host%31:1883",
                "tcp://-.-..:1",
            })
    void parse_illegalHost_isRefused(String uri) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ServerAddress.parse(uri))
                .withMessageStartingWith("mqtt.serverUri: ");
    }

    @Test
    void parse_labelOrNameTooLong_isRefused() {
        assertThat(ServerAddress.parse("tcp://" + "a".repeat(63)).host()).hasSize(63);
        assertThatIllegalArgumentException().isThrownBy(() -> ServerAddress.parse("tcp://" + "a".repeat(64)));
        assertThatIllegalArgumentException().isThrownBy(() -> ServerAddress.parse("tcp://" + "a.".repeat(130) + "b"));
    }

    @Test
    void toString_always_hidesTheQuery() {
        assertThat(ServerAddress.parse("wss://broker/mqtt?X-Amz-Signature=canary"))
                .hasToString("wss://broker:443/mqtt");
        assertThat(ServerAddress.parse("mqtts://[::1]")).hasToString("ssl://[::1]:8883");
    }
}
