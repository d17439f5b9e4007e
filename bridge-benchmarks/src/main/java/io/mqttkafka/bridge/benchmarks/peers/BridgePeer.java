package io.mqttkafka.bridge.benchmarks.peers;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import java.util.concurrent.CountDownLatch;

/** Ours, through the public API, with the producer settings of the other peers. */
public final class BridgePeer {
    private BridgePeer() {}

    public static void main(String[] args) throws InterruptedException {
        PeerSettings settings = PeerSettings.fromArguments(args);
        Route route = Route.fromMqtt(settings.mqttFilter())
                .qos(QoS.of(settings.qos()))
                .toKafka(settings.kafkaTopic())
                .build();
        Bridge bridge = Bridge.builder()
                .mqtt(m -> m.serverUri("tcp://127.0.0.1:" + settings.mqttPort())
                        .clientId(settings.clientId())
                        .receiveMaximum(settings.receiveMaximum()))
                .kafka(k -> {
                    k.bootstrapServers(settings.bootstrapServers());
                    settings.tuning().forEach(k::producer);
                })
                .route(route)
                .build();
        Runtime.getRuntime().addShutdownHook(new Thread(bridge::close));
        bridge.start();
        new CountDownLatch(1).await();
    }
}
