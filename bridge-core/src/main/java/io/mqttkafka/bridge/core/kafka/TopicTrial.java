package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.error.BridgeStartException;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;

/** Asks a cluster for topics once, to try out whether a bridge could work with it. Writes and reads nothing. */
public final class TopicTrial {
    private TopicTrial() {}

    /**
     * Looks topics up.
     *
     * @param options the Kafka side
     * @param clientId by what Kafka's logs call the client
     * @param topics the topics
     * @param timeout how long the cluster may take to answer
     * @return for each topic what Kafka says of it: {@code 3 partitions}, or why it says nothing
     * @throws BridgeStartException if the cluster does not answer; the message names the option and the mend
     */
    public static Map<String, String> look(
            KafkaOptions options, String clientId, Collection<String> topics, Duration timeout)
            throws InterruptedException {
        int millis = (int) timeout.toMillis();
        try (Admin admin = KafkaClientsFinder.clients(options).admin(ProducerSettings.admin(options, clientId))) {
            admin.describeCluster(new DescribeClusterOptions().timeoutMs(millis))
                    .clusterId()
                    .get(millis, TimeUnit.MILLISECONDS);
            Map<String, String> answers = new LinkedHashMap<>();
            for (Map.Entry<String, KafkaFuture<TopicDescription>> asked :
                    admin.describeTopics(topics).topicNameValues().entrySet()) {
                answers.put(asked.getKey(), answer(asked.getValue(), millis));
            }
            return answers;
        } catch (ExecutionException | TimeoutException e) {
            throw StartFailures.of(options, e);
        } catch (RuntimeException e) {
            throw StartFailures.of(options, e);
        }
    }

    private static String answer(KafkaFuture<TopicDescription> asked, int millis) throws InterruptedException {
        try {
            int partitions =
                    asked.get(millis, TimeUnit.MILLISECONDS).partitions().size();
            return partitions + (partitions == 1 ? " partition" : " partitions");
        } catch (ExecutionException e) {
            String kind = String.valueOf(e.getCause() == null ? e : e.getCause());
            return kind.contains("UnknownTopicOrPartition")
                    ? "is not there"
                    : kind.contains("Authorization") ? "may not be looked up" : "gives no answer";
        } catch (TimeoutException e) {
            return "gives no answer";
        }
    }
}
