package io.mqttkafka.bridge.testkit.broker;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import org.junit.jupiter.api.Test;

/** Containers where there is no Docker; where there is one, {@link AnyBrokerIT} runs them. */
class ContainerBrokersTest {

    @Test
    void start_withoutDocker_saysSo() {
        assumeFalse(ContainerMqttBroker.available(), "there is a Docker");

        assertThatThrownBy(ContainerMqttBroker::start)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("Docker");
        assertThatThrownBy(ContainerKafka::start)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("Docker");
    }
}
