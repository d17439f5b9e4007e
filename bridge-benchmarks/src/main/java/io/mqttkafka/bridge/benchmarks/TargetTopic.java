package io.mqttkafka.bridge.benchmarks;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;

/** The Kafka topic that a backlog is drained into, or lies in. */
final class TargetTopic implements AutoCloseable {
    static final String NAME = "bench";

    private static final int PARTITIONS = 6;

    private final Admin admin;

    TargetTopic(KafkaServer kafka) {
        admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()));
    }

    void create() throws InterruptedException, ExecutionException {
        NewTopic topic = new NewTopic(NAME, PARTITIONS, (short) 1)
                .configs(Map.of("message.timestamp.type", "LogAppendTime", "retention.ms", "-1"));
        admin.createTopics(List.of(topic)).all().get();
    }

    List<TopicPartition> partitions() {
        return IntStream.range(0, PARTITIONS)
                .mapToObj(partition -> new TopicPartition(NAME, partition))
                .toList();
    }

    /** How far the topic has grown: its records, and with transactions also their markers. */
    long endOffset() throws InterruptedException, ExecutionException {
        Map<TopicPartition, OffsetSpec> latest =
                partitions().stream().collect(Collectors.toMap(Function.identity(), partition -> OffsetSpec.latest()));
        return admin.listOffsets(latest).all().get().values().stream()
                .mapToLong(ListOffsetsResultInfo::offset)
                .sum();
    }

    @Override
    public void close() {
        admin.close();
    }
}
