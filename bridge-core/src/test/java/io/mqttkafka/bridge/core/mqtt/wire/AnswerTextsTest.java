package io.mqttkafka.bridge.core.mqtt.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.packet.MqttDataTypes;
import org.junit.jupiter.api.Test;

class AnswerTextsTest {

    @Test
    void mend_anyCharacter_leavesATextThatPahoReads() throws Exception {
        for (int character = 0; character < 0x10000; character++) {
            mendAndRead(character);
        }
        for (int plane = 0x10000; plane <= Character.MAX_CODE_POINT; plane += 0x10000) {
            mendAndRead(plane);
            mendAndRead(plane | 0xFFFD);
            mendAndRead(plane | 0xFFFE);
            mendAndRead(plane | 0xFFFF);
        }
    }

    private static void mendAndRead(int character) throws Exception {
        if (character >= Character.MIN_SURROGATE && character <= Character.MAX_SURROGATE) {
            return;
        }
        String text = "a" + Character.toString(character) + "b";

        String mended = readByPaho(reason(text, true));

        // Paho misses some of the noncharacters.
        boolean noncharacter = character >= 0xFDD0 && character <= 0xFDEF;
        if (isReadByPaho(text) && !noncharacter) {
            assertThat(mended).isEqualTo(text);
        } else {
            assertThat(mended).matches("a\\?+b");
        }
    }

    @Test
    void mend_userProperty_mendsNameAndValue() throws Exception {
        byte[] packet = {0, 0, 9, 0x26, 0, 2, 'n', 1, 0, 2, 2, 'v'};

        AnswerTexts.mend(packet, 2, packet.length);

        assertThat(packet).containsExactly(0, 0, 9, 0x26, 0, 2, 'n', '?', 0, 2, '?', 'v');
    }

    @Test
    void mend_propertiesLongerThanThePacket_isMalformed() {
        assertThatThrownBy(() -> AnswerTexts.mend(new byte[] {0, 0, 3, 0x1F}, 2, 4))
                .isInstanceOf(MalformedPacketException.class);
    }

    private static boolean isReadByPaho(String text) throws Exception {
        try {
            readByPaho(reason(text, false));
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** The reason string of an answer with its length. */
    private static byte[] reason(String text, boolean mended) throws Exception {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        byte[] properties = ByteBuffer.allocate(bytes.length + 4)
                .put((byte) (bytes.length + 3))
                .put((byte) 0x1F)
                .putShort((short) bytes.length)
                .put(bytes)
                .array();
        if (mended) {
            AnswerTexts.mend(properties, 0, properties.length);
        }
        return Arrays.copyOfRange(properties, 2, properties.length);
    }

    private static String readByPaho(byte[] text) throws MqttException {
        return MqttDataTypes.decodeUTF8(new DataInputStream(new ByteArrayInputStream(text)));
    }
}
