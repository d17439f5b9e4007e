package io.mqttkafka.bridge.core.kafka;

import io.mqttkafka.bridge.config.KafkaOptions;
import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.core.kafka.TopicResolution.State;
import io.mqttkafka.bridge.core.restart.Restarts;
import io.mqttkafka.bridge.error.BridgeConfigException;
import io.mqttkafka.bridge.error.BridgeStartException;
import io.mqttkafka.bridge.message.Header;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.jspecify.annotations.Nullable;

/**
 * Sends with one idempotent producer, which keeps the order of each partition over its own retries. By default it never
 * gives a record up: as long as Kafka is away, records wait.
 */
public final class ProducerSender implements RecordSender {
    private final KafkaClients clients;
    private final KafkaOptions options;
    private final String clientId;
    private final TopicInspector inspector;
    private final TopicWaits waits;
    private final TopicProbe probe;
    private final Map<String, Object> producerProperties;
    private final Restarts restarts = new Restarts();
    private final TopicWatch watch;

    /** As large as the number of topics that the routes may write to, at the most. */
    private final Map<String, TopicFlow> flows = new ConcurrentHashMap<>();

    private volatile @Nullable ProducerLife life;

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
     * @param waits is told of every record
     * @throws BridgeConfigException if the options do not fit each other
     */
    public ProducerSender(
            KafkaClients clients,
            KafkaOptions options,
            MqttOptions mqtt,
            String clientId,
            TopicInspector inspector,
            TopicWaits waits) {
        this.clients = clients;
        this.options = options;
        this.clientId = clientId;
        this.inspector = inspector;
        this.waits = waits;
        probe = new TopicProbe(clients, ProducerSettings.admin(options, clientId));
        this.producerProperties = ProducerSettings.producer(options, mqtt, clientId);
        this.watch = new TopicWatch("bridge-" + clientId + "-topics", new TopicCheck(clients, options, clientId));
    }

    @Override
    public void open(Duration timeout) {
        CompressionProbe.require(producerProperties);
        Deadline deadline = Deadline.in(timeout);
        try {
            StartAttempts.make(deadline, left -> {
                ask(admin -> admin.describeCluster().nodes(), left);
                makeProducer();
                return true;
            });
        } catch (ExecutionException | java.util.concurrent.TimeoutException | KafkaException | InterruptedException e) {
            throw unreachable(e);
        }
    }

    private void makeProducer() {
        sender = null;
        life = new ProducerLife(generation() + 1, clients.producer(producerProperties), restarts);
        sender = ThreadFinder.newest(
                "kafka-producer-network-thread | " + producerProperties.get(CommonClientConfigs.CLIENT_ID_CONFIG));
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
        ProducerLife current = life();
        ProducerRecord<byte[], byte[]> record = kafkaRecord(topic, partition, key, value, headers);
        if (current.isOver() || !pending.isOf(current)) {
            pending.comesAgain(current.reason());
            return;
        }
        pending.sending(current, flow(topic));
        try {
            pending.handTo(current.producer, record, pending);
        } catch (RuntimeException e) {
            // Kafka's client tells the callback of failures it knows, and throws the others.
            pending.thrown(e);
        } catch (LinkageError e) {
            pending.thrown(new KafkaException(e));
        }
    }

    private TopicFlow flow(String topic) {
        TopicFlow known = flows.get(topic);
        return known == null ? flows.computeIfAbsent(topic, name -> new TopicFlow(name, waits.of(name))) : known;
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
        return noted(topic, lookUp(topic));
    }

    @Override
    public TopicResolution look(String topic) {
        TopicResolution there = probe.look(topic);
        return there.state() == State.READY ? resolve(topic) : noted(topic, there);
    }

    @Override
    public @Nullable Boolean creates(String topic) {
        return inspector.resemblesAnother(topic) ? Boolean.FALSE : probe.clusterCreatesTopics();
    }

    private TopicResolution noted(String topic, TopicResolution resolution) {
        if (resolution.state() == State.READY) {
            inspector.ready(topic);
        } else if (resolution.state() == State.MISSING || resolution.state() == State.ILLEGAL) {
            inspector.notReady(topic);
        }
        return resolution;
    }

    private TopicResolution lookUp(String topic) {
        try {
            int partitions = life().producer.partitionsFor(topic).size();
            flow(topic).partitions = partitions;
            return TopicResolution.ready(partitions);
        } catch (TimeoutException e) {
            // Either the topic or the cluster is missing: that makes all the difference.
            TopicResolution probed = probe.look(topic);
            return probed.state() == State.READY ? TopicResolution.not(State.UNREACHABLE, e) : probed;
        } catch (TopicAuthorizationException e) {
            return TopicResolution.not(State.DENIED, e);
        } catch (InvalidTopicException e) {
            return TopicResolution.not(State.ILLEGAL, e);
        } catch (KafkaException | IllegalStateException e) {
            return TopicResolution.not(State.UNREACHABLE, e);
        }
    }

    @Override
    public int largestRecord() {
        return ProducerSettings.largestRecord(producerProperties);
    }

    @Override
    public boolean dead() {
        Thread running = sender;
        ProducerLife current = life;
        return running != null && !running.isAlive() && current != null && !current.isOver();
    }

    @Override
    public int generation() {
        ProducerLife current = life;
        return current == null ? 0 : current.number;
    }

    @Override
    public boolean isUnderWay(String topic) {
        TopicFlow known = flows.get(topic);
        return known != null && known.underWay() > 0;
    }

    @Override
    public void breakOff() {
        life().end(Duration.ZERO);
    }

    @Override
    public void watch(long nowNanos, Consumer<TopicLostException> lost) {
        ProducerLife watched = life();
        watch.look(flows.values(), nowNanos, found -> {
            if (life == watched) {
                watched.stopTaking(found);
                lost.accept(found);
                watched.end(Duration.ZERO);
            }
        });
    }

    @Override
    public void flush() {
        life().producer.flush();
    }

    @Override
    public void reset() {
        breakOff();
        try {
            makeProducer();
        } catch (KafkaException e) {
            throw unreachable(e);
        }
    }

    @Override
    public void close(Duration timeout) {
        watch.close();
        ProducerLife last = life;
        sender = null;
        if (last != null) {
            last.end(timeout);
        }
        probe.close();
    }

    private ProducerLife life() {
        ProducerLife current = life;
        if (current == null) {
            throw new IllegalStateException("the sink is not open");
        }
        return current;
    }
}
