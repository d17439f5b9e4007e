package io.mqttkafka.bridge.examples;

import java.util.List;
import java.util.stream.IntStream;

/**
 * One command that the quickstart sends from Kafka to a device.
 *
 * @param id a number no other command has; commands of one device are sent in its order
 * @param device the key of the record
 */
record DeviceCommand(int id, String device) {
    static final String KAFKA_TOPIC = "commands";
    static final String ROUTE = "commands";
    static final String MQTT_TEMPLATE = "plant/devices/{key}/command";
    static final String MQTT_FILTER = "plant/devices/+/command";

    private static final int DEVICES = 8;

    /** Makes commands for a handful of devices in turn. */
    static List<DeviceCommand> of(int count) {
        return IntStream.range(0, count)
                .mapToObj(id -> new DeviceCommand(id, "device-" + id % DEVICES))
                .toList();
    }

    String mqttTopic() {
        return MQTT_TEMPLATE.replace("{key}", device);
    }

    String payload() {
        return "{\"id\":" + id + ",\"valve\":\"open\"}";
    }
}
