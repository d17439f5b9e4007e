package io.mqttkafka.bridge.benchmarks.peers;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.config.Qos0Overflow;
import java.util.concurrent.CountDownLatch;

/** This project's bridge, set up as a user would through the public API. */
public final class BridgePeer {
    private BridgePeer() {}

    /** Takes {@link PeerSettings}; runs until it is told to end by SIGTERM. */
    public static void main(String[] args) throws InterruptedException {
        PeerSettings settings = PeerSettings.fromArguments(args);
        Route route = Route.fromMqtt(settings.mqttFilter())
                .qos(QoS.of(settings.qos()))
                .toKafka(settings.kafkaTopic())
                .build();
        Bridge bridge = Bridge.builder()
                .mqtt(mqtt -> mqtt.serverUri(settings.serverUri())
                        .clientId(settings.clientId())
                        .sessionExpiry(MqttOptions.NEVER)
                        .receiveMaximum(settings.receiveMaximum())
                        // The backlog waits in the broker, as it does for the other peers; nothing has to be shed.
                        .qos0Overflow(Qos0Overflow.PAUSE))
                .kafka(kafka -> {
                    kafka.bootstrapServers(settings.bootstrapServers());
                    PeerSettings.PRODUCER_PROPERTIES.forEach(kafka::producer);
                })
                .route(route)
                .build();
        Runtime.getRuntime().addShutdownHook(new Thread(bridge::close));
        bridge.start();
        new CountDownLatch(1).await();
    }
}
