package com.example.telemetry;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.PayloadCodec;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.TopicMapper;

/** Brings the readings of a site's refrigerators into Kafka as text, alarming ones into a topic of their own. */
public final class ColdChain {

    /** Where a reading goes. */
    static final TopicMapper<String> TOPIC =
            received -> (received.value().endsWith("!") ? "alarms." : "readings.") + received.level("site");

    /** Where payloads go that no sensor should send. */
    static final String DEAD_LETTERS = "readings.dead";

    private ColdChain() {}

    /** Makes a bridge between these two brokers; it is not started yet. */
    public static Bridge newBridge(String mqttUri, String bootstrapServers) {
        return Bridge.builder()
                .mqtt(m -> m.serverUri(mqttUri).clientId("cold-chain"))
                .kafka(k -> k.bootstrapServers(bootstrapServers))
                .route(Route.fromMqtt("cold/{site}/{sensor}")
                        .qos(QoS.AT_LEAST_ONCE)
                        .decode(new ReadingCodec())
                        .map(ColdChain::text, PayloadCodec.utf8())
                        .toKafka(TOPIC)
                        .key("{sensor}")
                        .onFailure(f -> f.deadLetter(DEAD_LETTERS))
                        .build())
                .build();
    }

    private static String text(Reading reading) {
        return "%d: %s C%s".formatted(reading.number(), reading.celsius(), reading.isAlarming() ? " !" : "");
    }
}
