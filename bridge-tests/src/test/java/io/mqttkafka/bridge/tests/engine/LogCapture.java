package io.mqttkafka.bridge.tests.engine;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.SimpleFormatter;
import org.slf4j.LoggerFactory;

/** Everything that is logged, however fine, by slf4j and by Paho's java.util.logging, stack traces included. */
public final class LogCapture implements AutoCloseable {

    private static final java.util.logging.Logger PAHO = java.util.logging.Logger.getLogger("org.eclipse.paho");

    private final Queue<String> lines = new ConcurrentLinkedQueue<>();
    private final Logger ours = (Logger) LoggerFactory.getLogger("io.mqttkafka.bridge");
    private final Level before = ours.getLevel();
    private final java.util.logging.Level pahoBefore = PAHO.getLevel();
    private final AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
            String trace =
                    event.getThrowableProxy() == null ? "" : ThrowableProxyUtil.asString(event.getThrowableProxy());
            lines.add(event.getFormattedMessage() + "\n" + trace);
        }
    };
    private final Handler handler = new Handler() {
        private final SimpleFormatter formatter = new SimpleFormatter();

        @Override
        public void publish(LogRecord line) {
            lines.add(formatter.format(line));
        }

        @Override
        public void flush() {
            // Nothing is buffered.
        }

        @Override
        public void close() {
            // Nothing is held.
        }
    };

    public LogCapture() {
        appender.start();
        ours.addAppender(appender);
        ours.setAdditive(false);
        ours.setLevel(Level.TRACE);
        handler.setLevel(java.util.logging.Level.ALL);
        PAHO.addHandler(handler);
        PAHO.setUseParentHandlers(false);
        PAHO.setLevel(java.util.logging.Level.ALL);
    }

    public List<String> lines() {
        return List.copyOf(lines);
    }

    @Override
    public void close() {
        ours.detachAppender(appender);
        ours.setAdditive(true);
        ours.setLevel(before);
        PAHO.removeHandler(handler);
        PAHO.setUseParentHandlers(true);
        PAHO.setLevel(pahoBefore);
    }
}
