package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.error.BridgeStartException;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.producer.Producer;

/** The compacted Kafka topic that holds what must survive a crash. For one thread at a time. */
public interface StateTopic {
    /**
     * Returns the name of the topic.
     *
     * @return the name
     */
    String name();

    /**
     * Creates the topic if it is missing, and checks it if it is there.
     *
     * @param timeout how long to try
     * @throws BridgeStartException if it cannot be created, or is not fit to hold state; the message names the mend
     */
    void prepare(Duration timeout);

    /**
     * Reads the committed entries of one client. To be called when no transaction of this client is open.
     *
     * @param keys what the keys of the client's entries start with
     * @param timeout how long to try
     * @return the newest entry of each slot
     * @throws BridgeStartException if Kafka does not answer or refuses
     */
    List<byte[]> read(String keys, Duration timeout);

    /**
     * Writes down, in a transaction of its own, that a producer has taken the identity of a client over.
     *
     * @param producer the producer, initialized, with no transaction open
     * @param keys what the keys of the client's entries start with
     * @param owner a name for whoever has taken it over that nobody else has
     * @param goesOn whether to try on when Kafka has not answered for a while
     * @return where the claim lies among all claims
     * @throws org.apache.kafka.common.KafkaException if Kafka does not take it, because another producer was faster, say, or does
     *     not answer, so that nobody knows
     */
    long claim(Producer<byte[], byte[]> producer, String keys, String owner, BooleanSupplier goesOn);

    /**
     * Says whether the last to take the identity of a client over was somebody else. Being fenced says less: Kafka also fences
     * who takes too long.
     *
     * @param keys what the keys of the client's entries start with
     * @param owner who asks
     * @param since where a claim of theirs lies
     * @param timeout how long to try
     * @return whether the last claim is another's
     * @throws BridgeStartException if Kafka does not answer or refuses
     */
    boolean isClaimedByAnother(String keys, String owner, long since, Duration timeout);
}
