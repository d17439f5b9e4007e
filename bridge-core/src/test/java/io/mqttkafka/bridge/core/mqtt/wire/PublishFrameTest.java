package io.mqttkafka.bridge.core.mqtt.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mqttkafka.bridge.message.MqttProperties;
import io.mqttkafka.bridge.message.UserProperty;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Properties of a PUBLISH: which are legal, and how much is made of them. */
class PublishFrameTest {
    private static final UserPropertyLimit LIMIT = new UserPropertyLimit(3, 20);
    private static final int PROTOCOL_ERROR = 0x82;

    static Stream<Arguments> illegal() {
        return Stream.of(
                Arguments.of("payload format 9", bytes(0x01, 9)),
                Arguments.of("payload format twice", bytes(0x01, 1, 0x01, 1)),
                Arguments.of("expiry twice", bytes(0x02, 0, 0, 0, 1, 0x02, 0, 0, 0, 1)),
                Arguments.of("content type twice", bytes(0x03, 0, 1, 'a', 0x03, 0, 1, 'a')),
                Arguments.of("response topic twice", bytes(0x08, 0, 1, 'a', 0x08, 0, 1, 'a')),
                Arguments.of("correlation data twice", bytes(0x09, 0, 1, 'a', 0x09, 0, 1, 'a')),
                Arguments.of("subscription identifier 0", bytes(0x0B, 0)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("illegal")
    void properties_thatMqttForbids_areAProtocolError(String what, byte[] properties) throws Exception {
        PublishFrame frame = frame(properties);

        assertThatExceptionOfType(MalformedPacketException.class)
                .isThrownBy(() -> frame.properties(LIMIT))
                .satisfies(e -> assertThat(e.reasonCode()).isEqualTo(PROTOCOL_ERROR));
    }

    @Test
    void userProperties_upToTheLimit_areTaken() throws Exception {
        PublishFrame frame = frame(userProperties(3, "n", "v"));

        MqttProperties properties = frame.properties(LIMIT);

        assertThat(properties.userProperties()).hasSize(3).containsOnly(new UserProperty("n", "v"));
        assertThat(frame.userProperties()).isEqualTo(3);
        assertThat(frame.userPropertyBytes()).isEqualTo(6);
    }

    @Test
    void userProperties_beyondTheLimit_areCountedAndNotTaken() throws Exception {
        PublishFrame frame = frame(userProperties(100_000, "", ""));

        assertThat(frame.properties(LIMIT).userProperties()).hasSize(3);
        assertThat(frame.userProperties()).isEqualTo(100_000);
    }

    @Test
    void userProperties_beyondTheBytes_areCountedAndNotTaken() throws Exception {
        PublishFrame frame = frame(userProperties(2, "n", "v".repeat(15)));

        assertThat(frame.properties(LIMIT).userProperties()).hasSize(1);
        assertThat(frame.userPropertyBytes()).isEqualTo(32);
    }

    @Test
    void userProperties_ofTheLastPacket_areForgotten() throws Exception {
        PublishFrame frame = frame(userProperties(9, "n", "v"));
        frame.properties(LIMIT);
        wrap(frame, new byte[0]);

        frame.properties(LIMIT);

        assertThat(frame.userProperties()).isZero();
        assertThat(frame.userPropertyBytes()).isZero();
    }

    @Test
    void subscriptionIds_many_areAllThere() throws Exception {
        int[] ids = frame(ids(1000)).subscriptionIds();

        for (int id = 1; id <= 1000; id++) {
            assertThat(ids).contains(id);
        }
    }

    /** As many as a message of a megabyte has room for: they are not all kept, and not compared one by one. */
    @Test
    void subscriptionIds_withoutEnd_areAProtocolError() throws Exception {
        PublishFrame frame = frame(ids(400_000));

        assertThatExceptionOfType(MalformedPacketException.class)
                .isThrownBy(frame::subscriptionIds)
                .satisfies(e -> assertThat(e.reasonCode()).isEqualTo(PROTOCOL_ERROR));
        assertThat(frame.properties(LIMIT)).isSameAs(MqttProperties.NONE);
    }

    private static byte[] ids(int count) {
        ByteArrayOutputStream properties = new ByteArrayOutputStream();
        for (int id = 1; id <= count; id++) {
            properties.write(0x0B);
            variable(properties, id);
        }
        return properties.toByteArray();
    }

    private static byte[] userProperties(int count, String name, String value) {
        ByteArrayOutputStream properties = new ByteArrayOutputStream();
        for (int i = 0; i < count; i++) {
            properties.write(0x26);
            for (String text : List.of(name, value)) {
                properties.write(text.length() >> 8);
                properties.write(text.length());
                properties.writeBytes(text.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            }
        }
        return properties.toByteArray();
    }

    private static PublishFrame frame(byte[] properties) throws MalformedPacketException {
        PublishFrame frame = new PublishFrame();
        wrap(frame, properties);
        return frame;
    }

    /** A message of QoS 0 on the topic a. */
    private static void wrap(PublishFrame frame, byte[] properties) throws MalformedPacketException {
        ByteArrayOutputStream packet = new ByteArrayOutputStream();
        packet.writeBytes(bytes(0, 1, 'a'));
        variable(packet, properties.length);
        packet.writeBytes(properties);
        frame.wrap(ProtocolVersion.V5, packet.toByteArray(), 0x30, 0, packet.size());
    }

    private static void variable(ByteArrayOutputStream out, int number) {
        int left = number;
        while (left > 127) {
            out.write(left & 127 | 128);
            left >>= 7;
        }
        out.write(left);
    }

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }
}
