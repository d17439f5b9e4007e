package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.error.BridgeStartException;
import java.time.Duration;
import java.util.List;

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
     * @param clientId the MQTT client id
     * @param timeout how long to try
     * @return the newest entry of each slot
     * @throws BridgeStartException if Kafka does not answer or refuses
     */
    List<byte[]> read(String clientId, Duration timeout);
}
