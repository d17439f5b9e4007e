package com.example.telemetry;

import io.mqttkafka.bridge.TopicMapper;
import io.mqttkafka.bridge.message.MqttMessage;
import io.mqttkafka.bridge.message.Received;
import io.mqttkafka.bridge.testkit.contract.TopicMapperContract;
import java.util.List;
import java.util.Map;

/** The mapper keeps what a bridge expects of mappers. */
class TopicTest extends TopicMapperContract<String> {

    @Override
    protected TopicMapper<String> mapper() {
        return ColdChain.TOPIC::map;
    }

    @Override
    protected List<Received<String>> messages() {
        return List.of(received("1: 4.0 C"), received("2: 21.5 C !"));
    }

    private static Received<String> received(String text) {
        return Received.of(MqttMessage.of("cold/berlin/7", new byte[0]), text, Map.of("site", "berlin"));
    }
}
