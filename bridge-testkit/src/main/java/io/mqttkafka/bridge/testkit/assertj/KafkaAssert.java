package io.mqttkafka.bridge.testkit.assertj;

import io.mqttkafka.bridge.testkit.broker.KafkaBroker;
import java.time.Duration;
import org.assertj.core.api.AbstractAssert;

/** Assertions about a Kafka. Not thread-safe. */
public final class KafkaAssert extends AbstractAssert<KafkaAssert, KafkaBroker> {

    private Duration patience = BridgeAssertions.PATIENCE;

    KafkaAssert(KafkaBroker kafka) {
        super(kafka, KafkaAssert.class);
    }

    /** Sets how long the assertions that follow wait for what they assert. Default: {@link BridgeAssertions#PATIENCE}. */
    public KafkaAssert within(Duration longest) {
        patience = longest;
        return this;
    }

    /** Goes on with a topic, as a consumer of committed records sees it; a topic that is missing is empty. */
    public TopicAssert topic(String name) {
        isNotNull();
        return new TopicAssert(actual, name, patience);
    }
}
