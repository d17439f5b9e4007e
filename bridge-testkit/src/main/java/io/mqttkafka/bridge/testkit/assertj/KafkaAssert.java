package io.mqttkafka.bridge.testkit.assertj;

import io.mqttkafka.bridge.testkit.KafkaBroker;
import org.assertj.core.api.AbstractAssert;

/** Assertions about a Kafka. Not thread-safe. */
public final class KafkaAssert extends AbstractAssert<KafkaAssert, KafkaBroker> {

    KafkaAssert(KafkaBroker kafka) {
        super(kafka, KafkaAssert.class);
    }

    /** Goes on with a topic, as a consumer of committed records sees it; a topic that is missing is empty. */
    public TopicAssert topic(String name) {
        isNotNull();
        return new TopicAssert(actual, name);
    }
}
