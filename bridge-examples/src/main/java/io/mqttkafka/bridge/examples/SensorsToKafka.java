package io.mqttkafka.bridge.examples;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;

/** The smallest bridge: temperatures go to one Kafka topic per site. Arguments: {@code tcp://broker:1883 kafka:9092}. */
public final class SensorsToKafka {
    private SensorsToKafka() {}

    /**
     * Runs until Ctrl-C.
     *
     * @param args the MQTT broker and the Kafka broker
     * @throws InterruptedException never
     */
    public static void main(String[] args) throws InterruptedException {
        Route telemetry = Route.fromMqtt("sensors/{site}/{device}/temp")
                .qos(QoS.AT_LEAST_ONCE)
                .toKafka("telemetry.{site}")
                .key("{device}")
                .build();

        Bridge bridge = Bridge.builder()
                .mqtt(m -> m.serverUri(args[0]).clientId("edge-1"))
                .kafka(k -> k.bootstrapServers(args[1]))
                .route(telemetry)
                .build();

        Runtime.getRuntime().addShutdownHook(new Thread(bridge::close));
        bridge.start();
        Thread.currentThread().join();
    }
}
