package io.mqttkafka.bridge.core.session;

/**
 * One application message of the simulation.
 *
 * @param number which one it is, in the order of publication; the bridge never sees it
 * @param topic the MQTT topic
 * @param qos 1 or 2
 * @param routes how many routes of the bridge match its topic
 * @param fingerprint what the bridge sees of its topic and payload; other messages may have the same
 */
record Message(int number, int topic, int qos, int routes, long fingerprint) {
    @Override
    public String toString() {
        return "message " + number;
    }

    String describe() {
        return this + " of QoS " + qos + " to topic " + topic + ", for " + routes + " routes, fingerprint "
                + fingerprint;
    }
}
