package io.mqttkafka.bridge.testkit.broker;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps brokers inside this JVM from filling the test output. */
final class QuietLogging {

    private static final String LOGBACK = "ch.qos.logback.classic.";

    private QuietLogging() {}

    /** Lets the named loggers report warnings and errors only, except those whose level somebody has configured. */
    static void warningsOnly(String... names) {
        for (String name : names) {
            Logger logger = LoggerFactory.getLogger(name);
            // Logback logs everything unless told otherwise; whatever else slf4j is bound to has defaults of its own.
            if (logger.getClass().getName().startsWith(LOGBACK)) {
                setWarnUnlessConfigured(logger);
            }
        }
    }

    // By reflection: the backend is the user's choice, so this module cannot compile against it.
    private static void setWarnUnlessConfigured(Logger logger) {
        try {
            Class<?> type = logger.getClass();
            Class<?> level = Class.forName(LOGBACK + "Level", true, type.getClassLoader());
            if (type.getMethod("getLevel").invoke(logger) == null) {
                type.getMethod("setLevel", level)
                        .invoke(logger, level.getField("WARN").get(null));
            }
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("This logback is not like those before it", e);
        }
    }
}
