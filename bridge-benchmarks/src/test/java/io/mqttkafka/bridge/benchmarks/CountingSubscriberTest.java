package io.mqttkafka.bridge.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mqttkafka.bridge.benchmarks.wire.FrameWriter;
import io.mqttkafka.bridge.benchmarks.wire.MqttSocket;
import io.mqttkafka.bridge.testkit.broker.MosquittoBroker;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class CountingSubscriberTest {
    private static final int MESSAGES = 1_000;

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void received_everythingPublished_isInTheLedger(int qos) throws Exception {
        assumeTrue(MosquittoBroker.available(), "mosquitto is not installed");
        Workload workload = new Workload(qos, 100, MESSAGES, 10);
        DeliveryLedger ledger = new DeliveryLedger(workload);
        try (MosquittoBroker mosquitto = MosquittoBroker.builder().start()) {
            InetSocketAddress address = new InetSocketAddress(Loopback.ADDRESS, mosquitto.port());
            CountingSubscriber subscriber = CountingSubscriber.start(address, workload, ledger);
            try (MqttSocket publisher = MqttSocket.connect(address, "publisher", 0xffff)) {
                publisher.readTimeout(Duration.ofSeconds(60));
                FrameWriter frames = new FrameWriter();
                NumberedPayload.Writer payloads = new NumberedPayload.Writer(100);
                for (int message = 0; message < MESSAGES; message++) {
                    int topic = message % 10;
                    byte[] name = Workload.mqttTopic(topic).getBytes(UTF_8);
                    frames.publish(qos, message + 1, name, payloads.write(topic, message / 10));
                }
                frames.flushTo(publisher.output());
                long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
                while (subscriber.received() < MESSAGES && System.nanoTime() < deadline) {
                    Thread.onSpinWait();
                }
            }
            subscriber.close();
        }

        assertThat(ledger.delivered()).isEqualTo(MESSAGES);
        assertThat(ledger)
                .returns(0L, DeliveryLedger::lost)
                .returns(0L, DeliveryLedger::duplicated)
                .returns(0L, DeliveryLedger::reordered)
                .returns(0L, DeliveryLedger::corrupt);
    }

    @Test
    void direction_everyPeerHasAProgram() {
        assertThat(Peer.values()).allSatisfy(peer -> assertThat(peer.mainClass(Direction.TO_MQTT))
                .isNotEqualTo(peer.mainClass(Direction.TO_KAFKA)));
    }
}
