package io.mqttkafka.bridge.standalone;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads secrets from where others cannot see them. What it complains about never repeats a value, not even a name. */
final class Secrets {
    private final Function<String, @Nullable String> environment;

    Secrets(Function<String, @Nullable String> environment) {
        this.environment = environment;
    }

    /**
     * Reads a secret.
     *
     * @param option the option without its ending, {@code -env} or {@code -file}
     * @param variable the environment variable, or null
     * @param file the file, whose last line break does not count, or null
     * @return the secret, or null if neither is given
     */
    @Nullable
    String read(String option, @Nullable String variable, @Nullable Path file) {
        if (variable != null && file != null) {
            throw new OptionException(option + "-env and " + option + "-file: choose one of them");
        }
        if (variable != null) {
            String secret = environment.apply(variable);
            if (secret == null || secret.isEmpty()) {
                throw new OptionException(
                        option + "-env: the variable it names is not set; export it, and give its name"
                                + " rather than the secret itself");
            }
            return secret;
        }
        return file == null ? null : readFile(option + "-file", file);
    }

    private static String readFile(String option, Path file) {
        try {
            String secret = Files.readString(file).replaceFirst("\\R\\z", "");
            if (secret.isEmpty()) {
                throw new OptionException(option + ": the file it names is empty");
            }
            return secret;
        } catch (IOException e) {
            throw new OptionException(
                    option + ": the file it names cannot be read as UTF-8 text; check path, rights and contents");
        }
    }
}
