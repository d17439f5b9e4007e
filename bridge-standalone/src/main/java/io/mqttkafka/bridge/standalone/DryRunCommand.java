package io.mqttkafka.bridge.standalone;

import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.core.kafka.TopicTrial;
import io.mqttkafka.bridge.core.mqtt.CloseReason;
import io.mqttkafka.bridge.core.mqtt.InboundHandler;
import io.mqttkafka.bridge.core.mqtt.MqttConnectException;
import io.mqttkafka.bridge.core.mqtt.MqttConnection;
import io.mqttkafka.bridge.core.mqtt.PacketOutput;
import io.mqttkafka.bridge.core.mqtt.socket.SocketTransport;
import io.mqttkafka.bridge.core.mqtt.wire.BrokerLimits;
import io.mqttkafka.bridge.core.mqtt.wire.PublishFrame;
import io.mqttkafka.bridge.error.BridgeException;
import io.mqttkafka.bridge.standalone.config.BridgeFile;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import picocli.CommandLine.Command;

/** Tries out whether the brokers would take the bridge of a file: connects, looks topics up, subscribes to nothing. */
@Command(
        name = "dry-run",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        usageHelpWidth = 110,
        abbreviateSynopsis = true,
        description =
                "Connects to both brokers with the file's credentials, looks the Kafka topics up, subscribes to nothing and"
                        + " writes nothing. It has a client id of its own, so that a bridge that runs is not disturbed.")
final class DryRunCommand extends FileCommand {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final int LARGEST_ANSWER = 65_536;

    DryRunCommand(Program program) {
        super(program);
    }

    @Override
    String logLevel() {
        return "error";
    }

    @Override
    int execute(Definition definition) throws InterruptedException {
        BridgeFile file = Objects.requireNonNull(definition.file());
        boolean mqtt = mqttAnswers(definition, file.mqttOptions(definition.overrides()));
        boolean kafka = kafkaAnswers(definition, file.kafkaOptions(definition.overrides()), file.kafkaTopics());
        return mqtt && kafka ? ExitCodes.STOPPED : ExitCodes.NOT_STARTED;
    }

    private boolean mqttAnswers(Definition definition, MqttOptions options) throws InterruptedException {
        // A session of its own, which ends with the connection: the one of the bridge must stay as it is.
        MqttOptions trial = options.toBuilder()
                .cleanStart(true)
                .maximumPacketSize(LARGEST_ANSWER)
                .maxInFlightBytes(LARGEST_ANSWER)
                .sessionExpiry(Duration.ZERO)
                .build();
        String clientId = (options.clientId() == null ? "bridge" : options.clientId()) + "-dry-run-"
                + UUID.randomUUID().toString().substring(0, 8);
        try {
            MqttConnection connection = new SocketTransport().connect(trial, clientId, new Deaf());
            String address = connection.serverUri();
            connection.disconnect(0);
            connection.awaitReleased(PATIENCE);
            console().print("MQTT: " + address + " accepts the connection");
            return true;
        } catch (MqttConnectException e) {
            console().complain("MQTT: " + definition.translate(e.getMessage()));
            return false;
        }
    }

    private boolean kafkaAnswers(Definition definition, KafkaOptions options, Set<String> topics)
            throws InterruptedException {
        try {
            Map<String, String> answers = TopicTrial.look(options, "dry-run", topics, PATIENCE);
            console().print("Kafka: " + options.bootstrapServers() + " answers");
            answers.forEach((topic, answer) -> console().print("Kafka topic " + topic + ": " + answer));
            return true;
        } catch (BridgeException e) {
            console().complain("Kafka: " + definition.translate(e.getMessage()));
            return false;
        }
    }

    /** Subscribes to nothing, so nothing comes. */
    private static final class Deaf implements InboundHandler {
        @Override
        public void connecting() {}

        @Override
        public void connected(BrokerLimits limits, PacketOutput acks) {}

        @Override
        public void publish(PublishFrame frame) {}

        @Override
        public void release(int packetId) {}

        @Override
        public void closed(CloseReason reason) {}
    }
}
