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

    private static final int LARGE = 16 << 10;
    private static final int GARBAGE = 1 << 20;
    private static final int ROUNDS = 200;

    /** For subclasses. */
    protected CodecContract() {}

    /** Returns the codec under test. */
    protected abstract PayloadCodec<T> codec();

    /** Returns values to write and read, at least one, among them one of {@link #largeBytes()}. */
    protected abstract List<T> values();

    /**
     * Says how many bytes the largest of {@link #values()} takes at least when it is written; zero for a form that has no
     * large values. Default: 16 KiB.
     */
    protected int largeBytes() {
        return LARGE;
    }

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

    /** One of the values is large: what works in small need not do so beyond a buffer. */
    @Test
    protected void values_holdALargeOne() {
        int largest = 0;
        for (T value : values()) {
            largest = Math.max(largest, codec().encode(value, context()).length);
        }
        assertThat(largest)
                .as("the bytes of the largest of values(); override largeBytes() if there are no large ones")
                .isGreaterThanOrEqualTo(largeBytes());
    }

    /** A large payload of anything is read, or refused by an exception; it never brings the virtual machine into trouble. */
    @Test
    protected void garbage_thatIsLarge_isReadOrRefused() {
        for (byte fill : new byte[] {0, '[', '{', '"', -1}) {
            byte[] payload = new byte[GARBAGE];
            Arrays.fill(payload, fill);
            T read;
            try {
                read = codec().decode(payload, context());
            } catch (Exception e) {
                continue; // refused
            } catch (Error e) {
                throw new AssertionError("decode() of %d bytes 0x%02x fails with %s".formatted(GARBAGE, fill, e), e);
            }
            assertThat((Object) read).as("decode() never returns null").isNotNull();
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
