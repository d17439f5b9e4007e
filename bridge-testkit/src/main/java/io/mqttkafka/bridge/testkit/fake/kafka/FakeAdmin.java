package io.mqttkafka.bridge.testkit.fake.kafka;

import java.lang.reflect.Constructor;
import java.lang.reflect.Proxy;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeClusterResult;
import org.apache.kafka.clients.admin.DescribeConfigsResult;
import org.apache.kafka.clients.admin.DescribeFeaturesResult;
import org.apache.kafka.clients.admin.DescribeTopicsResult;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.internals.KafkaFutureImpl;

/** The admin client of a {@link FakeKafka}: it answers the few questions of a bridge, and refuses all others. */
final class FakeAdmin {

    private final KafkaCore core;

    private FakeAdmin(KafkaCore core) {
        this.core = core;
    }

    static Admin of(KafkaCore core) {
        FakeAdmin admin = new FakeAdmin(core);
        return (Admin) Proxy.newProxyInstance(
                Admin.class.getClassLoader(),
                new Class<?>[] {Admin.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "describeCluster" -> admin.describeCluster();
                    case "describeFeatures" -> admin.describeFeatures();
                    case "describeConfigs" -> admin.describeConfigs(arguments[0]);
                    case "describeTopics" -> admin.describeTopics(arguments[0]);
                    case "close" -> null;
                    default -> throw new UnsupportedVersionException("A FakeKafka does not know " + method.getName());
                });
    }

    private DescribeClusterResult describeCluster() {
        return make(
                DescribeClusterResult.class,
                answer(List.of(KafkaCore.NODE)),
                answer(KafkaCore.NODE),
                answer("fake"),
                answer(Set.of()));
    }

    /** It has the classic group protocol only. */
    private DescribeFeaturesResult describeFeatures() {
        return make(
                DescribeFeaturesResult.class, refuse(new UnsupportedVersionException("A FakeKafka has no features")));
    }

    /** Brokers tell whether they create topics. */
    private DescribeConfigsResult describeConfigs(Object asked) {
        Map<ConfigResource, KafkaFuture<Config>> answers = new HashMap<>();
        for (Object one : (Collection<?>) asked) {
            if (!(one instanceof ConfigResource resource) || resource.type() != ConfigResource.Type.BROKER) {
                throw new UnsupportedVersionException("A FakeKafka describes the configuration of brokers only");
            }
            String creates = Boolean.toString(core.createsTopics());
            answers.put(resource, answer(new Config(List.of(new ConfigEntry("auto.create.topics.enable", creates)))));
        }
        return make(DescribeConfigsResult.class, answers);
    }

    private DescribeTopicsResult describeTopics(Object asked) {
        if (!(asked instanceof Collection<?> names)) {
            throw new UnsupportedVersionException("A FakeKafka describes topics by name only");
        }
        Map<String, KafkaFuture<TopicDescription>> answers = new HashMap<>();
        for (Object name : names) {
            answers.put(name.toString(), describe(name.toString()));
        }
        return makeTopics(answers);
    }

    private KafkaFuture<TopicDescription> describe(String topic) {
        List<TopicPartitionInfo> partitions = core.describe(topic, false).stream()
                .map(info -> new TopicPartitionInfo(
                        info.partition(), KafkaCore.NODE, List.of(KafkaCore.NODE), List.of(KafkaCore.NODE)))
                .toList();
        return partitions.isEmpty() && core.isRunning()
                ? failed(new UnknownTopicOrPartitionException("There is no topic '" + topic + "'"))
                : answer(new TopicDescription(topic, false, partitions));
    }

    /** Answers when Kafka can be reached. */
    private <T> KafkaFuture<T> answer(T value) {
        KafkaFutureImpl<T> answer = new KafkaFutureImpl<>();
        core.whenRunning(answer::isDone, () -> answer.complete(value));
        return answer;
    }

    /** Refuses when Kafka can be reached. */
    private <T> KafkaFuture<T> refuse(RuntimeException failure) {
        KafkaFutureImpl<T> answer = new KafkaFutureImpl<>();
        core.whenRunning(answer::isDone, () -> answer.completeExceptionally(failure));
        return answer;
    }

    private static <T> KafkaFuture<T> failed(RuntimeException failure) {
        KafkaFutureImpl<T> future = new KafkaFutureImpl<>();
        future.completeExceptionally(failure);
        return future;
    }

    /** Kafka keeps the constructors of its results to itself. */
    private static <T> T make(Class<T> type, Object... arguments) {
        for (Constructor<?> constructor : type.getDeclaredConstructors()) {
            if (constructor.getParameterCount() == arguments.length) {
                try {
                    constructor.setAccessible(true);
                    return type.cast(constructor.newInstance(arguments));
                } catch (ReflectiveOperationException e) {
                    throw new LinkageError("Kafka's client is not like those before it", e);
                }
            }
        }
        throw new LinkageError("Kafka's client is not like those before it: " + type);
    }

    private static DescribeTopicsResult makeTopics(Map<String, KafkaFuture<TopicDescription>> answers) {
        return new DescribeTopicsResult(null, answers) {};
    }
}
