package io.mqttkafka.bridge;

import io.mqttkafka.bridge.error.CodecException;
import io.mqttkafka.bridge.error.MalformedPayloadException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Turns payloads into values and back.
 *
 * <p>Any exception a codec throws is a failure of that message alone and goes to the failure policy of the route.
 *
 * <p>Implementations must be thread-safe, must not keep or change the arrays they are given, and should be deterministic:
 * a message can be decoded again after a broken connection.
 *
 * @param <T> the type of the values
 */
public interface PayloadCodec<T> {
    /**
     * Reads a value from a payload.
     *
     * @param payload the bytes of the message; may be empty, never null
     * @param context where the payload comes from
     * @return the value, never null
     * @throws MalformedPayloadException if the payload is not of this form: the message is not tried again
     * @throws CodecException if it cannot be read for another reason, such as a registry that does not answer: the message is
     *     tried again if the route says so, as after any other exception
     */
    T decode(byte[] payload, CodecContext context);

    /**
     * Writes a value as a payload.
     *
     * @param value the value, never null
     * @param context where the payload goes
     * @return the bytes, never null
     * @throws MalformedPayloadException if the value cannot be written: the message is not tried again
     * @throws CodecException if it cannot be written for another reason: the message is tried again if the route says so, as
     *     after any other exception
     */
    byte[] encode(T value, CodecContext context);

    /**
     * Returns the codec that leaves bytes as they are. A route without a codec does the same without a copy.
     *
     * @return a codec of byte arrays
     */
    static PayloadCodec<byte[]> bytes() {
        return new PayloadCodec<>() {
            @Override
            public byte[] decode(byte[] payload, CodecContext context) {
                return Arrays.copyOf(payload, payload.length);
            }

            @Override
            public byte[] encode(byte[] value, CodecContext context) {
                return Arrays.copyOf(value, value.length);
            }

            @Override
            public String toString() {
                return "PayloadCodec.bytes()";
            }
        };
    }

    /**
     * Returns the codec of UTF-8 text. Bytes that are not UTF-8, and text with unpaired surrogates, are refused.
     *
     * @return a codec of strings
     */
    static PayloadCodec<String> utf8() {
        return new PayloadCodec<>() {
            @Override
            public String decode(byte[] payload, CodecContext context) {
                try {
                    return StandardCharsets.UTF_8
                            .newDecoder()
                            .onMalformedInput(CodingErrorAction.REPORT)
                            .decode(ByteBuffer.wrap(payload))
                            .toString();
                } catch (CharacterCodingException e) {
                    throw new MalformedPayloadException("the payload is not UTF-8 text", e);
                }
            }

            @Override
            public byte[] encode(String value, CodecContext context) {
                try {
                    ByteBuffer bytes = StandardCharsets.UTF_8
                            .newEncoder()
                            .onUnmappableCharacter(CodingErrorAction.REPORT)
                            .onMalformedInput(CodingErrorAction.REPORT)
                            .encode(java.nio.CharBuffer.wrap(value));
                    return Arrays.copyOfRange(bytes.array(), bytes.arrayOffset(), bytes.arrayOffset() + bytes.limit());
                } catch (CharacterCodingException e) {
                    throw new MalformedPayloadException(
                            "the text has an unpaired surrogate and cannot be written as UTF-8", e);
                }
            }

            @Override
            public String toString() {
                return "PayloadCodec.utf8()";
            }
        };
    }
}
