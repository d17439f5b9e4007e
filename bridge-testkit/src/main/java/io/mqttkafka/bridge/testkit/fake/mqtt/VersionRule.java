package io.mqttkafka.bridge.testkit.fake.mqtt;

/** Which clients a broker speaks with. */
enum VersionRule {
    /** Those of MQTT 5 and 3.1.1. */
    BOTH,
    /** Those of MQTT 3.1.1; others get CONNACK with return code 1. */
    REFUSE_5,
    /** Those of MQTT 3.1.1; others are hung up on. */
    HANG_UP_ON_5
}
