package io.mqttkafka.bridge.examples;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.failure.Backoff;
import java.time.Duration;

/**
 * The ten lines of the README: temperatures go to one Kafka topic per site, those that cannot to a dead letter topic.
 * Arguments: {@code tcp://broker:1883 kafka:9092}.
 */
public final class SensorsToKafka {
    private SensorsToKafka() {}

    /**
     * Runs until Ctrl-C.
     *
     * @param args the MQTT broker and the Kafka broker
     * @throws InterruptedException never; a bridge that gives up throws {@code BridgeFailedException}
     */
    public static void main(String[] args) throws InterruptedException {
        Route telemetry = Route.fromMqtt("sensors/{site}/{device}/temp") // named levels; + and # work too
                .qos(QoS.AT_LEAST_ONCE)
                .toKafka("telemetry.{site}")
                .key("{device}")
                .onFailure(f -> f.retry(5, Backoff.exponential(Duration.ofMillis(100), Duration.ofSeconds(5)))
                        .deadLetter("telemetry.dead"))
                .build();

        Bridge bridge = Bridge.builder()
                .mqtt(m -> m.serverUri(args[0]).clientId("edge-1"))
                .kafka(k -> k.bootstrapServers(args[1]).producer("compression.type", "lz4"))
                .route(telemetry)
                .build();

        // Ctrl-C lets what is in flight finish; the broker keeps the session until the next start.
        Runtime.getRuntime().addShutdownHook(new Thread(bridge::close));
        bridge.start();
        // Its threads are daemons: without this the process would end here.
        bridge.awaitClosed();
    }
}
