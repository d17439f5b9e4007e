package io.mqttkafka.bridge.tests.faults;

import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/** Sends commands 0, 1, 2 and so on for each key to Kafka, {@link #FAST two thousand} a second or fewer, until it is stopped. */
final class Commander implements AutoCloseable {
    /** The pause in milliseconds for some two thousand a second, with eight keys. */
    static final long FAST = 4;

    private final String bootstrapServers;
    private final int keys;
    private final int partitions;
    private final int fewest;
    private final long pauseMillis;
    private final Thread thread;
    private volatile boolean stopped;
    private volatile int commands;

    /** Begins to send, pausing so long after each round of the keys; each goes to one of the partitions, and gets so many at least. */
    Commander(String bootstrapServers, String topic, int keys, int partitions, int fewest, long pauseMillis) {
        this.pauseMillis = pauseMillis;
        this.bootstrapServers = bootstrapServers;
        this.keys = keys;
        this.partitions = partitions;
        this.fewest = fewest;
        thread = new Thread(() -> run(topic), "commander");
        thread.start();
    }

    private void run(String topic) {
        Map<String, Object> config = Map.of("bootstrap.servers", bootstrapServers, "linger.ms", 1);
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
            int number = 0;
            while (!stopped || number < fewest) {
                for (int key = 0; key < keys; key++) {
                    producer.send(new ProducerRecord<>(topic, key % partitions, "k" + key, Integer.toString(number)));
                }
                number++;
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(pauseMillis));
            }
            commands = number;
        }
    }

    /** Returns how many commands each key got, once all are in Kafka. */
    int stop() {
        stopped = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        return commands;
    }

    @Override
    public void close() {
        stop();
    }
}
