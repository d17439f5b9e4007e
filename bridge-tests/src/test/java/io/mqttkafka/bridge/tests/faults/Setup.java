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

/** A bridge of one route, described so that it can be built here or in a process of its own. */
record Setup(
        String mqttUri,
        String bootstrapServers,
        String clientId,
        String filter,
        String topic,
        int qos,
        int receiveMaximum,
        int keepAliveSeconds,
        long maxInFlightBytes,
        int transactionTimeoutMillis,
        MqttVersion version) {

    private static final int DEFAULT_RECEIVE_MAXIMUM = 1_000;
    private static final int DEFAULT_KEEP_ALIVE = 30;
    private static final long DEFAULT_IN_FLIGHT_BYTES = 16L << 20;
    private static final int DEFAULT_TRANSACTION_TIMEOUT = 60_000;
    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration DRAIN_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration STALL_THRESHOLD = Duration.ofSeconds(30);

    /** The routes of all runs: {@code in-x/3} goes to the Kafka topic {@code x-3}. */
    static Setup of(String mqttUri, String bootstrapServers, String run, int qos) {
        return new Setup(
                mqttUri,
                bootstrapServers,
                "bridge-of-" + run,
                Ledger.filter(run),
                Ledger.template(run),
                qos,
                DEFAULT_RECEIVE_MAXIMUM,
                DEFAULT_KEEP_ALIVE,
                DEFAULT_IN_FLIGHT_BYTES,
                DEFAULT_TRANSACTION_TIMEOUT,
                Versions.OF_RUN);
    }

    Setup receiveMaximum(int messages) {
        return new Setup(
                mqttUri,
                bootstrapServers,
                clientId,
                filter,
                topic,
                qos,
                messages,
                keepAliveSeconds,
                maxInFlightBytes,
                transactionTimeoutMillis,
                version);
    }

    Setup keepAlive(int seconds) {
        return new Setup(
                mqttUri,
                bootstrapServers,
                clientId,
                filter,
                topic,
                qos,
                receiveMaximum,
                seconds,
                maxInFlightBytes,
                transactionTimeoutMillis,
                version);
    }

    /** Sets after what time Kafka ends a transaction by itself. */
    Setup transactionTimeout(int millis) {
        return new Setup(
                mqttUri,
                bootstrapServers,
                clientId,
                filter,
                topic,
                qos,
                receiveMaximum,
                keepAliveSeconds,
                maxInFlightBytes,
                millis,
                version);
    }

    List<String> args() {
        return List.of(
                mqttUri,
                bootstrapServers,
                clientId,
                filter,
                topic,
                Integer.toString(qos),
                Integer.toString(receiveMaximum),
                Integer.toString(keepAliveSeconds),
                Long.toString(maxInFlightBytes),
                Integer.toString(transactionTimeoutMillis),
                version.name());
    }

    static Setup parse(String... args) {
        return new Setup(
                args[0],
                args[1],
                args[2],
                args[3],
                args[4],
                Integer.parseInt(args[5]),
                Integer.parseInt(args[6]),
                Integer.parseInt(args[7]),
                Long.parseLong(args[8]),
                Integer.parseInt(args[9]),
                MqttVersion.valueOf(args[10]));
    }

    /** Builds the bridge, not started. */
    Bridge build() {
        return build(Failpoints.NONE);
    }

    /** Builds the bridge, not started, that tells of the places it passes. */
    Bridge build(Failpoints failpoints) {
        MqttOptions mqtt = MqttOptions.builder()
                .serverUri(mqttUri)
                .clientId(clientId)
                .version(version)
                .receiveMaximum(receiveMaximum)
                .keepAlive(Duration.ofSeconds(keepAliveSeconds))
                .maxInFlightBytes(maxInFlightBytes)
                .reconnect(Backoff.exponential(Duration.ofMillis(50), Duration.ofSeconds(1)))
                .build();
        KafkaOptions kafka = KafkaOptions.builder()
                .bootstrapServers(bootstrapServers)
                .producer("transaction.timeout.ms", transactionTimeoutMillis)
                // A Kafka that hangs for longer than the keep-alive hangs for longer than every timeout.
                .producer("request.timeout.ms", keepAliveSeconds * 500)
                .producer("metadata.recovery.rebootstrap.trigger.ms", keepAliveSeconds * 500)
                .build();
        Route route = Route.fromMqtt(filter)
                .qos(QoS.of(qos))
                .toKafka(topic)
                .name("faults")
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
