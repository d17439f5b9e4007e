package io.mqttkafka.bridge.core.sink;

import io.mqttkafka.bridge.BinaryHeaders;
import io.mqttkafka.bridge.BridgeHealth.RouteCounts;
import io.mqttkafka.bridge.LastError;
import io.mqttkafka.bridge.MqttTopicMapper;
import io.mqttkafka.bridge.PayloadCodec;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.core.events.ErrorMemory;
import io.mqttkafka.bridge.core.route.CompiledRoute;
import io.mqttkafka.bridge.core.route.DeliveryTimer;
import io.mqttkafka.bridge.core.route.GuardedObserver;
import io.mqttkafka.bridge.core.route.LoopGuard;
import io.mqttkafka.bridge.core.route.OwnTopics;
import io.mqttkafka.bridge.core.route.RouteMeter;
import io.mqttkafka.bridge.core.route.SafeText;
import io.mqttkafka.bridge.core.route.Sample;
import io.mqttkafka.bridge.core.route.Standing;
import io.mqttkafka.bridge.core.routing.KafkaTopicName;
import io.mqttkafka.bridge.core.routing.MqttTopicName;
import io.mqttkafka.bridge.core.routing.TopicTemplate;
import io.mqttkafka.bridge.core.routing.TopicTemplate.Variable;
import io.mqttkafka.bridge.core.session.Partition;
import io.mqttkafka.bridge.error.BridgeConfigException;
import io.mqttkafka.bridge.error.MappingException;
import io.mqttkafka.bridge.failure.FailurePolicy;
import io.mqttkafka.bridge.message.Header;
import io.mqttkafka.bridge.message.KafkaMessage;
import io.mqttkafka.bridge.spi.KafkaToMqttRoute;
import io.mqttkafka.bridge.spi.KafkaToMqttRoute.Filter;
import io.mqttkafka.bridge.spi.KafkaToMqttRoute.Mapping;
import io.mqttkafka.bridge.spi.KafkaToMqttRoute.Step;
import io.mqttkafka.bridge.spi.LastAction;
import io.mqttkafka.bridge.spi.WhenUnheard;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A route from Kafka, compiled: the template parsed and checked, the functions of the user without their types, and the
 * counts of what it did.
 */
public final class SinkRoute implements CompiledRoute {
    /** What templates call like a level: the number of the partition. */
    static final String PARTITION = "partition";

    public final String name;
    public final List<String> topics;
    final @Nullable Pattern pattern;
    final String group;
    final QoS qos;
    final boolean exactlyOnce;
    final boolean retain;
    final boolean userProperties;
    final boolean metadataProperties;
    final BinaryHeaders binaryHeaders;
    final WhenUnheard noSubscribers;
    final boolean clearOnTombstone;
    final @Nullable String retainHeader;
    final @Nullable PayloadCodec<Object> decoder;
    final List<Step> steps;
    final @Nullable PayloadCodec<Object> encoder;
    final @Nullable TopicTemplate topicTemplate;
    final @Nullable MqttTopicMapper<Object> topicMapper;
    final boolean allowDollar;
    final FailurePolicy failurePolicy;
    final LoopGuard guard;

    /** Follows messages; null if nobody does. */
    final @Nullable GuardedObserver observer;

    final OwnTopics ownTopics;
    private final DeliveryTimer timer = new DeliveryTimer();
    final RouteMeter meter = new RouteMeter(timer);

    final ErrorMemory errors;
    final Standing standing = new Standing();
    private volatile boolean stopped;

    // The stages of the public API have proven that the types of these functions fit each other.
    @SuppressWarnings("unchecked")
    private SinkRoute(
            KafkaToMqttRoute route,
            String group,
            LoopGuard guard,
            OwnTopics ownTopics,
            InstantSource clock,
            @Nullable GuardedObserver observer) {
        KafkaToMqttRoute.Source source = route.source();
        KafkaToMqttRoute.Target target = route.target();
        name = route.name();
        topics = source.topics();
        pattern = source.pattern();
        this.group = group;
        this.guard = guard;
        this.observer = observer;
        errors = new ErrorMemory(clock);
        this.ownTopics = ownTopics;
        qos = target.qos();
        exactlyOnce = qos == QoS.EXACTLY_ONCE && !target.effectivelyOnce();
        retain = target.retention().retain();
        userProperties = target.properties().headers();
        metadataProperties = target.properties().metadata();
        binaryHeaders = target.properties().binaryHeaders();
        noSubscribers = target.noSubscribers().choice();
        clearOnTombstone = target.retention().clearOnTombstone();
        retainHeader = target.retention().header();
        decoder = (PayloadCodec<Object>) source.decoder();
        steps = source.steps();
        encoder = (PayloadCodec<Object>) source.encoder();
        topicMapper = (MqttTopicMapper<Object>) target.topic().mapper();
        if (target.topic().template() == null) {
            topicTemplate = null;
        } else {
            topicTemplate = TopicTemplate.parse(
                    "toMqtt", target.topic().template(), List.of(PARTITION), EnumSet.allOf(Variable.class));
            MqttTopicName.requirePossible(topicTemplate);
            String own = topicTemplate.isConstant() ? ownTopics.problem(topicTemplate.literalPrefix()) : null;
            if (own != null) {
                throw new BridgeConfigException(own);
            }
        }
        allowDollar = topicTemplate != null && topicTemplate.literalPrefix().startsWith("$");
        failurePolicy = route.failurePolicy();
        if (failurePolicy.lastAction() instanceof LastAction.DeadLetter deadLetter) {
            ownTopics.requireNotState("onFailure.deadLetter", deadLetter.topic());
            KafkaTopicName.requireNotInternal("onFailure.deadLetter", deadLetter.topic(), false, "choose another name");
            if (reads(deadLetter.topic())) {
                throw new BridgeConfigException("onFailure.deadLetter: '" + deadLetter.topic()
                        + "' is a topic that the route itself reads; choose another one");
            }
        }
    }

    /**
     * Compiles a route.
     *
     * @param route the route
     * @param group the consumer group of the route
     * @param guard marks its messages
     * @param ownTopics where it may not write
     * @param clock says when it failed
     * @param observer follows its messages; null if nobody does
     * @return the route, compiled
     * @throws BridgeConfigException if its template or names are not legal; the message names the route
     */
    public static SinkRoute compile(
            KafkaToMqttRoute route,
            String group,
            LoopGuard guard,
            OwnTopics ownTopics,
            InstantSource clock,
            @Nullable GuardedObserver observer) {
        try {
            return new SinkRoute(route, group, guard, ownTopics, clock, observer);
        } catch (BridgeConfigException e) {
            throw new BridgeConfigException("route '" + route.name() + "': " + e.getMessage(), e);
        }
    }

    @Override
    public String name() {
        return name;
    }

    /**
     * Says whether messages that nobody subscribes to count as delivered.
     *
     * @return whether they do
     */
    public boolean acceptsUnheard() {
        return noSubscribers instanceof WhenUnheard.Accept;
    }

    /**
     * Returns the QoS the route publishes with.
     *
     * @return the QoS
     */
    public QoS qos() {
        return qos;
    }

    /**
     * Says whether its packet ids are kept in Kafka.
     *
     * @return whether they are
     */
    public boolean exactlyOnce() {
        return exactlyOnce;
    }

    /** Says whether it reads a partition. */
    public boolean reads(Partition partition) {
        return partition.group().equals(group) && reads(partition.topic());
    }

    /**
     * Says how it stands with the MQTT broker that it is connected to.
     *
     * @return that
     */
    public Standing standing() {
        return standing;
    }

    /**
     * Returns the consumer group of the route.
     *
     * @return the group
     */
    public String group() {
        return group;
    }

    /**
     * Says whether another route reads the same topics in the same group, so that each record would reach only one of them.
     *
     * @param other the other route
     * @return whether it does; two patterns are taken to do so
     */
    public boolean sharesRecordsWith(SinkRoute other) {
        if (!group.equals(other.group)) {
            return false;
        }
        if (pattern != null && other.pattern != null) {
            return true;
        }
        return topics.stream().anyMatch(other::reads) || other.topics.stream().anyMatch(this::reads);
    }

    /** Says whether a function of the user names the MQTT topic. */
    public boolean hasTopicMapper() {
        return topicMapper != null;
    }

    /** Says whether messages can be retained. */
    boolean mayRetain() {
        return retain || retainHeader != null;
    }

    /** Says whether the message of a record is retained, by its headers and those that its codec added. */
    // NullAway cannot see in class files of JDK 17 that an array may be null.
    @SuppressWarnings("NullAway")
    boolean retains(List<Header> headers) {
        Header header = retainHeader == null ? null : SinkTransformation.last(headers, retainHeader);
        if (header == null) {
            return retain;
        }
        byte[] value = header.value();
        String text = value == null ? "" : new String(value, StandardCharsets.UTF_8);
        if (!text.equals("true") && !text.equals("false")) {
            throw new MappingException("retainHeader: the header '" + retainHeader
                    + "' is neither 'true' nor 'false'; mend who writes it");
        }
        return text.equals("true");
    }

    /** Says where a record of this Kafka topic and key would go; null if the route has a mapper, which needs a record. */
    @Nullable
    public String sampleMqttTopic(String kafkaTopic, String key) {
        return topicTemplate == null ? null : topicTemplate.render(new Sample(kafkaTopic, new String[] {"0"}, key));
    }

    public boolean reads(String topic) {
        return topics.contains(topic)
                || (pattern != null && pattern.matcher(topic).matches());
    }

    @Override
    public RouteCounts counts(int qosLevel) {
        return qosLevel == qos.level() ? meter.counts() : RouteCounts.builder().build();
    }

    @Override
    public DeliveryTimer timer() {
        return timer;
    }

    @Override
    public @Nullable LastError lastError() {
        return errors.last();
    }

    void lastError(Throwable cause) {
        errors.note(SafeText.of(cause));
    }

    @Override
    public boolean stopped() {
        return stopped;
    }

    void markStopped() {
        stopped = true;
    }

    @SuppressWarnings("unchecked")
    static boolean keeps(Filter step, Object value, KafkaMessage message) {
        return ((BiPredicate<Object, KafkaMessage>) step.keep()).test(value, message);
    }

    @SuppressWarnings("unchecked")
    static @Nullable Object map(Mapping step, Object value) {
        return ((Function<Object, @Nullable Object>) step.mapping()).apply(value);
    }
}
