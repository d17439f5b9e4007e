package io.mqttkafka.bridge.testkit.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mqttkafka.bridge.testkit.net.FaultProxy.Direction;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MqttPacketTapTest {

    private final List<String> seen = new ArrayList<>();
    private final MqttPacketTap tap =
            new MqttPacketTap((connection, direction, packet) -> seen.add(connection + " " + direction + " " + packet));

    @Test
    void onBytes_twoStreams_areKeptApart() {
        feed(1, Direction.CLIENT_TO_SERVER, "4002");
        feed(1, Direction.SERVER_TO_CLIENT, "5002");
        feed(2, Direction.CLIENT_TO_SERVER, "62020003");
        feed(1, Direction.SERVER_TO_CLIENT, "0002");
        feed(1, Direction.CLIENT_TO_SERVER, "0001");

        assertThat(seen)
                .containsExactly(
                        "2 CLIENT_TO_SERVER PUBREL id=3 reason=0x00",
                        "1 SERVER_TO_CLIENT PUBREC id=2 reason=0x00",
                        "1 CLIENT_TO_SERVER PUBACK id=1 reason=0x00");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void onBytes_anyFragments_giveTheSamePackets(long seed) {
        Random random = new Random(seed);
        WireWriter stream = new WireWriter();
        List<String> expected = new ArrayList<>();
        for (int id = 1; id <= 50; id++) {
            byte[] payload = new byte[random.nextInt(5) == 0 ? random.nextInt(40_000) : random.nextInt(200)];
            PublishPacket publish = PublishPacket.to("t/" + id)
                    .qos(1)
                    .packetId(id)
                    .payload(payload)
                    .build();
            stream.raw(publish.encode());
            expected.add("1 SERVER_TO_CLIENT PUBLISH " + publish);
        }

        byte[] bytes = stream.bytes();
        for (int at = 0; at < bytes.length; ) {
            int length = Math.min(bytes.length - at, 1 + random.nextInt(random.nextBoolean() ? 4 : 30_000));
            tap.onBytes(1, Direction.SERVER_TO_CLIENT, bytes, at, length);
            at += length;
        }

        assertThat(seen).isEqualTo(expected);
    }

    @Test
    void packet_fields_areReadable() {
        List<MqttPacket> packets = new ArrayList<>();
        MqttPacketTap collecting = new MqttPacketTap((connection, direction, packet) -> packets.add(packet));
        byte[] bytes = HexFormat.of()
                .parseHex("3408" + "000161" + "0007" + "00" + "6869" + "4003000797" + "2003010000" + "e006" + "8204"
                        + "1f00016e");
        collecting.onBytes(1, Direction.SERVER_TO_CLIENT, bytes, 0, bytes.length);

        assertThat(packets)
                .extracting(MqttPacket::type)
                .containsExactly(
                        MqttPacketType.PUBLISH,
                        MqttPacketType.PUBACK,
                        MqttPacketType.CONNACK,
                        MqttPacketType.DISCONNECT);
        assertThat(packets.get(0).packetId()).isEqualTo(7);
        assertThat(packets.get(0).publish().topic()).isEqualTo("a");
        assertThat(packets.get(0).publish().payloadText()).isEqualTo("hi");
        assertThat(packets.get(1).packetId()).isEqualTo(7);
        assertThat(packets.get(1).reasonCode()).isEqualTo(0x97);
        assertThat(packets.get(2).reasonCode()).isZero();
        assertThat(packets.get(3).reasonCode()).isEqualTo(0x82);
        assertThat(packets.get(3).properties().text(MqttProperty.REASON_STRING)).contains("n");
        assertThatThrownBy(packets.get(2)::packetId).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(packets.get(1)::publish).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void onBytes_noMqtt_throws() {
        assertThatThrownBy(() -> feed(1, Direction.CLIENT_TO_SERVER, "30ffffffff7f"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> feed(2, Direction.CLIENT_TO_SERVER, "0000"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private void feed(int connection, Direction direction, String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex);
        tap.onBytes(connection, direction, bytes, 0, bytes.length);
    }
}
