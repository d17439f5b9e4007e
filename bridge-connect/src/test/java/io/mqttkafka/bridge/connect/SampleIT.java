package io.mqttkafka.bridge.connect;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.testkit.broker.EmbeddedKafka;
import io.mqttkafka.bridge.testkit.broker.EmbeddedMqttBroker;
import org.junit.jupiter.api.Test;

/** The command of docs/connect.md, and with it the configurations of the archive, between real brokers. */
class SampleIT {
    @Test
    void connectorsOfTheArchive_carryMessagesBothWays_andEveryCountAgrees() throws Exception {
        try (EmbeddedKafka kafka = EmbeddedKafka.start();
                EmbeddedMqttBroker mqtt =
                        EmbeddedMqttBroker.builder().receiveMaximum(100).start()) {
            assertThat(Sample.run(PluginArchive.path(), kafka, mqtt)).isTrue();
        }
    }
}
