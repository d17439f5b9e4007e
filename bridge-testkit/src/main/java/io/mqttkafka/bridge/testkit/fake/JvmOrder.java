package io.mqttkafka.bridge.testkit.fake;

import java.util.concurrent.atomic.AtomicLong;

/** Numbers what happens in the fakes of this JVM, so that a test can say what came first whatever the clocks say. */
public final class JvmOrder {

    private static final AtomicLong LAST = new AtomicLong();

    private JvmOrder() {}

    public static long next() {
        return LAST.incrementAndGet();
    }
}
