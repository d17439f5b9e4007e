package io.mqttkafka.bridge.testkit.fake.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mqttkafka.bridge.testkit.packet.ConnectPacket;
import io.mqttkafka.bridge.testkit.packet.MqttPacketType;
import io.mqttkafka.bridge.testkit.packet.MqttPackets;
import io.mqttkafka.bridge.testkit.packet.MqttProperties;
import io.mqttkafka.bridge.testkit.packet.MqttProperty;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What faults, and bytes that are no MQTT, look like on a real socket. */
class SocketFaultsTest {

    private static final int TIMEOUT_MILLIS = 10_000;

    private final FakeMqttBroker broker = FakeMqttBroker.start();
    private Socket socket;

    @BeforeEach
    void open() throws IOException {
        socket = new Socket(broker.host(), broker.port());
        socket.setSoTimeout(TIMEOUT_MILLIS);
    }

    @AfterEach
    void close() throws IOException {
        socket.close();
        broker.close();
    }

    @Test
    void dropConnection_resets() throws IOException {
        broker.faults().on(MqttPacketType.PINGREQ).dropConnection();
        connect();

        send(MqttPackets.pingreq().bytes());

        assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(SocketException.class);
    }

    @Test
    void dropConnection_afterAPacketToTheClient_thatPacketArrives() throws IOException {
        broker.faults().after(MqttPacketType.PINGRESP).dropConnection();
        connect();

        send(MqttPackets.pingreq().bytes());

        assertThat(socket.getInputStream().readNBytes(2))
                .isEqualTo(MqttPackets.pingresp().bytes());
        assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(SocketException.class);
    }

    @Test
    void closeConnection_ends() throws IOException {
        broker.faults().on(MqttPacketType.PINGREQ).closeConnection();
        connect();

        send(MqttPackets.pingreq().bytes());

        assertThat(socket.getInputStream().read()).isEqualTo(-1);
    }

    @Test
    void halfClose_brokerGoesOnReading() throws IOException {
        broker.faults().on(MqttPacketType.PINGREQ).first(1).halfClose();
        connect();

        send(MqttPackets.pingreq().bytes());
        assertThat(socket.getInputStream().read()).isEqualTo(-1);
        send(MqttPackets.pingreq().bytes());

        broker.awaitPackets(
                "two PINGREQ",
                packets -> packets.stream()
                                .filter(logged -> logged.packet().type() == MqttPacketType.PINGREQ)
                                .count()
                        == 2);
        assertThat(broker.connectedClients()).containsExactly("raw");
    }

    @ParameterizedTest
    @CsvSource({
        "00 00, ''", // no packet type
        "30 06 0001 2b 00 7878, 81", // a wildcard in a topic
        "32 05 0001 61 0000, 81", // packet id 0
        "20 03 00 00 00, 81", // only brokers send CONNACK
    })
    void bytes_thatAreNoMqtt_endTheConnection(String bytes, String reason) throws IOException {
        connect();

        send(HexFormat.of().parseHex(bytes.replace(" ", "")));

        byte[] answer = socket.getInputStream().readAllBytes();
        assertThat(HexFormat.of().formatHex(answer)).startsWith("e0").contains(reason);
        assertThat(broker.violations()).hasSize(1);
    }

    @Test
    void connect_unknownVersion_isRefused() throws IOException {
        send(HexFormat.of().parseHex("100d00044d5154540902003c000161"));

        assertThat(HexFormat.of().formatHex(socket.getInputStream().readAllBytes()))
                .isEqualTo("20020001");
    }

    private void connect() throws IOException {
        ConnectPacket connect = new ConnectPacket(
                "raw", true, 0, Optional.empty(), Optional.empty(), Optional.empty(), MqttProperties.NONE);
        send(MqttPackets.connect(connect).bytes());
        byte[] connack = MqttPackets.connack(false, 0, MqttProperties.NONE.with(MqttProperty.TOPIC_ALIAS_MAXIMUM, 10))
                .bytes();
        assertThat(socket.getInputStream().readNBytes(connack.length)).isEqualTo(connack);
    }

    private void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }
}
