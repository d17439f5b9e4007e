package io.mqttkafka.bridge.config;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A text that must not be shown: {@link #toString()} hides it. It is held in memory as it is, or asked for each time it is
 * needed, as tokens that expire are.
 *
 * <p>Immutable; what it asks must be thread-safe.
 */
public final class Secret {
    private static final long LARGEST_FILE = 65_536;

    private final @Nullable String text;
    private final @Nullable Supplier<String> source;

    /**
     * Makes a secret that stays the same.
     *
     * @param text the text itself
     * @throws NullPointerException if it is null
     */
    public Secret(String text) {
        this.text = Objects.requireNonNull(text, "secret");
        source = null;
    }

    private Secret(Supplier<String> source) {
        text = null;
        this.source = Objects.requireNonNull(source, "source");
    }

    /**
     * Makes a secret that is asked for each time it is needed.
     *
     * @param source gives the text; must not block for long
     * @return the secret
     * @throws NullPointerException if the source is null
     */
    public static Secret from(Supplier<String> source) {
        return new Secret(source);
    }

    /**
     * Makes a secret that is read from a file each time it is needed. The ends of line at its end do not count.
     *
     * @param file a file in UTF-8 of at most 64 KiB
     * @return the secret
     * @throws NullPointerException if the file is null
     */
    public static Secret file(Path file) {
        Objects.requireNonNull(file, "file");
        return new Secret(() -> read(file));
    }

    private static String read(Path file) {
        try {
            if (Files.size(file) > LARGEST_FILE) {
                throw new IOException("larger than " + LARGEST_FILE + " bytes");
            }
            String text = Files.readString(file);
            int end = text.length();
            while (end > 0 && (text.charAt(end - 1) == '\n' || text.charAt(end - 1) == '\r')) {
                end--;
            }
            return text.substring(0, end);
        } catch (IOException e) {
            // The message of a file system names the file, and holds nothing of what is in it.
            throw new UncheckedIOException("'" + file + "' cannot be read", e);
        }
    }

    /**
     * Tells the text.
     *
     * @return the text itself
     * @throws NullPointerException if its source gives null
     */
    public String reveal() {
        return source == null ? Objects.requireNonNull(text) : Objects.requireNonNull(source.get(), "secret");
    }

    /**
     * Says whether the text is asked for each time.
     *
     * @return whether it is
     */
    public boolean asked() {
        return source != null;
    }

    /** Secrets are equal if their texts are, or if they ask the same source. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Secret secret && Objects.equals(text, secret.text) && source == secret.source;
    }

    @Override
    public int hashCode() {
        return text == null ? System.identityHashCode(source) : text.hashCode();
    }

    /** Returns asterisks. */
    @Override
    public String toString() {
        return "****";
    }
}
