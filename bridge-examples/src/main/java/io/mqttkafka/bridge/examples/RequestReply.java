package io.mqttkafka.bridge.examples;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.message.Header;
import io.mqttkafka.bridge.message.KafkaMessage;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Devices ask over MQTT, a Kafka application answers, and the reply goes to the response topic of the request, with its
 * correlation data. Arguments: {@code tcp://broker:1883 kafka:9092}. The topics {@code requests} and {@code replies} must
 * exist.
 */
public final class RequestReply {
    private RequestReply() {}

    /**
     * Runs until Ctrl-C.
     *
     * @param args the MQTT broker and the Kafka broker
     * @throws ExecutionException if Kafka refuses a reply
     * @throws InterruptedException never
     */
    public static void main(String[] args) throws ExecutionException, InterruptedException {
        // Response topic, correlation data and deadline become headers.
        Route requests = Route.fromMqtt("services/{service}/requests")
                .qos(QoS.AT_LEAST_ONCE)
                .toKafka("requests")
                .key("{service}")
                .metadataHeaders()
                .build();
        // They become properties again. Whoever asks chooses the topic, so that only some are allowed.
        Route replies = Route.fromKafka("replies")
                .group("request-reply")
                .filter((reply, message) -> responseTopic(message).startsWith("replies/"))
                .toMqtt("{header:mqtt.response-topic}")
                .qos(QoS.AT_LEAST_ONCE)
                .onFailure(f -> f.deadLetter("replies.dead"))
                .build();

        Bridge bridge = Bridge.builder()
                .mqtt(m -> m.serverUri(args[0]).clientId("request-reply-1"))
                .kafka(k -> k.bootstrapServers(args[1]))
                .route(requests)
                .route(replies)
                .build();

        // Ctrl-C lets what is in flight finish, in both directions.
        Runtime.getRuntime().addShutdownHook(new Thread(bridge::close));
        bridge.start();
        answer(args[1]);
    }

    // NullAway cannot see in class files of JDK 17 that an array may be null.
    @SuppressWarnings("NullAway")
    private static String responseTopic(KafkaMessage message) {
        Header header = message.lastHeader("mqtt.response-topic");
        byte[] value = header == null ? null : header.value();
        return value == null ? "" : new String(value, StandardCharsets.UTF_8);
    }

    /** The application: any Kafka consumer that hands the headers of the request to its reply. */
    private static void answer(String bootstrapServers) throws ExecutionException, InterruptedException {
        try (KafkaConsumer<String, String> requests = new KafkaConsumer<>(
                        Map.of(
                                "bootstrap.servers",
                                bootstrapServers,
                                "group.id",
                                "answering-service",
                                "auto.offset.reset",
                                "earliest",
                                "enable.auto.commit",
                                false),
                        new StringDeserializer(),
                        new StringDeserializer());
                KafkaProducer<String, String> replies = new KafkaProducer<>(
                        Map.of("bootstrap.servers", bootstrapServers),
                        new StringSerializer(),
                        new StringSerializer())) {
            requests.subscribe(List.of("requests"));
            while (!Thread.currentThread().isInterrupted()) {
                for (ConsumerRecord<String, String> request : requests.poll(Duration.ofSeconds(1))) {
                    String reply = request.value().toUpperCase(Locale.ROOT);
                    replies.send(new ProducerRecord<>("replies", null, request.key(), reply, request.headers()))
                            .get();
                }
                requests.commitSync();
            }
        }
    }
}
