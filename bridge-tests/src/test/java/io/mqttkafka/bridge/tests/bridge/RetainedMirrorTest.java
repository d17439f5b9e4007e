package io.mqttkafka.bridge.tests.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.PayloadCodec;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.StartMode;
import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.config.LoopOptions;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.core.DefaultBridge;
import io.mqttkafka.bridge.core.mqtt.socket.SocketTransport;
import io.mqttkafka.bridge.failure.Backoff;
import io.mqttkafka.bridge.spi.BridgeConfig;
import io.mqttkafka.bridge.spi.BridgeConfig.Life;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import io.mqttkafka.bridge.tests.engine.ScriptedKafka;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The retained messages of a broker mirror a compacted Kafka topic, and come once where they are subscribed to. */
class RetainedMirrorTest {
    private final FakeMqttBroker broker = FakeMqttBroker.start();
    private final ScriptedKafka kafka = new ScriptedKafka();
    private DefaultBridge bridge;

    @AfterEach
    void close() {
        if (bridge != null) {
            bridge.close(Duration.ZERO);
        }
        broker.close();
        kafka.close();
    }

    @Test
    void compactedTopic_isMirrored_tombstonesClear() {
        kafka.log.append("shadows", "1", "on");
        kafka.log.append("shadows", "2", "on");
        kafka.log.append("shadows", "1", "off");
        start(Route.fromKafka("shadows")
                .group("g")
                .decode(PayloadCodec.utf8())
                .filter(value -> !value.isEmpty())
                .map(value -> value, PayloadCodec.utf8())
                .toMqtt("devices/{key}/shadow")
                .retain(true)
                .clearOnTombstone()
                .build());
        awaitRetained(Map.of("devices/1/shadow", "off", "devices/2/shadow", "on"));

        kafka.log.append("shadows", "1", null);

        awaitRetained(Map.of("devices/2/shadow", "on"));
        await().until(() -> kafka.log.committed("shadows") == 4);
        assertThat(broker.violations()).isEmpty();
    }

    @Test
    void retainedMessages_comeOnce_markedAsSuch_notAgainAfterAReconnect() {
        broker.publishRetained("devices/1/shadow", "on");
        start(Route.fromMqtt("devices/+/shadow")
                .qos(QoS.AT_LEAST_ONCE)
                .toKafka("shadows")
                .metadataHeaders()
                .build());
        ScriptedKafka.Sent replayed = kafka.next("on");
        assertThat(replayed.headers()).contains("mqtt.retained=true");
        replayed.confirm();
        broker.awaitAllAcknowledged("edge-1");

        broker.dropConnection("edge-1");
        broker.awaitConnected("edge-1");
        broker.publish("devices/1/shadow", "live", 1);

        ScriptedKafka.Sent live = kafka.next("live");
        assertThat(live.headers()).contains("mqtt.retained=false");
    }

    @Test
    void clearedMessage_isATombstoneOfItsTopic_emptyOnesThatClearNothingAreNot() {
        start(Route.fromMqtt("devices/+/shadow")
                .decode(PayloadCodec.utf8())
                .filter(value -> !value.isEmpty())
                .map(value -> value, PayloadCodec.utf8())
                .toKafka("shadows")
                .clearedAsTombstone()
                .metadataHeaders()
                .build());
        assertThat(broker.subscriptions("edge-1"))
                .singleElement()
                .matches(subscription -> subscription.retainAsPublished() && subscription.retainHandling() == 1);

        broker.publishRetained("devices/1/shadow", "on");
        broker.publish("devices/1/shadow", "", 1);
        broker.publish("devices/1/shadow", "live", 1);
        broker.publishRetained("devices/1/shadow", "");

        ScriptedKafka.Sent on = kafka.next("on");
        assertThat(on.headers()).contains("mqtt.retained=true");
        on.confirm();
        ScriptedKafka.Sent live = kafka.next("live");
        assertThat(live.headers()).contains("mqtt.retained=false");
        live.confirm();
        ScriptedKafka.Sent cleared = kafka.next();
        assertThat(cleared.record.value()).isNull();
        assertThat(new String(cleared.record.key(), StandardCharsets.UTF_8)).isEqualTo("devices/1/shadow");
        cleared.confirm();
        broker.awaitAllAcknowledged("edge-1");
        assertThat(broker.violations()).isEmpty();
    }

    @Test
    void clearedMessage_byDefault_isAnEmptyValue() {
        start(Route.fromMqtt("devices/+/shadow").toKafka("shadows").build());
        assertThat(broker.subscriptions("edge-1")).singleElement().matches(one -> !one.retainAsPublished());

        broker.publishRetained("devices/1/shadow", "");

        ScriptedKafka.Sent cleared = kafka.next("");
        cleared.confirm();
        broker.awaitAllAcknowledged("edge-1");
    }

    private void awaitRetained(Map<String, String> expected) {
        await("the retained messages " + expected).until(() -> {
            Map<String, String> retained = new TreeMap<>();
            broker.retained()
                    .forEach((topic, payload) -> retained.put(topic, new String(payload, StandardCharsets.UTF_8)));
            return retained.equals(expected);
        });
    }

    private void start(Route route) {
        bridge = new DefaultBridge(
                new BridgeConfig(
                        MqttOptions.builder()
                                .serverUri(broker.serverUri())
                                .clientId("edge-1")
                                .reconnect(Backoff.fixed(Duration.ofMillis(1)))
                                .build(),
                        KafkaOptions.builder()
                                .bootstrapServers("kafka:9092")
                                .consumer("group.protocol", "classic")
                                .build(),
                        List.of(route),
                        List.of(),
                        new Life(
                                Duration.ofSeconds(30),
                                StartMode.UNTIL_TIMEOUT,
                                Duration.ofMillis(300),
                                Duration.ofSeconds(30)),
                        LoopOptions.defaults(),
                        null),
                new SocketTransport(),
                kafka);
        bridge.start();
    }
}
