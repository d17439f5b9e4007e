package io.mqttkafka.bridge.core.routing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UntrustedTextTest {
    @ParameterizedTest
    @ValueSource(strings = {"", "sensors/hall 1/temp", "größe/東京/\uD83D\uDE00", "{site} $1 'x' \"y\""})
    void escape_visible_isUnchanged(String text) {
        assertThat(UntrustedText.escape(text)).isSameAs(text);
    }

    @Test
    void escape_invisible_isWrittenOut() {
        assertThat(UntrustedText.escape("a\r\nERROR forged")).isEqualTo("a\\u000D\\u000AERROR forged");
        assertThat(UntrustedText.escape("\u001B[31m\u009B31m\t\0")).isEqualTo("\\u001B[31m\\u009B31m\\u0009\\u0000");
        assertThat(UntrustedText.escape("\u202Egpj\u2066\u200E\u061C\u200B\uFEFF"))
                .isEqualTo("\\u202Egpj\\u2066\\u200E\\u061C\\u200B\\uFEFF");
        assertThat(UntrustedText.escape("\u2028\u2029")).isEqualTo("\\u2028\\u2029");
        assertThat(UntrustedText.escape("\uD83D!\uDE00")).isEqualTo("\\uD83D!\\uDE00");
        assertThat(UntrustedText.escape("\uDB40\uDC41")).isEqualTo("\\uDB40\\uDC41");
    }

    @Test
    void escape_writtenEscape_cannotBeFaked() {
        assertThat(UntrustedText.escape("\\u000A")).isEqualTo("\\\\u000A");
    }

    @Test
    void escape_256Characters_isWhole() {
        assertThat(UntrustedText.escape("a".repeat(256))).isEqualTo("a".repeat(256));
    }

    @Test
    void escape_257Characters_isCut() {
        assertThat(UntrustedText.escape("a".repeat(257))).isEqualTo("a".repeat(256) + "...");
    }

    @Test
    void escape_cutInsideEscapeOrPair_dropsItWhole() {
        assertThat(UntrustedText.escape("a".repeat(252) + "\n")).isEqualTo("a".repeat(252) + "...");
        assertThat(UntrustedText.escape("a".repeat(250) + "\n")).isEqualTo("a".repeat(250) + "\\u000A");
        assertThat(UntrustedText.escape("a".repeat(255) + "\uD83D\uDE00")).isEqualTo("a".repeat(255) + "...");
    }

    @Test
    void escape_anyText_isOneShortVisibleLine() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            String text = random.ints(random.nextInt(300), 0, random.nextBoolean() ? 0x100 : 0x10000)
                    .collect(StringBuilder::new, (out, c) -> out.append((char) c), StringBuilder::append)
                    .toString();
            String escaped = UntrustedText.escape(text);
            assertThat(escaped.length()).as("seed %d", seed).isLessThanOrEqualTo(259);
            assertThat(escaped.codePoints()
                            .noneMatch(c -> Character.isISOControl(c)
                                    || Character.getType(c) == Character.FORMAT
                                    || Character.getType(c) == Character.SURROGATE))
                    .as("seed %d", seed)
                    .isTrue();
        }
    }
}
