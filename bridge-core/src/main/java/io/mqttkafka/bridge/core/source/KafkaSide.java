package io.mqttkafka.bridge.core.source;

import io.mqttkafka.bridge.config.TransactionOptions;
import io.mqttkafka.bridge.core.kafka.RecordSender;
import io.mqttkafka.bridge.core.kafka.TopicWaits;
import io.mqttkafka.bridge.core.kafka.Transactions;
import io.mqttkafka.bridge.core.session.Qos2State;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Where the records of one connection go: the engine brings producers of its own, the task of a Kafka Connect worker brings a
 * queue that the worker empties.
 *
 * @param sender takes those that need no transaction
 * @param transactions take the others; null if no route asks for exactly once
 * @param transactionOptions how many of them go into one transaction
 * @param waits knows which topics are waited for
 */
public record KafkaSide(
        RecordSender sender,
        @Nullable Transactions<Qos2State> transactions,
        TransactionOptions transactionOptions,
        TopicWaits waits) {
    void closeTransactions(Duration timeout) {
        if (transactions != null) {
            transactions.close(timeout);
        }
    }
}
