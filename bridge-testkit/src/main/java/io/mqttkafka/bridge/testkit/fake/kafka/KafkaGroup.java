package io.mqttkafka.bridge.testkit.fake.kafka;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;

/**
 * A consumer group of a {@link FakeKafka}. A partition that goes from one member to another is given up by the first at
 * its next poll, and taken by the second at one after that. The caller holds the lock of {@link KafkaCore}.
 */
final class KafkaGroup {

    private final Map<TopicPartition, Long> committed = new HashMap<>();
    private final Set<FakeConsumer> members = new LinkedHashSet<>();
    private final Map<TopicPartition, FakeConsumer> owners = new HashMap<>();
    private final Map<TopicPartition, FakeConsumer> targets = new HashMap<>();

    void join(FakeConsumer member) {
        members.add(member);
    }

    void leave(FakeConsumer member) {
        members.remove(member);
        owners.values().removeIf(member::equals);
    }

    Set<FakeConsumer> members() {
        return Set.copyOf(members);
    }

    boolean has(FakeConsumer member) {
        return members.contains(member);
    }

    Map<TopicPartition, Long> committed() {
        return committed;
    }

    /** Says what it has committed, and how many members it has. */
    String summary() {
        Map<String, Long> offsets = new TreeMap<>();
        committed.forEach((partition, offset) -> offsets.put(partition.toString(), offset));
        return "committed offsets %s, %d members".formatted(offsets, members.size());
    }

    /** Deals the partitions of the topics out evenly; whoever has some keeps as many of them as is even. */
    void assign(Map<String, List<PartitionLog>> topics) {
        targets.clear();
        Map<FakeConsumer, Integer> load = new HashMap<>();
        members.forEach(member -> load.put(member, 0));
        List<TopicPartition> free = new ArrayList<>();
        int all = 0;
        for (Map.Entry<String, List<PartitionLog>> topic : topics.entrySet()) {
            if (members.stream().anyMatch(member -> member.wants(topic.getKey()))) {
                all += topic.getValue().size();
            }
        }
        int even = members.isEmpty() ? 0 : (all + members.size() - 1) / members.size();
        topics.forEach((topic, partitions) -> {
            for (int i = 0; i < partitions.size(); i++) {
                TopicPartition partition = new TopicPartition(topic, i);
                FakeConsumer owner = owners.get(partition);
                if (owner != null && owner.wants(topic) && load.getOrDefault(owner, even) < even) {
                    give(partition, owner, load);
                } else {
                    free.add(partition);
                }
            }
        });
        for (TopicPartition partition : free) {
            members.stream()
                    .filter(member -> member.wants(partition.topic()))
                    .min(Comparator.comparing(member -> load.getOrDefault(member, 0)))
                    .ifPresent(member -> give(partition, member, load));
        }
    }

    private void give(TopicPartition partition, FakeConsumer member, Map<FakeConsumer, Integer> load) {
        targets.put(partition, member);
        load.merge(member, 1, Integer::sum);
    }

    /** What a member has and is to give up. */
    Set<TopicPartition> surplus(FakeConsumer member) {
        Set<TopicPartition> surplus = new HashSet<>();
        owners.forEach((partition, owner) -> {
            if (owner == member && targets.get(partition) != member) {
                surplus.add(partition);
            }
        });
        return surplus;
    }

    /** What a member is to have and nobody has. */
    Set<TopicPartition> due(FakeConsumer member) {
        Set<TopicPartition> due = new HashSet<>();
        targets.forEach((partition, target) -> {
            if (target == member && !owners.containsKey(partition)) {
                due.add(partition);
            }
        });
        return due;
    }

    void own(FakeConsumer member, Set<TopicPartition> partitions) {
        partitions.forEach(partition -> owners.put(partition, member));
    }

    void release(Set<TopicPartition> partitions) {
        partitions.forEach(owners::remove);
    }
}
