package io.mqttkafka.bridge.standalone;

import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a time such as {@code 30s}, {@code 1h30m}, {@code 7d}, or {@code 30}, which is seconds. */
public final class TimeConverter implements ITypeConverter<Duration> {
    private static final Pattern TIME = Pattern.compile("(\\d{1,9}D)?((\\d{1,9}[HMS]|\\d{1,9}\\.\\d{1,3}S)*)");

    /** Makes a converter, as the command line does. */
    public TimeConverter() {}

    @Override
    public Duration convert(String text) {
        String time = text.matches("\\d{1,9}") ? text + "S" : text.toUpperCase(Locale.ROOT);
        Matcher parts = TIME.matcher(time);
        try {
            if (parts.matches() && !time.isEmpty()) {
                String days = parts.group(1) == null ? "" : parts.group(1);
                return Duration.parse("P" + days + (parts.group(2).isEmpty() ? "" : "T" + parts.group(2)));
            }
        } catch (DateTimeParseException e) {
            // Such as minutes before hours: the same complaint as below.
        }
        throw new TypeConversionException("'" + text + "' is not a time; use for example 30s, 5m, 1h30m or 7d");
    }
}
