package io.mqttkafka.bridge.examples;

import io.mqttkafka.bridge.QoS;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * One message that the quickstart publishes, and the Kafka topic it has to turn up in.
 *
 * @param id a number no other message has; messages of one device are published in its order
 * @param kind which route takes it
 * @param mqttTopic where it is published
 * @param payload JSON, on purpose broken at times
 * @param kafkaTopic where it must arrive; null if the route has to filter it out
 */
record SensorMessage(
        int id,
        Kind kind,
        String mqttTopic,
        String payload,
        @Nullable String kafkaTopic) {
    static final List<String> SITES = List.of("berlin", "lyon", "oslo");

    private static final int DEVICES_PER_SITE = 4;
    private static final long SEED = 20_261_123;

    /** What the devices of the plant send, and the QoS they send it with. */
    enum Kind {
        TELEMETRY("telemetry", "temperature", QoS.AT_LEAST_ONCE),
        ALARM("alarms", "alarm", QoS.EXACTLY_ONCE),
        VIBRATION("vibration", "vibration", QoS.AT_MOST_ONCE);

        private final String routeName;
        private final String lastLevel;
        private final QoS qos;

        Kind(String routeName, String lastLevel, QoS qos) {
            this.routeName = routeName;
            this.lastLevel = lastLevel;
            this.qos = qos;
        }

        String routeName() {
            return routeName;
        }

        String filter() {
            return "plant/{site}/{device}/" + lastLevel;
        }

        QoS qos() {
            return qos;
        }
    }

    boolean filtered() {
        return kafkaTopic == null;
    }

    boolean deadLettered() {
        return Quickstart.DEAD_LETTERS.equals(kafkaTopic);
    }

    /** Makes the messages of a plant: of ten, six are temperatures, two alarms and two vibrations. */
    static List<SensorMessage> of(int count) {
        Random random = new Random(SEED);
        List<SensorMessage> messages = new ArrayList<>(count);
        for (int id = 0; id < count; id++) {
            Kind kind = id % 5 == 3 ? Kind.ALARM : id % 5 == 4 ? Kind.VIBRATION : Kind.TELEMETRY;
            String site = SITES.get(random.nextInt(SITES.size()));
            String topic = "plant/" + site + "/device-" + random.nextInt(DEVICES_PER_SITE) + "/" + kind.lastLevel;
            messages.add(
                    switch (kind) {
                        case TELEMETRY -> temperature(id, topic, site, random.nextInt(600) / 10.0);
                        case ALARM ->
                            new SensorMessage(
                                    id, kind, topic, "{\"id\":" + id + ",\"alarm\":\"door\"}", Quickstart.ALARMS);
                        case VIBRATION ->
                            new SensorMessage(
                                    id, kind, topic, "{\"id\":" + id + ",\"hertz\":50}", Quickstart.VIBRATIONS);
                    });
        }
        return messages;
    }

    private static SensorMessage temperature(int id, String topic, String site, double celsius) {
        String text = "{\"id\":" + id + ",\"celsius\":";
        return switch (id % 25) {
            // A device that lost its power in the middle of a message: no JSON.
            case 10 -> new SensorMessage(id, Kind.TELEMETRY, topic, text, Quickstart.DEAD_LETTERS);
            // A sensor that is not connected: JSON, but of no use.
            case 20 -> new SensorMessage(id, Kind.TELEMETRY, topic, text + "-273.15}", null);
            default -> new SensorMessage(id, Kind.TELEMETRY, topic, text + celsius + "}", "telemetry." + site);
        };
    }
}
