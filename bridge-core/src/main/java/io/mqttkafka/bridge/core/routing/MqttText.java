package io.mqttkafka.bridge.core.routing;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The rules for strings in MQTT: at most 65,535 bytes of UTF-8, without NUL. Control characters and Unicode's noncharacters
 * are refused as well: MQTT lets a broker close the connection because of them, and mosquitto does.
 */
public final class MqttText {
    private static final int MAX_LENGTH = 65_535;

    private MqttText() {}

    /**
     * Encodes a text.
     *
     * @param text the text
     * @return its bytes, or null if MQTT does not take it
     */
    // NullAway cannot see in class files of JDK 17 that an array may be null.
    @SuppressWarnings("NullAway")
    public static byte @Nullable [] bytes(String text) {
        byte[] bytes;
        try {
            ByteBuffer encoded = StandardCharsets.UTF_8
                    .newEncoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .encode(CharBuffer.wrap(text));
            bytes = new byte[encoded.remaining()];
            encoded.get(bytes);
        } catch (CharacterCodingException e) {
            return null;
        }
        return isLegal(bytes) ? bytes : null;
    }

    /**
     * Says whether bytes are a string in MQTT.
     *
     * @param bytes any bytes
     * @return whether MQTT takes them
     */
    public static boolean isLegal(byte[] bytes) {
        if (bytes.length > MAX_LENGTH) {
            return false;
        }
        for (byte one : bytes) {
            if (one < 0x20 || one == 0x7F) {
                return one < 0 && isLegalBeyondAscii(bytes);
            }
        }
        return true;
    }

    private static boolean isLegalBeyondAscii(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes))
                    .codePoints()
                    .noneMatch(MqttText::isRefused);
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    private static boolean isRefused(int character) {
        return Character.isISOControl(character)
                || (character >= 0xFDD0 && character <= 0xFDEF)
                || (character & 0xFFFE) == 0xFFFE;
    }
}
