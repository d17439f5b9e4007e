package io.mqttkafka.bridge.testkit.fake.kafka;

import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.core.kafka.KafkaClients;
import io.mqttkafka.bridge.core.kafka.KafkaClientsFinder;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Leads bridges to the {@link FakeKafka} that has the address they were given. Thread-safe. */
public final class FakeKafkaFinder implements KafkaClientsFinder {

    private static final Map<String, KafkaClients> OPEN = new ConcurrentHashMap<>();

    /** Makes a finder; for {@link java.util.ServiceLoader}. */
    public FakeKafkaFinder() {}

    @Override
    public @Nullable KafkaClients find(KafkaOptions options) {
        for (String server : options.bootstrapServers()) {
            KafkaClients clients = OPEN.get(server);
            if (clients != null) {
                return clients;
            }
        }
        return null;
    }

    static void register(String address, KafkaClients clients) {
        OPEN.put(address, clients);
    }

    static void forget(String address) {
        OPEN.remove(address);
    }
}
