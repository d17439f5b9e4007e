package io.mqttkafka.bridge.testkit.fake.kafka;

import java.util.LinkedHashSet;
import java.util.Set;

/** A transaction of a {@link FakeKafka}. The caller holds the lock of {@link KafkaCore}. */
final class KafkaTransaction {

    private final Set<PartitionLog> touched = new LinkedHashSet<>();
    private boolean open = true;
    private boolean committed;

    void touch(PartitionLog log) {
        touched.add(log);
    }

    boolean isOpen() {
        return open;
    }

    boolean isCommitted() {
        return committed;
    }

    /** Ends it and leaves a marker in every partition; does nothing if it has ended. */
    void end(boolean commit) {
        if (open) {
            open = false;
            committed = commit;
            touched.forEach(log -> log.ended(this));
        }
    }
}
