package io.mqttkafka.bridge.testkit.assertj;

import io.mqttkafka.bridge.testkit.fake.kafka.Confirmation;
import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import io.mqttkafka.bridge.testkit.fake.mqtt.LoggedPacket;
import io.mqttkafka.bridge.testkit.fake.mqtt.Publication;
import io.mqttkafka.bridge.testkit.net.FaultProxy.Direction;
import io.mqttkafka.bridge.testkit.packet.MqttPacketType;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.assertj.core.api.AbstractAssert;

/** Assertions about a fake MQTT broker. Not thread-safe. */
public final class MqttAssert extends AbstractAssert<MqttAssert, FakeMqttBroker> {

    private static final int FIRST_ERROR = 0x80;

    private Duration patience = BridgeAssertions.PATIENCE;

    MqttAssert(FakeMqttBroker mqtt) {
        super(mqtt, MqttAssert.class);
    }

    /** Sets how long the assertions that follow wait for what they assert. Default: {@link BridgeAssertions#PATIENCE}. */
    public MqttAssert within(Duration longest) {
        patience = longest;
        return this;
    }

    /** Waits until every session that these messages went to has acknowledged them. */
    public MqttAssert acknowledged(Publication... publications) {
        isNotNull();
        for (Publication publication : publications) {
            actual.awaitAcknowledged(publication, patience);
        }
        return this;
    }

    /** Fails if a session has acknowledged this message by now, and looks once; a moment later it may have. */
    public MqttAssert notAcknowledged(Publication publication) {
        if (publication.acknowledged() > 0) {
            failWithMessage("Expected the message not to be acknowledged, but it has %s", publication);
        }
        return this;
    }

    /**
     * Looks at a message for this long, and fails as soon as a session acknowledges it: what {@link
     * #notAcknowledged(Publication)}, which looks once, can miss by a moment.
     */
    public MqttAssert notAcknowledged(Publication publication, Duration during) {
        isNotNull();
        Eventually.holdsDuring(during, () -> notAcknowledged(publication));
        return this;
    }

    /** Waits until nothing is on its way to this client, and nothing waits for it. */
    public MqttAssert allAcknowledged(String clientId) {
        isNotNull();
        actual.awaitAllAcknowledged(clientId, patience);
        return this;
    }

    /** Waits until a client has published a message with this payload, as text, to this topic. */
    public MqttAssert received(String topic, String payload) {
        isNotNull();
        actual.awaitPackets(
                "a PUBLISH from a client to '" + topic + "'",
                packets -> packets.stream()
                        .filter(one -> one.direction() == Direction.CLIENT_TO_SERVER)
                        .filter(one -> one.packet().type() == MqttPacketType.PUBLISH)
                        .map(one -> one.packet().publish())
                        .anyMatch(publish -> publish.topic().equals(topic)
                                && new String(publish.payload(), StandardCharsets.UTF_8).equals(payload)),
                patience);
        return this;
    }

    /**
     * Fails if a message was acknowledged, by PUBACK or PUBREC, before Kafka had a record with the same bytes, in a
     * committed transaction or none. Payloads should tell messages apart.
     */
    public MqttAssert neverAcknowledgedBefore(FakeKafka kafka) {
        return neverAcknowledgedBefore(kafka, (publish, record) -> Arrays.equals(publish.payload(), record.value()));
    }

    /**
     * Fails if a message was acknowledged, by PUBACK or PUBREC, before Kafka had its record.
     *
     * @param isRecordOf says whether a record is the message's
     */
    public MqttAssert neverAcknowledgedBefore(
            FakeKafka kafka, BiPredicate<PublishPacket, ConsumerRecord<byte[], byte[]>> isRecordOf) {
        isNotNull();
        List<LoggedPacket> packets = actual.packets();
        List<Confirmation> confirmations = new ArrayList<>();
        kafka.topics().forEach(topic -> confirmations.addAll(kafka.confirmations(topic)));
        Map<String, PublishPacket> open = new HashMap<>();
        for (LoggedPacket logged : packets) {
            MqttPacketType type = logged.packet().type();
            if (type == MqttPacketType.PUBLISH && logged.direction() == Direction.SERVER_TO_CLIENT) {
                PublishPacket publish = logged.packet().publish();
                open.put(key(logged, publish.packetId()), publish);
            } else if (logged.direction() == Direction.CLIENT_TO_SERVER
                    && (type == MqttPacketType.PUBACK || type == MqttPacketType.PUBREC)) {
                PublishPacket publish = open.get(key(logged, logged.packet().packetId()));
                if (publish != null
                        && logged.packet().reasonCode() < FIRST_ERROR
                        && confirmations.stream()
                                .noneMatch(one ->
                                        one.order() < logged.order() && isRecordOf.test(publish, one.record()))) {
                    failWithMessage(
                            "Expected Kafka to have confirmed the record of a message to '%s' before%n  %s%n"
                                    + "but it had not.%nLatest packets (<- from the client):%n%s",
                            publish.topic(), logged, actual.packetLog());
                }
            }
        }
        return this;
    }

    private static String key(LoggedPacket logged, int packetId) {
        return logged.connection() + "/" + packetId;
    }
}
