package io.mqttkafka.bridge.testkit.fake.kafka;

import io.mqttkafka.bridge.core.kafka.StateTopic;
import io.mqttkafka.bridge.error.BridgeStartException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;

/** The topic of a {@link FakeKafka} that holds the packet ids of QoS 2: the newest committed entry of each key counts. */
final class FakeStateTopic implements StateTopic {

    private final KafkaCore core;
    private final String name;

    FakeStateTopic(KafkaCore core, String name) {
        this.core = core;
        this.name = name;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void prepare(Duration timeout) {
        awaitKafka(timeout);
        synchronized (core) {
            if (core.partitions(name, false) == null) {
                core.create(name, 1);
            }
        }
    }

    @Override
    public List<byte[]> read(String clientId, Duration timeout) {
        awaitKafka(timeout);
        Map<String, byte[]> newest = new HashMap<>();
        for (Confirmation confirmation : core.confirmations(name)) {
            ConsumerRecord<byte[], byte[]> record = confirmation.record();
            String key = new String(record.key(), StandardCharsets.UTF_8);
            if (key.substring(0, Math.max(0, key.lastIndexOf('/'))).equals(clientId)) {
                newest.put(key, record.value());
            }
        }
        return List.copyOf(newest.values());
    }

    @Override
    public long claim(Producer<byte[], byte[]> producer, String clientId, String owner, BooleanSupplier goesOn) {
        core.claim(clientId, owner);
        return 0;
    }

    @Override
    public boolean isClaimedByAnother(String clientId, String owner, long since, Duration timeout) {
        awaitKafka(timeout);
        return !owner.equals(core.lastClaim(clientId));
    }

    private void awaitKafka(Duration timeout) {
        if (!core.awaitRunning(core.deadline(timeout))) {
            throw new BridgeStartException(
                    "kafka.transactions.stateTopic: '" + name + "': the FakeKafka is stopped", null);
        }
    }
}
