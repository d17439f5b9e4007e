package io.mqttkafka.bridge.core.routing;

import java.util.HexFormat;

/**
 * Text from outside, such as topics, client ids and reason strings, made fit for log lines and messages. A client that
 * may publish must not be able to forge a log line, colour a terminal or turn the reading direction.
 */
public final class UntrustedText {
    private static final int MAX_LENGTH = 256;
    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    private UntrustedText() {}

    /**
     * Returns the text with everything invisible written as a Java escape, and the backslash doubled so that an escape
     * cannot be faked. Longer results are cut after 256 characters and end in three dots.
     *
     * @param text any text
     * @return the text in one visible line
     */
    public static String escape(String text) {
        return escape(text, MAX_LENGTH);
    }

    /**
     * Does the same with another length, for text that is not one name but tells of several, with what to do about it at its end.
     *
     * @param text any text
     * @param most after how many characters it is cut
     * @return the text in one visible line
     */
    public static String escape(String text, int most) {
        if (text.length() <= most && text.codePoints().noneMatch(UntrustedText::needsEscape)) {
            return text;
        }
        StringBuilder escaped = new StringBuilder();
        int character;
        for (int at = 0; at < text.length(); at += Character.charCount(character)) {
            character = text.codePointAt(at);
            int before = escaped.length();
            append(character, escaped);
            if (escaped.length() > most) {
                escaped.setLength(before);
                return escaped.append("...").toString();
            }
        }
        return escaped.toString();
    }

    private static void append(int character, StringBuilder escaped) {
        if (!needsEscape(character)) {
            escaped.appendCodePoint(character);
        } else if (character == '\\') {
            escaped.append("\\\\");
        } else {
            for (char unit : Character.toChars(character)) {
                escaped.append("\\u").append(HEX.toHexDigits(unit));
            }
        }
    }

    private static boolean needsEscape(int character) {
        return switch (Character.getType(character)) {
            // Bidirectional and zero-width characters are FORMAT.
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.PRIVATE_USE,
                    Character.SURROGATE,
                    Character.UNASSIGNED -> true;
            default -> character == '\\';
        };
    }
}
