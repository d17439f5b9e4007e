package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.config.KafkaOptions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeProducersResult;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds transactions that are open, for the error of those who had to wait for them too long. */
final class OpenTransactions {
    private static final Logger log = LoggerFactory.getLogger(OpenTransactions.class);
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final KafkaClients clients;
    private final KafkaOptions options;
    private final String clientId;

    OpenTransactions(KafkaClients clients, KafkaOptions options, String clientId) {
        this.clients = clients;
        this.options = options;
        this.clientId = clientId;
    }

    /**
     * Describes a transaction that holds readers of the topic up; null if there is none, or Kafka does not tell. Kafka ends those of
     * producers that have died, but it has been seen to forget one when it was restarted, and that one stays.
     */
    @Nullable
    String holdingUp(String topic) {
        Deadline deadline = Deadline.in(PATIENCE);
        Admin admin = clients.admin(ProducerSettings.admin(options, clientId));
        try {
            TopicDescription description = Objects.requireNonNull(admin.describeTopics(List.of(topic))
                    .allTopicNames()
                    .get(deadline.leftNanos(), TimeUnit.NANOSECONDS)
                    .get(topic));
            List<TopicPartition> partitions = description.partitions().stream()
                    .map(info -> new TopicPartition(topic, info.partition()))
                    .toList();
            Map<TopicPartition, DescribeProducersResult.PartitionProducerState> producers =
                    admin.describeProducers(partitions).all().get(deadline.leftNanos(), TimeUnit.NANOSECONDS);
            for (Map.Entry<TopicPartition, DescribeProducersResult.PartitionProducerState> entry :
                    producers.entrySet()) {
                for (ProducerState producer : entry.getValue().activeProducers()) {
                    if (producer.currentTransactionStartOffset().isPresent()) {
                        return describe(entry.getKey(), producer);
                    }
                }
            }
            return null;
        } catch (ExecutionException | TimeoutException | KafkaException e) {
            log.debug("Kafka does not tell which transactions are open in '{}'", topic, e);
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        } finally {
            admin.close(Duration.ZERO);
        }
    }

    private static String describe(TopicPartition partition, ProducerState producer) {
        return "the transaction of producer " + producer.producerId() + " that began at offset "
                + producer.currentTransactionStartOffset().getAsLong() + " of partition " + partition.partition()
                + " is open. Kafka ends it when its transaction.timeout.ms is over; if it has not, look at it with"
                + " 'kafka-transactions.sh find-hanging' and end it with 'kafka-transactions.sh abort'";
    }
}
