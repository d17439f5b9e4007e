package io.mqttkafka.bridge.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mqttkafka.bridge.PayloadCodec;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What a bridge expects of a {@link PayloadCodec}: extend it, say which codec and which values, and JUnit runs the rest.
 *
 * <pre>{@code
 * class ReadingCodecTest extends CodecContract<Reading> {
 *     protected PayloadCodec<Reading> codec() { return new ReadingCodec(); }
 *     protected List<Reading> values() { return List.of(new Reading(21.5), new Reading(-40)); }
 *     protected List<byte[]> malformed() { return List.of(new byte[] {1}); }
 * }
 * }</pre>
 *
 * <p>It needs JUnit Jupiter and AssertJ.
 *
 * @param <T> the type of the values
 */
public abstract class CodecContract<T> {

    private static final int ROUNDS = 200;

    /** For subclasses. */
    protected CodecContract() {}

    /** Returns the codec under test. */
    protected abstract PayloadCodec<T> codec();

    /** Returns values to write and read, large ones among them; at least one. */
    protected abstract List<T> values();

    /** Returns payloads that are not of this form. Default: none. */
    protected List<byte[]> malformed() {
        return List.of();
    }

    /** Says whether two values are the same. Default: AssertJ's comparison, which looks into arrays. */
    protected void assertSame(T actual, T expected) {
        assertThat((Object) actual).isEqualTo(expected);
    }

    private static TestCodecContext context() {
        return new TestCodecContext("contract/a", "contract");
    }

    /** A value that was written is read as it was. */
    @Test
    protected void value_writtenAndRead_isTheSame() {
        assertThat(values()).as("values()").isNotEmpty();
        for (T value : values()) {
            byte[] bytes = codec().encode(value, context());
            assertThat(bytes).as("encode() never returns null").isNotNull();
            T read = codec().decode(bytes, context());
            assertThat((Object) read).as("decode() never returns null").isNotNull();
            assertSame(read, value);
        }
    }

    /** The same value is written the same way each time. */
    @Test
    protected void value_writtenTwice_givesTheSameBytes() {
        for (T value : values()) {
            assertThat(codec().encode(value, context())).isEqualTo(codec().encode(value, context()));
        }
    }

    /** The topic that a message goes to is not known while it is read, which is no hindrance; that it comes from is. */
    @Test
    protected void topics_thatAreNotKnownYet_areNoHindrance() {
        for (T value : values()) {
            byte[] bytes = codec().encode(value, context());
            assertSame(codec().decode(bytes, new TestCodecContext("contract/a", null)), value);
            assertSame(codec().decode(bytes, new TestCodecContext(null, "contract")), value);
        }
    }

    /** The payload belongs to the bridge: a codec does not write to it, and what it read does not change with it. */
    @Test
    protected void payload_isNeitherChangedNorKept() {
        for (T value : values()) {
            byte[] bytes = codec().encode(value, context());
            byte[] given = bytes.clone();
            T read = codec().decode(given, context());
            assertThat(given).as("decode() leaves the payload as it is").isEqualTo(bytes);
            Arrays.fill(given, (byte) 0);
            assertSame(read, value);
        }
    }

    /** Bytes of another form are refused rather than read as something. */
    @Test
    protected void malformed_isRefused() {
        for (byte[] payload : malformed()) {
            assertThatThrownBy(() -> codec().decode(payload, context()))
                    .as("decode() of %d malformed bytes", payload.length)
                    .isInstanceOf(RuntimeException.class);
        }
    }

    /** Several threads use one codec at once. */
    @Test
    protected void codec_usedByManyThreads_mixesNothingUp() throws InterruptedException {
        PayloadCodec<T> codec = codec();
        Concurrently.run(() -> {
            for (int i = 0; i < ROUNDS; i++) {
                T value = values().get(i % values().size());
                assertSame(codec.decode(codec.encode(value, context()), context()), value);
            }
            return null;
        });
    }
}
