package io.mqttkafka.bridge.examples;

import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/** The application of the quickstart that sends commands: an ordinary Kafka producer. Safe for use by several threads. */
final class CommandSender implements AutoCloseable {
    private final Producer<String, String> producer;
    private final LongAdder sent = new LongAdder();
    private volatile @Nullable Exception failure;

    private CommandSender(Producer<String, String> producer) {
        this.producer = producer;
    }

    static CommandSender connect(String bootstrapServers) {
        return new CommandSender(new KafkaProducer<>(
                Map.of("bootstrap.servers", bootstrapServers), new StringSerializer(), new StringSerializer()));
    }

    /** Hands the commands to the producer; {@link #sent()} grows as Kafka confirms them. */
    void send(List<DeviceCommand> commands) {
        for (DeviceCommand command : commands) {
            producer.send(
                    new ProducerRecord<>(DeviceCommand.KAFKA_TOPIC, command.device(), command.payload()),
                    (metadata, exception) -> {
                        if (exception == null) {
                            sent.increment();
                        } else {
                            failure = exception;
                        }
                    });
        }
    }

    /**
     * Returns how many commands Kafka has confirmed so far.
     *
     * @throws IllegalStateException if it refused one
     */
    long sent() {
        if (failure != null) {
            throw new IllegalStateException("Kafka refused a command: " + failure);
        }
        return sent.sum();
    }

    @Override
    public void close() {
        producer.close();
    }
}
