package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.config.KafkaOptions;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Makes Kafka clients. Thread-safe. */
public interface KafkaClients {
    /** Makes the real ones. */
    KafkaClients REAL = new KafkaClients() {
        @Override
        public Producer<byte[], byte[]> producer(Map<String, Object> properties) {
            return new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
        }

        @Override
        public Consumer<byte[], byte[]> consumer(Map<String, Object> properties) {
            return new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        }

        @Override
        public Admin admin(Map<String, Object> properties) {
            return Admin.create(properties);
        }
    };

    /**
     * Makes a producer.
     *
     * @param properties its properties
     * @return the producer
     */
    Producer<byte[], byte[]> producer(Map<String, Object> properties);

    /**
     * Makes a consumer.
     *
     * @param properties its properties
     * @return the consumer
     */
    Consumer<byte[], byte[]> consumer(Map<String, Object> properties);

    /**
     * Makes an admin client.
     *
     * @param properties its properties
     * @return the client
     */
    Admin admin(Map<String, Object> properties);

    /**
     * Makes the access to the topic that holds the state of QoS 2.
     *
     * @param options the Kafka side
     * @param clientId the MQTT client id, by which Kafka's logs call us
     * @return the access; it has not looked at Kafka yet
     */
    default StateTopic stateTopic(KafkaOptions options, String clientId) {
        return new CompactedStateTopic(this, options, clientId);
    }
}
