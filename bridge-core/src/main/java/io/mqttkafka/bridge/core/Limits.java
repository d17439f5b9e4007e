package io.mqttkafka.bridge.core;

import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.config.MqttVersion;
import io.mqttkafka.bridge.core.kafka.KafkaLimits;

/** Derives the limits of connections that are not set from those of Kafka and the heap, and says them all in one line. */
final class Limits {
    /**
     * What a packet can have that is not in its record: the topic, the response topic, the content type and the correlation data,
     * with 64 KiB each.
     */
    private static final long BESIDE_THE_RECORD = 4 * 64 * 1024;

    private static final long LARGEST_PACKET = 268_435_455;
    private static final int SMALLEST_PACKET = 1024;

    private Limits() {}

    /**
     * Fills in what is derived.
     *
     * <p>The largest packet follows the largest record, and is larger: a message that only Kafka refuses fails by the policy of its
     * route, which tells; one that the MQTT broker drops, because we ask it to, is lost without a word.
     *
     * @param mqtt the options
     * @param kafka the other side
     * @param memory what the connections may keep
     * @return the options, with nothing left to derive
     */
    static MqttOptions resolve(MqttOptions mqtt, KafkaOptions kafka, MemoryBudget memory) {
        long packet = mqtt.maximumPacketSize();
        long window = mqtt.maxInFlightBytes();
        if (packet == MqttOptions.DERIVED) {
            packet = Math.min(LARGEST_PACKET, KafkaLimits.largestRecord(kafka) + BESIDE_THE_RECORD);
            packet = Math.min(packet, memory.packetBytes());
            packet = window == MqttOptions.DERIVED ? packet : Math.min(packet, window);
            packet = Math.max(packet, SMALLEST_PACKET);
        }
        if (window == MqttOptions.DERIVED) {
            window = Math.max(memory.windowBytes(), packet);
        }
        return mqtt.toBuilder()
                .maximumPacketSize((int) packet)
                .maxInFlightBytes(window)
                .build();
    }

    /**
     * Says what one connection asks of the MQTT broker and keeps to itself.
     *
     * @param mqtt options with nothing left to derive
     * @param kafka the other side
     * @return the limits, for the log
     */
    static String ofSource(MqttOptions mqtt, KafkaOptions kafka) {
        return "takes packets of up to " + mqtt.maximumPacketSize()
                + (mqtt.version() == MqttVersion.V3_1_1
                        ? " bytes, and stops at a larger one, of which MQTT 3.1.1 cannot tell the MQTT broker"
                        : " bytes, and the MQTT broker drops larger ones without a word")
                + " (mqtt.maximumPacketSize; kafka max.request.size "
                + KafkaLimits.largestRecord(kafka) + "); " + mqtt.receiveMaximum()
                + " unacknowledged messages (mqtt.receiveMaximum) with " + mqtt.maxInFlightBytes()
                + " bytes (mqtt.maxInFlightBytes); " + userProperties(mqtt);
    }

    /**
     * Says what one connection that publishes keeps to.
     *
     * @param mqtt options with nothing left to derive
     * @return the limits, for the log
     */
    static String ofSink(MqttOptions mqtt) {
        return "publishes up to " + mqtt.sendMaximum() + " messages (mqtt.sendMaximum) with " + mqtt.maxInFlightBytes()
                + " bytes (mqtt.maxInFlightBytes) before the MQTT broker has taken them over, or fewer if that says so; "
                + userProperties(mqtt);
    }

    private static String userProperties(MqttOptions mqtt) {
        return mqtt.maxUserProperties() + " user properties (mqtt.maxUserProperties) with "
                + mqtt.maxUserPropertyBytes() + " bytes (mqtt.maxUserPropertyBytes) in each message";
    }
}
