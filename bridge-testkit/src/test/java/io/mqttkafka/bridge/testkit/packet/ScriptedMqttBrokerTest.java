package io.mqttkafka.bridge.testkit.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.ConnectException;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScriptedMqttBrokerTest {

    private static final Duration SHORT = Duration.ofMillis(50);
    private static final Duration LONG = Duration.ofSeconds(60);

    /**
     * CONNECT, client "c", clean start, keep alive 60, session expiry 5, receive maximum 10, user "u", password "p".
     */
    private static final String CONNECT =
            "101c 0004 4d515454 05 c2 003c 08 1100000005 21000a 0001 63 0001 75 0001 70".replace(" ", "");

    private ScriptedMqttBroker broker;
    private RawClient client;
    private ScriptedConnection connection;

    @BeforeEach
    void connect() throws IOException {
        broker = ScriptedMqttBroker.start(LONG);
        client = new RawClient(broker.port());
        connection = broker.accept();
    }

    @AfterEach
    void close() throws IOException {
        client.close();
        broker.close();
    }

    @Test
    void expectConnect_allFields_areParsed() throws IOException {
        // with a will: topic "w", payload "gone", QoS 1, retain, delay 9
        client.send("1028 0004 4d515454 05 ec 000a 05 1100000005"
                + " 0001 63 05 1800000009 0001 77 0004 676f6e65 0001 75 0001 70 ".replace(" ", ""));

        ConnectPacket connect = connection.expectConnect();

        assertThat(connect.clientId()).isEqualTo("c");
        assertThat(connect.cleanStart()).isFalse();
        assertThat(connect.keepAlive()).isEqualTo(10);
        assertThat(connect.sessionExpiry()).isEqualTo(5);
        assertThat(connect.receiveMaximum()).isEqualTo(65_535);
        assertThat(connect.maximumPacketSize()).isEmpty();
        assertThat(connect.userName()).contains("u");
        assertThat(connect.password())
                .hasValueSatisfying(password -> assertThat(password).asString().isEqualTo("p"));
        assertThat(connect.will()).hasValueSatisfying(will -> {
            assertThat(will.topic()).isEqualTo("w");
            assertThat(will.payload()).asString().isEqualTo("gone");
            assertThat(will.qos()).isEqualTo(1);
            assertThat(will.retain()).isTrue();
            assertThat(will.properties().number(MqttProperty.WILL_DELAY_INTERVAL))
                    .hasValue(9);
        });
        assertThat(connect.toString()).doesNotContain("password");
    }

    @Test
    void handshake_connectArrives_sendsConnack() throws IOException {
        client.send(CONNECT);

        ConnectPacket connect = connection.handshake(true);

        assertThat(connect.cleanStart()).isTrue();
        assertThat(connect.receiveMaximum()).isEqualTo(10);
        assertThat(client.read(5)).isEqualTo("2003010000");
    }

    @Test
    void connack_properties_areEncoded() throws IOException {
        connection.connack(
                false,
                0x87,
                MqttProperties.NONE
                        .with(MqttProperty.RECEIVE_MAXIMUM, 258)
                        .with(MqttProperty.REASON_STRING, "no")
                        .withUserProperty("k", "v"));

        assertThat(client.read(20)).isEqualTo("2012 0087 0f 210102 1f00026e6f 2600016b000176".replace(" ", ""));
    }

    @Test
    void expectSubscribe_filtersAndOptions_areParsed() throws IOException {
        client.send("8212 0007 02 0b05 0003 612f23 2e 0004 622f2b2f 10".replace(" ", ""));

        SubscribePacket subscribe = connection.expectSubscribe();
        connection.grant(subscribe);

        assertThat(subscribe.packetId()).isEqualTo(7);
        assertThat(subscribe.subscriptionId()).hasValue(5);
        assertThat(subscribe.filters()).containsExactly("a/#", "b/+/");
        assertThat(subscribe.subscriptions())
                .containsExactly(
                        new SubscribePacket.Subscription("a/#", 2, true, true, 2),
                        new SubscribePacket.Subscription("b/+/", 0, false, false, 1));
        assertThat(client.read(7)).isEqualTo("90050007000200");
    }

    @Test
    void expectUnsubscribe_filters_areParsed() throws IOException {
        client.send("a208 0009 00 0003 612f23".replace(" ", ""));

        UnsubscribePacket unsubscribe = connection.expectUnsubscribe();
        connection.unsuback(unsubscribe.packetId(), 0x11);

        assertThat(unsubscribe.filters()).containsExactly("a/#");
        assertThat(client.read(6)).isEqualTo("b00400090011");
    }

    @Test
    void publish_everyField_isEncoded() throws IOException {
        connection.publish(PublishPacket.to("t")
                .payload("p")
                .qos(2)
                .packetId(300)
                .dup()
                .retain()
                .payloadFormat(1)
                .messageExpiry(60)
                .contentType("x")
                .responseTopic("r")
                .correlationData(new byte[] {1, 2})
                .subscriptionId(200)
                .subscriptionId(1)
                .topicAlias(3)
                .userProperty("k", "v")
                .userProperty("k", "w")
                .build());

        String properties =
                "0101 020000003c 03000178 08000172 0900020102 0bc801 0b01 230003 2600016b000176 2600016b000177";
        assertThat(client.read(51)).isEqualTo(("3d31 000174 012c 2a" + properties + " 70").replace(" ", ""));
    }

    @Test
    void publish_asParsedFromClient_hasSameFields() throws IOException {
        PublishPacket sent = PublishPacket.to("a/b")
                .payload("hello")
                .qos(1)
                .packetId(65_535)
                .contentType("text/plain")
                .correlationData(new byte[] {9})
                .subscriptionId(268_435_455)
                .userProperty("ä", "ö")
                .build()
                .duplicate();
        client.send(HexFormat.of().formatHex(sent.encode()));

        PublishPacket received = connection.expectPublish();

        assertThat(received).usingRecursiveComparison().isEqualTo(sent);
        assertThat(received.payloadText()).isEqualTo("hello");
        assertThat(received.dup()).isTrue();
        assertThat(received.properties().userProperties()).containsExactly(Map.entry("ä", "ö"));
        assertThat(received.properties().text(MqttProperty.CONTENT_TYPE)).contains("text/plain");
        assertThat(received.properties().data(MqttProperty.CORRELATION_DATA)).contains(new byte[] {9});
        assertThat(received.properties().numbers(MqttProperty.SUBSCRIPTION_IDENTIFIER))
                .containsExactly(268_435_455L);
    }

    @Test
    void acks_bothDirections_carryIdAndReason() throws IOException {
        connection.puback(1);
        connection.pubrec(2, 0x97);
        connection.pubrel(3);
        connection.pubcomp(4, 0x92);
        connection.disconnect(0x8E);
        client.send("40020001" + "5003000210" + "62020003" + "7004000492" + "00" + "e00104");

        assertThat(client.read(22)).isEqualTo("40020001" + "5003000297" + "62020003" + "7003000492" + "e0028e00");
        connection.expectPuback(1);
        connection.expectPubrec(2, 0x10);
        connection.expectPubrel(3);
        connection.expectPubcomp(4, 0x92);
        connection.expectDisconnect(0x04);
    }

    @Test
    void acks_successLeftOutOrSpeltOut_areTheSame() throws IOException {
        client.send("4003000100" + "400400010000" + "40020001");

        connection.expectPuback(1);
        connection.expectPuback(1);
        connection.expectPuback(1);
    }

    @Test
    void packets_arrivingInPieces_arePutTogether() throws IOException {
        for (byte single : HexFormat.of().parseHex(CONNECT + "40020001")) {
            client.send(HexFormat.of().toHexDigits(single));
        }

        connection.expectConnect();
        connection.expectPuback(1);
    }

    @Test
    void pings_byDefault_areAnsweredAndNeverTheNextPacket() throws IOException {
        client.send("c000" + "40020001" + "c000");

        connection.expectPuback(1);
        connection.expectPingreq();
        connection.expectPingreq();
        connection.expectNothing(SHORT);
        assertThat(client.read(4)).isEqualTo("d000d000");
    }

    @Test
    void pings_switchedOff_areNotAnswered() throws IOException {
        connection.answerPings(false);
        client.send("c000");
        connection.expectPingreq();
        connection.puback(1);

        assertThat(client.read(4)).isEqualTo("40020001");
    }

    @Test
    void expect_otherPacket_failsWithTheLog() throws IOException {
        client.send(CONNECT);
        connection.handshake(false);
        client.send("40020001");

        assertThatThrownBy(() -> connection.expectPubrec(1))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("Expected PUBREC, but got PUBACK id=1 reason=0x00")
                .hasMessageContaining("<- CONNECT client=c cleanStart=true keepAlive=60 user=u")
                .hasMessageContaining("-> CONNACK sessionPresent=false reason=0x00");
    }

    @Test
    void expect_otherIdOrReason_fails() throws IOException {
        client.send("40020001" + "4003000197" + "e00104");

        assertThatThrownBy(() -> connection.expectPuback(2))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("Expected PUBACK id=2 reason=0x00, but got PUBACK id=1 reason=0x00");
        assertThatThrownBy(() -> connection.expectPuback(1))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("but got PUBACK id=1 reason=0x97");
        assertThatThrownBy(() -> connection.expectDisconnect(0))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("but got DISCONNECT reason=0x04");
    }

    @Test
    void expect_nothingArrives_failsAfterTheTimeout() throws IOException {
        try (ScriptedMqttBroker impatient = ScriptedMqttBroker.start(SHORT)) {
            assertThatThrownBy(impatient::accept)
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("Expected a client to connect");
            AtomicReference<ScriptedConnection> accepted = new AtomicReference<>();
            try (RawClient silent = new RawClient(impatient.port())) {
                await().atMost(LONG).untilAsserted(() -> accepted.set(impatient.accept()));
                ScriptedConnection opened = accepted.get();
                assertThatThrownBy(opened::expectConnect)
                        .isInstanceOf(AssertionError.class)
                        .hasMessageContaining("Expected CONNECT, but nothing arrived");
                assertThatThrownBy(opened::expectPingreq)
                        .isInstanceOf(AssertionError.class)
                        .hasMessageContaining("Expected PINGREQ, but none arrived");
                assertThatThrownBy(opened::expectClosed)
                        .isInstanceOf(AssertionError.class)
                        .hasMessageContaining("still open");
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "40020000, PUBACK has packet id 0",
        "42020001, PUBACK must have the flags 0",
        "60020001, PUBREL must have the flags 2",
        "20020000, A client must not send CONNACK",
        "c00100, 1 bytes too many",
        "0000, Packet type 0",
        "3606000161000100, qos must be within 0 to 2",
        "3206000161000000, packetId must be within 1 to 65535 for QoS 1",
        "e00400032100, ends 1 bytes too early",
        "e006000401010101, is there twice",
        "30ffffffff7f, more than four bytes",
        "100d00044d5154540302003c000163, MQTT version 3"
    })
    void expect_malformedPacket_fails(String packet, String reason) throws IOException {
        client.send(packet);

        assertThatThrownBy(connection::expectPacket)
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("the connection ended: the broker gave up: ")
                .hasMessageContaining(reason);
    }

    @Test
    void expectNothing_packetArrives_fails() throws IOException {
        client.send("40020001");

        assertThatThrownBy(() -> connection.expectNothing(LONG))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("but got PUBACK id=1");
    }

    @Test
    void expectNothing_connectionEnds_fails() throws IOException {
        client.close();

        assertThatThrownBy(() -> connection.expectNothing(LONG))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("the connection ended: closed by the client");
    }

    @Test
    void expectClosed_clientCloses_passesAfterItsLastPacket() throws IOException {
        client.send("e000");
        client.close();

        assertThatThrownBy(connection::expectClosed)
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("but got DISCONNECT");
        connection.expectClosed();
    }

    @Test
    void cut_openConnection_resetsIt() {
        connection.cut();

        assertThatThrownBy(() -> client.read(1)).isInstanceOf(SocketException.class);
    }

    @Test
    void close_openConnection_endsTheStream() throws IOException {
        connection.close();

        assertThat(client.readToEnd()).isEmpty();
    }

    @Test
    void sendRaw_partOfAPacket_isSentAsItIs() throws IOException {
        connection.sendRaw(new byte[] {0x40, 0x02});
        connection.sendRaw(new byte[] {0x00, 0x01});

        assertThat(client.read(4)).isEqualTo("40020001");
    }

    @Test
    void send_afterTheEnd_failsWithTheLog() {
        connection.cut();

        assertThatThrownBy(() -> connection.puback(1))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("Could not send")
                .hasMessageContaining("cut by the test");
    }

    @Test
    void expectNoConnection_clientConnects_fails() throws IOException {
        broker.expectNoConnection(SHORT);
        try (RawClient second = new RawClient(broker.port())) {
            assertThatThrownBy(() -> broker.expectNoConnection(LONG))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("but #2 did");
        }
    }

    @Test
    void stopAndRestart_samePort_refusesThenAccepts() throws IOException {
        broker.stop();
        assertThatThrownBy(() -> new RawClient(broker.port())).isInstanceOf(ConnectException.class);
        assertThatThrownBy(() -> client.read(1)).isInstanceOf(SocketException.class);

        broker.restart();

        try (RawClient second = new RawClient(broker.port())) {
            assertThat(broker.accept().number()).isEqualTo(2);
        }
    }

    @Test
    void close_always_leavesNoThread() {
        broker.close();

        await().atMost(LONG).untilAsserted(() -> assertThat(
                        Thread.getAllStackTraces().keySet())
                .noneMatch(thread -> thread.isAlive() && thread.getName().startsWith("scripted-mqtt-connection")));
    }

    /** A client that sends and reads hexadecimal text. */
    private static final class RawClient implements AutoCloseable {

        private final Socket socket;

        RawClient(int port) throws IOException {
            this.socket = new Socket("127.0.0.1", port);
            socket.setSoTimeout((int) LONG.toMillis());
            socket.setTcpNoDelay(true);
        }

        void send(String hex) throws IOException {
            socket.getOutputStream().write(HexFormat.of().parseHex(hex.replace(" ", "")));
        }

        String read(int bytes) throws IOException {
            return HexFormat.of().formatHex(socket.getInputStream().readNBytes(bytes));
        }

        byte[] readToEnd() throws IOException {
            return socket.getInputStream().readAllBytes();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
