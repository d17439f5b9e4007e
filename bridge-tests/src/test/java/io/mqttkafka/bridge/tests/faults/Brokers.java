package io.mqttkafka.bridge.tests.faults;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mqttkafka.bridge.testkit.broker.KafkaBroker;
import io.mqttkafka.bridge.testkit.broker.MosquittoBroker;
import java.util.function.Supplier;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The brokers that the tests of one class share, registered in a static field; without mosquitto the tests are skipped.
 *
 * @param <K> what kind of Kafka the tests need
 */
final class Brokers<K extends KafkaBroker> implements BeforeAllCallback, AfterAllCallback {

    private final Supplier<K> starter;
    private MosquittoBroker mqtt;
    private K kafka;

    Brokers(Supplier<K> starter) {
        this.starter = starter;
    }

    MosquittoBroker mqtt() {
        return mqtt;
    }

    K kafka() {
        return kafka;
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        assumeTrue(MosquittoBroker.available(), "skipped: mosquitto is not installed");
        mqtt = MosquittoBroker.start();
        kafka = starter.get();
    }

    @Override
    public void afterAll(ExtensionContext context) {
        if (kafka != null) {
            kafka.close();
        }
        if (mqtt != null) {
            mqtt.close();
        }
    }
}
