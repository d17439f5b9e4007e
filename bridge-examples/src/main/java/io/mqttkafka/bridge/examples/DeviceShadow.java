package io.mqttkafka.bridge.examples;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;

/**
 * Keeps the state of every device in two compacted Kafka topics: what the device reports, and what it is desired to be. The
 * desired state is retained in MQTT as well, so that a device that comes back finds it at once. A record without a value clears it, and
 * a device that clears its retained report is forgotten. Arguments: {@code
 * tcp://broker:1883 kafka:9092}. The topics {@code shadow.reported} and {@code shadow.desired} must exist, with {@code
 * cleanup.policy=compact}.
 */
public final class DeviceShadow {
    private DeviceShadow() {}

    /**
     * Runs until Ctrl-C.
     *
     * @param args the MQTT broker and the Kafka broker
     * @throws InterruptedException never; a bridge that gives up throws {@code BridgeFailedException}
     */
    public static void main(String[] args) throws InterruptedException {
        // The key is the device, so that compaction keeps the last state of each, and an empty retained report removes
        // it.
        Route reported = Route.fromMqtt("devices/{device}/state/reported")
                .qos(QoS.AT_LEAST_ONCE)
                .toKafka("shadow.reported")
                .key("{device}")
                .clearedAsTombstone()
                .build();
        Route desired = Route.fromKafka("shadow.desired")
                .group("device-shadow")
                .toMqtt("devices/{key}/state/desired")
                .qos(QoS.AT_LEAST_ONCE)
                .retain(true)
                .clearOnTombstone()
                .onFailure(f -> f.deadLetter("shadow.dead"))
                .build();

        Bridge bridge = Bridge.builder()
                .mqtt(m -> m.serverUri(args[0]).clientId("shadow-1"))
                .kafka(k -> k.bootstrapServers(args[1]))
                .route(reported)
                .route(desired)
                .build();

        // Ctrl-C lets what is in flight finish, in both directions.
        Runtime.getRuntime().addShutdownHook(new Thread(bridge::close));
        bridge.start();
        // Its threads are daemons: without this the process would end here.
        bridge.awaitClosed();
    }
}
