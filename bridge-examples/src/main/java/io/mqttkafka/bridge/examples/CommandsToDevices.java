package io.mqttkafka.bridge.examples;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;

/**
 * Takes commands from a Kafka topic to the device that their key names. Arguments: {@code tcp://broker:1883 kafka:9092}.
 * The topic {@code device-commands} must exist.
 */
public final class CommandsToDevices {
    private CommandsToDevices() {}

    /**
     * Runs until Ctrl-C.
     *
     * @param args the MQTT broker and the Kafka broker
     * @throws InterruptedException never; a bridge that gives up throws {@code BridgeFailedException}
     */
    public static void main(String[] args) throws InterruptedException {
        Route commands = Route.fromKafka("device-commands")
                .group("edge-1-commands")
                .toMqtt("devices/{key}/cmd")
                .qos(QoS.AT_LEAST_ONCE)
                // A key that is no level of a topic, such as one with '#', would stop the route otherwise.
                .onFailure(f -> f.deadLetter("device-commands.dead"))
                .build();

        Bridge bridge = Bridge.builder()
                .mqtt(m -> m.serverUri(args[0]).clientId("commands-1"))
                .kafka(k -> k.bootstrapServers(args[1]))
                .route(commands)
                .build();

        // Ctrl-C lets what is in flight finish; the group's offsets say where to go on.
        Runtime.getRuntime().addShutdownHook(new Thread(bridge::close));
        bridge.start();
        // Its threads are daemons: without this the process would end here.
        bridge.awaitClosed();
    }
}
