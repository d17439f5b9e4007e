package io.mqttkafka.bridge.tests.sink;

import static io.mqttkafka.bridge.tests.engine.Engine.QUIET;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mqttkafka.bridge.CodecContext;
import io.mqttkafka.bridge.PayloadCodec;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.testkit.packet.PublishPacket;
import io.mqttkafka.bridge.testkit.packet.ScriptedConnection;
import io.mqttkafka.bridge.tests.engine.Engine;
import io.mqttkafka.bridge.tests.engine.SourceLog;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which records routes from Kafka read, and what they publish where. */
class PublishingRoutesTest {
    private final Engine engine = new Engine();
    private final SourceLog log = engine.kafka.log;

    @AfterEach
    void close() {
        engine.close();
    }

    @Test
    void pattern_topicCreatedLater_isRead_othersAreNot() {
        log.createTopic("plant-1");
        ScriptedConnection connection = engine.route(Route.fromKafka(Pattern.compile("plant-.*"))
                        .group("g")
                        .toMqtt("{topic}/{key}")
                        .build())
                .publishing();
        log.append("commands", "7", "not ours");
        log.append("plant-1", "7", "x");
        assertThat(connection.expectPublish().topic()).isEqualTo("plant-1/7");

        log.createTopic("plant-2");
        log.append("plant-2", "8", "y");

        PublishPacket packet = connection.expectPublish();
        assertThat(packet.topic()).isEqualTo("plant-2/8");
        assertThat(packet.payloadText()).isEqualTo("y");
        connection.puback(packet.packetId());
        await().until(() -> log.committed("plant-2") == 1);
        connection.expectNothing(QUIET);
    }

    @Test
    void template_ofTopicAndPartition_isTheRecordsOwn() {
        ScriptedConnection connection = engine.route(Route.fromKafka("commands")
                        .group("g")
                        .toMqtt("from/{topic}/{partition}")
                        .build())
                .publishing();
        log.append(new TopicPartition("commands", 1), SourceLog.bytes("7"), SourceLog.bytes("x"), SourceLog.headers());
        assertThat(connection.expectPublish().topic()).isEqualTo("from/commands/1");

        log.append("commands", "7", "x");
        assertThat(connection.expectPublish().topic()).isEqualTo("from/commands/0");
    }

    @Test
    void mapper_seesTheMappedValue_andWhatTheCodecWritesIsPublished() {
        ScriptedConnection connection = engine.route(Route.fromKafka("commands")
                        .group("g")
                        .decode(PayloadCodec.utf8())
                        .map(text -> Integer.parseInt(text) + 1, new Numbers())
                        .toMqtt(consumed -> "n/" + consumed.value() + "/of/"
                                + consumed.message().topic())
                        .build())
                .publishing();
        log.append("commands", "7", "41");

        PublishPacket packet = connection.expectPublish();

        assertThat(packet.topic()).isEqualTo("n/42/of/commands");
        assertThat(packet.payloadText()).isEqualTo("<42>");
    }

    /** Writes other bytes than it reads. */
    private static final class Numbers implements PayloadCodec<Integer> {
        @Override
        public Integer decode(byte[] payload, CodecContext context) {
            throw new UnsupportedOperationException();
        }

        @Override
        public byte[] encode(Integer value, CodecContext context) {
            return ("<" + value + ">").getBytes(StandardCharsets.UTF_8);
        }
    }

    @Test
    void transactionOfAnotherProducer_isPublishedOnceCommitted_neverIfAborted() {
        ScriptedConnection connection = engine.route(Route.fromKafka("commands")
                        .group("g")
                        .toMqtt("devices/{key}/cmd")
                        .build())
                .publishing();
        try (Producer<byte[], byte[]> other = engine.kafka.otherProducer()) {
            other.initTransactions();
            other.beginTransaction();
            other.send(record("taken back"));
            other.flush();
            connection.expectNothing(QUIET);
            other.abortTransaction();
            other.beginTransaction();
            other.send(record("meant"));
            other.commitTransaction();
        }

        PublishPacket packet = connection.expectPublish();
        assertThat(packet.payloadText()).isEqualTo("meant");
        connection.puback(packet.packetId());
        await().until(() -> log.committed("commands") == 4);
        connection.expectNothing(QUIET);
    }

    private static ProducerRecord<byte[], byte[]> record(String value) {
        return new ProducerRecord<>("commands", 0, SourceLog.bytes("7"), SourceLog.bytes(value));
    }
}
