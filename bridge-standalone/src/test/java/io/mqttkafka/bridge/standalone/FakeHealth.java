package io.mqttkafka.bridge.standalone;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.standalone.config.HttpSettings;
import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import io.mqttkafka.bridge.testkit.packet.MqttTestClient;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;

/** A bridge between fakes with its port open. */
final class FakeHealth implements AutoCloseable {
    final FakeMqttBroker mqtt = FakeMqttBroker.start();
    final FakeKafka kafka = FakeKafka.start();
    final MqttTestClient device = MqttTestClient.connect(mqtt.serverUri(), "a-device", true);
    final Bridge bridge;
    final Port port;
    private final Metrics metrics = new Metrics();

    FakeHealth(String... hosts) {
        kafka.createTopic("device-commands", 1);
        device.subscribe("devices/+/cmd", 1);
        bridge = Bridge.builder()
                .mqtt(m -> m.serverUri(mqtt.serverUri()).clientId("edge-1"))
                .kafka(k -> k.bootstrapServers(kafka.bootstrapServers()))
                .route(Route.fromMqtt("sensors/{site}/+/temp")
                        .toKafka("telemetry")
                        .key("{site}")
                        .name("telemetry")
                        .onFailure(f -> f.deadLetter("telemetry.dead"))
                        .build())
                .route(Route.fromMqtt("alarms/#")
                        .clientId("edge-1-alarms")
                        .toKafka("alarms")
                        .name("alarms")
                        .build())
                .route(Route.fromKafka("device-commands")
                        .toMqtt("devices/{key}/cmd")
                        .name("commands")
                        .build())
                .build();
        metrics.of(bridge);
        port = Port.open(
                new HttpSettings(0, "127.0.0.1", List.of(hosts)),
                bridge,
                metrics,
                new StatusReport(bridge.guarantees(), text -> text, InstantSource.system()));
        bridge.start();
    }

    @Override
    public void close() {
        port.close();
        metrics.close();
        bridge.close(Duration.ZERO);
        device.close();
        kafka.close();
        mqtt.close();
    }
}
