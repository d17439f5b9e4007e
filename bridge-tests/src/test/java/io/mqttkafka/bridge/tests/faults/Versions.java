package io.mqttkafka.bridge.tests.faults;

import io.mqttkafka.bridge.config.MqttVersion;

/** The version of MQTT that the bridge speaks in a run: {@code -Dbridge.version=V3_1_1}. */
final class Versions {
    private static final String PROPERTY = "bridge.version";

    /** The version of this run. */
    static final MqttVersion OF_RUN = MqttVersion.valueOf(System.getProperty(PROPERTY, MqttVersion.V5.name()));

    private Versions() {}
}
