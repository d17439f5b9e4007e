package io.mqttkafka.bridge.testkit.engine;

import io.mqttkafka.bridge.core.kafka.StateTopic;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The transactions of a fake Kafka: committed at once, unless the test has something to say about it. */
final class FakeTransactions {
    private static final String STATE_TOPIC = "state";

    /** Called before each commit by the thread that commits; the transaction is not committed if it throws. */
    volatile Runnable beforeCommit = () -> {};

    /** Called before an identity is taken over. */
    volatile Runnable beforeOpen = () -> {};

    private final List<String> committed = new CopyOnWriteArrayList<>();
    private final Map<String, byte[]> state = new HashMap<>();

    /** The values of the records that consumers of committed transactions see, in order. */
    List<String> committed() {
        return committed;
    }

    Producer<byte[], byte[]> producer() {
        return new TransactionalProducer();
    }

    StateTopic stateTopic() {
        return new StateTopic() {
            @Override
            public String name() {
                return STATE_TOPIC;
            }

            @Override
            public void prepare(Duration timeout) {
                // It is always there.
            }

            @Override
            public List<byte[]> read(String clientId, Duration timeout) {
                synchronized (state) {
                    return new ArrayList<>(state.values());
                }
            }
        };
    }

    private final class TransactionalProducer extends MockProducer<byte[], byte[]> {
        TransactionalProducer() {
            super(Cluster.empty(), true, null, new ByteArraySerializer(), new ByteArraySerializer());
        }

        @Override
        public void initTransactions() {
            beforeOpen.run();
            super.initTransactions();
        }

        @Override
        public void commitTransaction() {
            beforeCommit.run();
            int before = history().size();
            super.commitTransaction();
            history().subList(before, history().size()).forEach(this::keep);
        }

        private void keep(ProducerRecord<byte[], byte[]> record) {
            if (record.topic().equals(STATE_TOPIC)) {
                synchronized (state) {
                    state.put(new String(record.key(), StandardCharsets.UTF_8), record.value());
                }
            } else {
                committed.add(new String(record.value(), StandardCharsets.UTF_8));
            }
        }
    }
}
