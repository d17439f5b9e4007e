package io.mqttkafka.bridge.standalone;

import io.mqttkafka.bridge.standalone.StandaloneOptions.RunGroup;
import io.mqttkafka.bridge.standalone.config.BridgeFile;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Tells logback.xml what the user wants, before anything logs: it reads these properties once. */
final class Logging {
    private static final String LEVEL = "bridge.log";
    private static final String FORMAT = "bridge.log.format";

    private Logging() {}

    static void configure(RunGroup options, @Nullable BridgeFile file, @Nullable String otherwise) {
        String level = options.logLevel != null ? options.logLevel.name() : file == null ? null : file.logLevel();
        String format = options.logFormat != null ? options.logFormat.name() : file == null ? null : file.logFormat();
        level = level == null ? otherwise : level;
        if (level != null) {
            System.setProperty(LEVEL, level.toUpperCase(Locale.ROOT));
        }
        if (format != null) {
            System.setProperty(FORMAT, format);
        }
    }
}
