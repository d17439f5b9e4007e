package io.mqttkafka.bridge.testkit.fake.kafka;

import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.core.kafka.KafkaClients;
import io.mqttkafka.bridge.core.kafka.KafkaClientsFinder;
import io.mqttkafka.bridge.core.time.BridgeClock;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Leads bridges to the {@link FakeKafka} that has the address they were given. Thread-safe. */
public final class FakeKafkaFinder implements KafkaClientsFinder {
    private static final Map<String, Open> OPEN = new ConcurrentHashMap<>();

    /** Makes a finder; for {@link java.util.ServiceLoader}. */
    public FakeKafkaFinder() {}

    @Override
    public @Nullable KafkaClients find(KafkaOptions options) {
        Open open = open(options);
        return open == null ? null : open.clients;
    }

    @Override
    public BridgeClock clock(KafkaOptions options) {
        Open open = open(options);
        return open == null ? BridgeClock.SYSTEM : open.clock;
    }

    private static @Nullable Open open(KafkaOptions options) {
        for (String server : options.bootstrapServers()) {
            Open open = OPEN.get(server);
            if (open != null) {
                return open;
            }
        }
        return null;
    }

    static void register(String address, KafkaClients clients, BridgeClock clock) {
        OPEN.put(address, new Open(clients, clock));
    }

    static void forget(String address) {
        OPEN.remove(address);
    }

    private record Open(KafkaClients clients, BridgeClock clock) {}
}
