package io.mqttkafka.bridge.standalone.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Puts variables of the environment and the contents of files into values: <code>${NAME}</code>, <code>${NAME:default}</code>,
 * <code>${file:/path}</code>. <code>$${</code> stands for itself. What is put in is not looked at again.
 */
final class Variables {
    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
    private static final long LARGEST_FILE = 65_536;

    private final Function<String, @Nullable String> environment;
    private final Path directory;

    /** Paths of files are relative to the directory. */
    Variables(Function<String, @Nullable String> environment, Path directory) {
        this.environment = environment;
        this.directory = directory;
    }

    /**
     * Replaces.
     *
     * @throws IllegalArgumentException if a variable is not set, a file cannot be read, or a brace is missing; the message never
     *     repeats a value
     */
    String replace(String text) {
        int start = text.indexOf("${");
        if (start < 0) {
            return text;
        }
        StringBuilder replaced = new StringBuilder();
        int from = 0;
        while (start >= 0) {
            if (start > from && text.charAt(start - 1) == '$') {
                replaced.append(text, from, start - 1).append("${");
                from = start + 2;
            } else {
                int end = text.indexOf('}', start);
                if (end < 0) {
                    throw new IllegalArgumentException("'${' without a '}'; write $${ for the characters themselves");
                }
                replaced.append(text, from, start).append(value(text.substring(start + 2, end)));
                from = end + 1;
            }
            start = text.indexOf("${", from);
        }
        return replaced.append(text, from, text.length()).toString();
    }

    private String value(String name) {
        if (name.startsWith("file:")) {
            return read(name.substring("file:".length()));
        }
        int colon = name.indexOf(':');
        String variable = colon < 0 ? name : name.substring(0, colon);
        if (!NAME.matcher(variable).matches()) {
            throw new IllegalArgumentException(
                    "'${..}' does not hold the name of a variable; use ${NAME}, ${NAME:default}"
                            + " or ${file:/path}, and $${ for the characters themselves");
        }
        String value = environment.apply(variable);
        if (value != null) {
            return value;
        }
        if (colon < 0) {
            throw new IllegalArgumentException(
                    "the variable " + variable + " is not set; export it, or write ${" + variable + ":default}");
        }
        return name.substring(colon + 1);
    }

    private String read(String path) {
        try {
            Path file = directory.resolve(path);
            // One that is no regular file, such as a pipe, could keep the program waiting for ever.
            if (!Files.isRegularFile(file) || Files.size(file) > LARGEST_FILE) {
                throw new IOException("not a file of at most " + LARGEST_FILE + " bytes");
            }
            return Files.readString(file).replaceFirst("[\\r\\n]+\\z", "");
        } catch (IOException | InvalidPathException e) {
            throw new IllegalArgumentException(
                    "the file of ${file:" + path
                            + "} cannot be read as UTF-8 text of at most 64 KiB; check path and rights",
                    e);
        }
    }
}
