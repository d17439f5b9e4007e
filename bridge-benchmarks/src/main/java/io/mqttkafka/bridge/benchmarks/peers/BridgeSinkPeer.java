package io.mqttkafka.bridge.benchmarks.peers;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import java.util.concurrent.CountDownLatch;

/** This project's bridge from Kafka to MQTT, set up as a user would through the public API. */
public final class BridgeSinkPeer {
    private BridgeSinkPeer() {}

    /** Takes {@link PeerSettings}; runs until it is told to end by SIGTERM. */
    public static void main(String[] args) throws InterruptedException {
        PeerSettings settings = PeerSettings.fromArguments(args);
        Route route = Route.fromKafka(settings.kafkaTopic())
                .group(PeerSettings.GROUP)
                .toMqtt("{key}")
                .qos(QoS.of(settings.qos()))
                .build();
        Bridge bridge = Bridge.builder()
                .mqtt(mqtt -> mqtt.serverUri(settings.serverUri())
                        .clientId(settings.clientId())
                        .sendMaximum(settings.receiveMaximum()))
                .kafka(kafka -> kafka.bootstrapServers(settings.bootstrapServers()))
                .route(route)
                .build();
        Runtime.getRuntime().addShutdownHook(new Thread(bridge::close));
        bridge.start();
        new CountDownLatch(1).await();
    }
}
