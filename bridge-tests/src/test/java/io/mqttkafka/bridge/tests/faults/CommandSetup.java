package io.mqttkafka.bridge.tests.faults;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.StartMode;
import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.config.LoopOptions;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.config.MqttVersion;
import io.mqttkafka.bridge.core.DefaultBridge;
import io.mqttkafka.bridge.core.failpoint.Failpoints;
import io.mqttkafka.bridge.core.kafka.KafkaClients;
import io.mqttkafka.bridge.core.mqtt.socket.SocketTransport;
import io.mqttkafka.bridge.core.time.BridgeClock;
import io.mqttkafka.bridge.failure.Backoff;
import io.mqttkafka.bridge.spi.BridgeConfig;
import io.mqttkafka.bridge.spi.BridgeConfig.Life;
import java.time.Duration;
import java.util.List;

/** A bridge of one route from Kafka to MQTT at QoS 2, described so that it can be built in a process of its own. */
record CommandSetup(String mqttUri, String bootstrapServers, String clientId, String topic, MqttVersion version) {

    private static final String NAME = "commands";
    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration DRAIN_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration STALL_THRESHOLD = Duration.ofSeconds(30);

    /** Says whether arguments are those of such a bridge. */
    static boolean describes(String... args) {
        return args[0].equals(NAME);
    }

    List<String> args() {
        return List.of(NAME, mqttUri, bootstrapServers, clientId, topic, version.name());
    }

    static CommandSetup parse(String... args) {
        return new CommandSetup(args[1], args[2], args[3], args[4], MqttVersion.valueOf(args[5]));
    }

    /** Builds the bridge, not started, that tells of the places it passes. */
    Bridge build(Failpoints failpoints) {
        MqttOptions mqtt = MqttOptions.builder()
                .serverUri(mqttUri)
                .clientId(clientId)
                .version(version)
                .reconnect(Backoff.exponential(Duration.ofMillis(50), Duration.ofSeconds(1)))
                .build();
        KafkaOptions kafka = KafkaOptions.builder()
                .bootstrapServers(bootstrapServers)
                // Otherwise its group waits 45 seconds for the one that was killed; so does the new protocol even then.
                .consumer("group.protocol", "classic")
                .consumer("group.instance.id", clientId)
                .build();
        Route route = Route.fromKafka(topic)
                .group("group-of-" + topic)
                .toMqtt("devices/{key}/cmd")
                .qos(QoS.EXACTLY_ONCE)
                .name("commands")
                .build();
        return new DefaultBridge(
                new BridgeConfig(
                        mqtt,
                        kafka,
                        List.of(route),
                        List.of(),
                        new Life(START_TIMEOUT, StartMode.UNTIL_TIMEOUT, DRAIN_TIMEOUT, STALL_THRESHOLD),
                        LoopOptions.defaults(),
                        null,
                        null),
                new SocketTransport(),
                KafkaClients.REAL,
                BridgeClock.SYSTEM,
                failpoints);
    }
}
