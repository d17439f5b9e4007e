package io.mqttkafka.bridge.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class TimeConverterTest {
    @ParameterizedTest
    @CsvSource({
        "0, PT0S",
        "30, PT30S",
        "30s, PT30S",
        "0.5s, PT0.5S",
        "5m, PT5M",
        "1h30m, PT1H30M",
        "7d, PT168H",
        "1d12h, PT36H",
        "18h12m15s, PT18H12M15S"
    })
    void convert_time_isRead(String text, Duration expected) {
        assertThat(new TimeConverter().convert(text)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "-1", "-1s", "1x", "s", "5 m", "1m1h", "1d1d", "PT5S", "99999999999"})
    void convert_somethingElse_saysWhatToWrite(String text) {
        assertThatThrownBy(() -> new TimeConverter().convert(text))
                .isInstanceOf(TypeConversionException.class)
                .hasMessage("'" + text + "' is not a time; use for example 30s, 5m, 1h30m or 7d");
    }
}
