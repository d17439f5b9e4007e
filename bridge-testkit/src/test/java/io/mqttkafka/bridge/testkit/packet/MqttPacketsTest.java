package io.mqttkafka.bridge.testkit.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is written is what is read. */
class MqttPacketsTest {

    private static final MqttProperties REASON =
            MqttProperties.NONE.with(MqttProperty.REASON_STRING, "why").withUserProperty("k", "v");

    @Test
    void connect_withAll_isReadBack() {
        ConnectPacket.Will will = new ConnectPacket.Will(
                "w", new byte[] {1}, 2, true, MqttProperties.NONE.with(MqttProperty.WILL_DELAY_INTERVAL, 5));
        ConnectPacket connect = new ConnectPacket(
                "c",
                true,
                60,
                Optional.of("u"),
                Optional.of(new byte[] {2}),
                Optional.of(will),
                MqttProperties.NONE.with(MqttProperty.SESSION_EXPIRY_INTERVAL, 0xFFFF_FFFFL));

        ConnectPacket read = MqttPackets.connect(connect).connect();

        assertThat(read).hasToString(connect.toString());
        assertThat(read.password().orElseThrow()).containsExactly(2);
        assertThat(read.will().orElseThrow()).usingRecursiveComparison().isEqualTo(will);
        assertThat(read.sessionExpiry()).isEqualTo(0xFFFF_FFFFL);
    }

    @Test
    void subscribe_withAllOptions_isReadBack() {
        SubscribePacket subscribe = new SubscribePacket(
                7,
                List.of(
                        new SubscribePacket.Subscription("a", 2, true, true, 2),
                        new SubscribePacket.Subscription("b", 0, false, false, 1)),
                MqttProperties.NONE.with(MqttProperty.SUBSCRIPTION_IDENTIFIER, 300));

        MqttPacket packet = MqttPackets.subscribe(subscribe);

        packet.checkFromClient();
        assertThat(packet.subscribe()).hasToString(subscribe.toString());
    }

    @Test
    void unsubscribe_isReadBack() {
        MqttPacket packet = MqttPackets.unsubscribe(new UnsubscribePacket(7, List.of("a", "b"), MqttProperties.NONE));

        packet.checkFromClient();
        assertThat(packet.unsubscribe().filters()).containsExactly("a", "b");
    }

    @ParameterizedTest
    @EnumSource(
            value = MqttPacketType.class,
            names = {"PUBACK", "PUBREC", "PUBREL", "PUBCOMP"})
    void ack_withReasonAndProperties_isReadBack(MqttPacketType type) {
        MqttPacket packet = MqttPackets.ack(type, 500, 0x97, REASON);

        packet.checkFromClient();
        assertThat(packet).hasToString(type + " id=500 reason=0x97 " + REASON);
        assertThat(MqttPackets.ack(type, 500, 0, MqttProperties.NONE).bytes()).hasSize(4);
    }

    @Test
    void ack_ofAnotherType_isRefused() {
        assertThatThrownBy(() -> MqttPackets.ack(MqttPacketType.SUBACK, 1, 0, MqttProperties.NONE))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void others_areReadBack() {
        assertThat(MqttPackets.connack(true, 0x88, REASON))
                .hasToString("CONNACK sessionPresent=true reason=0x88 " + REASON);
        assertThat(MqttPackets.disconnect(0x8B, REASON)).hasToString("DISCONNECT reason=0x8B " + REASON);
        assertThat(MqttPackets.auth(0x18, REASON)).hasToString("AUTH reason=0x18 " + REASON);
        assertThat(MqttPackets.suback(3, List.of(1, 0x87)).bytes()).endsWith((byte) 0, (byte) 1, (byte) 0x87);
        assertThat(MqttPackets.unsuback(3, List.of(0x11)).packetId()).isEqualTo(3);
        assertThat(MqttPackets.pingreq().bytes()).containsExactly(0xC0, 0);
        assertThat(MqttPackets.pingresp().bytes()).containsExactly(0xD0, 0);
    }
}
