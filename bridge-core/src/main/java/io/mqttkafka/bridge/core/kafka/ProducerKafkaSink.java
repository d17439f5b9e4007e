package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.core.kafka.TopicResolution.State;
import io.mqttkafka.bridge.error.BridgeConfigException;
import io.mqttkafka.bridge.error.BridgeStartException;
import io.mqttkafka.bridge.message.Header;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends with one idempotent producer, which keeps the order of each partition over its own retries. By default it never
 * gives a record up: as long as Kafka is away, records wait.
 */
public final class ProducerKafkaSink implements KafkaSink {
    private static final Logger log = LoggerFactory.getLogger(ProducerKafkaSink.class);
    private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(5);

    private final KafkaClients clients;
    private final KafkaOptions options;
    private final String clientId;
    private final TopicInspector inspector;
    private final Map<String, Object> producerProperties;
    private volatile @Nullable Producer<byte[], byte[]> producer;

    /** Runs the producer's requests; null if it has no such thread. Nobody else is told when an error ends it. */
    private volatile @Nullable Thread sender;

    /**
     * Makes a sink that is not connected.
     *
     * @param clients makes Kafka's clients
     * @param options the Kafka side
     * @param mqtt the MQTT side, whose window the producer's buffer must hold
     * @param clientId the MQTT client id, by which Kafka's logs call the producer
     * @param inspector is told of every topic
     * @throws BridgeConfigException if the options do not fit each other
     */
    public ProducerKafkaSink(
            KafkaClients clients, KafkaOptions options, MqttOptions mqtt, String clientId, TopicInspector inspector) {
        this.clients = clients;
        this.options = options;
        this.clientId = clientId;
        this.inspector = inspector;
        this.producerProperties = ProducerSettings.producer(options, mqtt, clientId);
    }

    @Override
    public void open(Duration timeout) {
        try {
            ask(admin -> admin.describeCluster().nodes(), timeout);
        } catch (ExecutionException | java.util.concurrent.TimeoutException | KafkaException e) {
            throw unreachable(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BridgeStartException("the start was interrupted", e);
        }
        connect();
    }

    private void connect() {
        try {
            sender = null;
            producer = clients.producer(producerProperties);
            sender = ThreadFinder.newest(
                    "kafka-producer-network-thread | " + producerProperties.get(CommonClientConfigs.CLIENT_ID_CONFIG));
        } catch (KafkaException e) {
            throw unreachable(e);
        }
    }

    private void ask(Function<Admin, KafkaFuture<?>> question, Duration timeout)
            throws ExecutionException, InterruptedException, java.util.concurrent.TimeoutException {
        Admin admin = clients.admin(ProducerSettings.admin(options, clientId));
        try {
            question.apply(admin).get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } finally {
            // Its close() without a time waits for the question that was just given up.
            admin.close(Duration.ZERO);
        }
    }

    private BridgeStartException unreachable(Exception failure) {
        return StartFailures.of(options, failure);
    }

    @Override
    public void send(
            String topic,
            @Nullable Integer partition,
            byte @Nullable [] key,
            byte @Nullable [] value,
            @Nullable List<Header> headers,
            PendingRecord pending) {
        Producer<byte[], byte[]> current = producer();
        ProducerRecord<byte[], byte[]> record = kafkaRecord(topic, partition, key, value, headers);
        pending.sending();
        try {
            current.send(record, pending);
        } catch (KafkaException | IllegalStateException e) {
            // Kafka's client tells the callback of failures it knows, and throws the others.
            pending.unconfirmed(SendFailures.classify(e, true));
        }
    }

    // NullAway cannot see in class files of JDK 17 that an array may be null.
    @SuppressWarnings("NullAway")
    static ProducerRecord<byte[], byte[]> kafkaRecord(
            String topic,
            @Nullable Integer partition,
            byte @Nullable [] key,
            byte @Nullable [] value,
            @Nullable List<Header> headers) {
        return headers == null
                ? new ProducerRecord<>(topic, partition, key, value)
                : new ProducerRecord<>(topic, partition, key, value, kafkaHeaders(headers));
    }

    private static List<org.apache.kafka.common.header.Header> kafkaHeaders(List<Header> headers) {
        List<org.apache.kafka.common.header.Header> converted = new ArrayList<>(headers.size());
        for (Header header : headers) {
            converted.add(new RecordHeader(header.name(), header.value()));
        }
        return converted;
    }

    @Override
    public TopicResolution resolve(String topic) {
        TopicResolution resolution = lookUp(topic);
        if (resolution.state() == State.READY) {
            inspector.ready(topic);
        } else if (resolution.state() == State.MISSING || resolution.state() == State.ILLEGAL) {
            inspector.notReady(topic);
        }
        return resolution;
    }

    private TopicResolution lookUp(String topic) {
        try {
            return TopicResolution.ready(producer().partitionsFor(topic).size());
        } catch (TimeoutException e) {
            // Either the topic or the cluster is missing: that makes all the difference.
            return probe(topic, e);
        } catch (TopicAuthorizationException e) {
            return TopicResolution.not(State.DENIED, e);
        } catch (InvalidTopicException e) {
            return TopicResolution.not(State.ILLEGAL, e);
        } catch (KafkaException | IllegalStateException e) {
            return TopicResolution.not(State.UNREACHABLE, e);
        }
    }

    private TopicResolution probe(String topic, TimeoutException timeout) {
        try {
            ask(admin -> admin.describeTopics(Set.of(topic)).allTopicNames(), PROBE_TIMEOUT);
            return TopicResolution.not(State.UNREACHABLE, timeout);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException missing) {
                return TopicResolution.not(State.MISSING, missing);
            }
            if (e.getCause() instanceof TopicAuthorizationException denied) {
                return TopicResolution.not(State.DENIED, denied);
            }
            return TopicResolution.not(State.UNREACHABLE, timeout);
        } catch (java.util.concurrent.TimeoutException | KafkaException e) {
            log.debug("Kafka does not say whether a topic exists", e);
            return TopicResolution.not(State.UNREACHABLE, timeout);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return TopicResolution.not(State.UNREACHABLE, e);
        }
    }

    @Override
    public boolean dead() {
        Thread running = sender;
        return running != null && !running.isAlive();
    }

    @Override
    public void flush() {
        producer().flush();
    }

    @Override
    public void reset() {
        close(Duration.ZERO);
        connect();
    }

    @Override
    public void close(Duration timeout) {
        Producer<byte[], byte[]> last = producer;
        sender = null;
        if (last != null) {
            last.close(timeout);
        }
    }

    private Producer<byte[], byte[]> producer() {
        Producer<byte[], byte[]> current = producer;
        if (current == null) {
            throw new IllegalStateException("the sink is not open");
        }
        return current;
    }
}
