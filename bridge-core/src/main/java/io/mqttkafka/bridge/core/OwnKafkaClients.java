package io.mqttkafka.bridge.core;

import io.mqttkafka.bridge.BridgeHealth.KafkaHealth;
import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.core.kafka.KafkaClients;
import io.mqttkafka.bridge.core.kafka.KafkaWatch;
import io.mqttkafka.bridge.core.kafka.ProducerSender;
import io.mqttkafka.bridge.core.kafka.ProducerTransactions;
import io.mqttkafka.bridge.core.kafka.RecordFeed;
import io.mqttkafka.bridge.core.kafka.RecordReader;
import io.mqttkafka.bridge.core.kafka.RecordSender;
import io.mqttkafka.bridge.core.kafka.TopicInspector;
import io.mqttkafka.bridge.core.kafka.TopicWaits;
import io.mqttkafka.bridge.core.kafka.Transactions;
import io.mqttkafka.bridge.core.session.OutboxState;
import io.mqttkafka.bridge.core.session.Qos2State;

/** Reaches Kafka by producers and consumers of the bridge's own. */
public final class OwnKafkaClients implements KafkaAccess {
    private final KafkaClients clients;
    private final KafkaOptions options;
    private final ForBridge bridge;
    private final TopicInspector inspector;
    private final TopicWaits waits = new TopicWaits();
    private final KafkaWatch watch;

    /**
     * Makes an access that has no client yet.
     *
     * @param clients makes Kafka's clients
     * @param options the Kafka side
     * @param bridge what it is made for
     */
    public OwnKafkaClients(KafkaClients clients, KafkaOptions options, ForBridge bridge) {
        this.clients = clients;
        this.options = options;
        this.bridge = bridge;
        inspector = new TopicInspector(clients, options, bridge.clientId() + "-topics");
        watch = new KafkaWatch(
                clients, options, bridge.clock(), bridge.clientId() + "-kafka", bridge.degradations(), waits);
    }

    @Override
    public RecordSender sender(String clientId) {
        return new ProducerSender(clients, options, bridge.mqtt(), clientId, inspector, waits);
    }

    @Override
    public Transactions<Qos2State> received(String clientId) {
        return ProducerTransactions.ofReceived(clients, options, bridge.mqtt(), clientId, bridge.failpoints(), waits);
    }

    @Override
    public Transactions<OutboxState> outbox(String clientId) {
        return ProducerTransactions.ofOutbox(clients, options, bridge.mqtt(), clientId, bridge.failpoints(), waits);
    }

    @Override
    public RecordFeed.Factory feeds() {
        return (reading, handler) -> new RecordReader(clients, options, bridge.clock(), reading, handler);
    }

    @Override
    public TopicWaits waits() {
        return waits;
    }

    @Override
    public void start() {
        watch.start();
    }

    @Override
    public void answered() {
        watch.answered();
    }

    @Override
    public KafkaHealth health() {
        return watch.health();
    }

    @Override
    public void close() {
        inspector.close();
        watch.close();
    }
}
