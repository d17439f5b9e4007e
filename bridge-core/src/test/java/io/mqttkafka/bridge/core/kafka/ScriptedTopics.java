package io.mqttkafka.bridge.core.kafka;

import static org.awaitility.Awaitility.await;

import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeTopicsResult;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.internals.KafkaFutureImpl;

/** Tells an admin client which topics there are. */
final class ScriptedTopics {
    private final Map<String, Uuid> ids = new ConcurrentHashMap<>();
    private final AtomicInteger asked = new AtomicInteger();

    /** Makes a topic, or another one of the same name. */
    void make(String topic) {
        ids.put(topic, Uuid.randomUuid());
    }

    void delete(String topic) {
        ids.remove(topic);
    }

    /** Waits until somebody was answered. */
    void awaitAsked() {
        await().atMost(Duration.ofSeconds(30)).until(() -> asked.get() > 0);
    }

    Admin admin() {
        return (Admin) Proxy.newProxyInstance(
                Admin.class.getClassLoader(),
                new Class<?>[] {Admin.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "describeTopics" -> describe((Collection<?>) arguments[0]);
                    case "close" -> null;
                    default -> throw new UnsupportedOperationException(method.getName());
                });
    }

    private DescribeTopicsResult describe(Collection<?> topics) {
        Map<String, KafkaFuture<TopicDescription>> answers = new HashMap<>();
        for (Object topic : topics) {
            answers.put(topic.toString(), describe(topic.toString()));
        }
        asked.incrementAndGet();
        return new DescribeTopicsResult(null, answers) {};
    }

    private KafkaFuture<TopicDescription> describe(String topic) {
        KafkaFutureImpl<TopicDescription> answer = new KafkaFutureImpl<>();
        Uuid id = ids.get(topic);
        if (id == null) {
            answer.completeExceptionally(new UnknownTopicOrPartitionException("no such topic"));
        } else {
            answer.complete(new TopicDescription(topic, false, List.of(), null, id));
        }
        return answer;
    }
}
