package io.mqttkafka.bridge.benchmarks;

/**
 * One backlog: {@code messages} of {@code payloadBytes} each, spread evenly over {@code topics}.
 *
 * @param messages a multiple of {@code topics}
 */
record Workload(int qos, int payloadBytes, int messages, int topics) {
    /** Covers every topic of every workload. */
    static final String MQTT_FILTER = "bench/#";

    /** The payload that the project's bars are about. */
    static final int JUDGED_BYTES = 100;

    Workload {
        require(qos >= 0 && qos <= 2, "The QoS must be 0, 1 or 2");
        require(
                payloadBytes >= NumberedPayload.MIN_BYTES,
                "A payload has at least " + NumberedPayload.MIN_BYTES + " B");
        require(topics > 0 && messages > 0, "There must be a message and a topic");
        require(messages % topics == 0, "The number of messages must be a multiple of the number of topics");
    }

    static String mqttTopic(int topic) {
        return "bench/device-" + topic;
    }

    int messagesPerTopic() {
        return messages / topics;
    }

    /** Whether this is the workload that the project's bars are about; others are only reported. */
    boolean isJudged() {
        return qos == 1 && payloadBytes == JUDGED_BYTES;
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalArgumentException(message);
        }
    }
}
