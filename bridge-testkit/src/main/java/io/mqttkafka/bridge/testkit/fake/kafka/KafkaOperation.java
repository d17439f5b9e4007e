package io.mqttkafka.bridge.testkit.fake.kafka;

/** What a client asks of a {@link FakeKafka}, and what can go wrong there. */
public enum KafkaOperation {
    /** A producer or consumer asks which partitions a topic has. */
    LOOK_UP,
    /**
     * Kafka takes a record. At QoS 2 the bridge writes its own as well, to the state topic {@code __mqtt_bridge_state}, from its
     * start on: name the topic that is meant with {@link KafkaFaultRule#topic}.
     */
    SEND,
    /** A transactional producer takes its identity over. */
    INIT_TRANSACTIONS,
    /** A transaction is committed; its topic is the transactional id. */
    COMMIT_TRANSACTION,
    /** A consumer is given records. */
    FETCH,
    /** A consumer commits offsets; its topic is the group. */
    COMMIT_OFFSETS
}
