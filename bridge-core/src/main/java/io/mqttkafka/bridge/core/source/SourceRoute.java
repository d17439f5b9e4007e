package io.mqttkafka.bridge.core.source;

import io.mqttkafka.bridge.LastError;
import io.mqttkafka.bridge.Partitioner;
import io.mqttkafka.bridge.PayloadCodec;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.TopicMapper;
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
import io.mqttkafka.bridge.core.routing.TopicFilter;
import io.mqttkafka.bridge.core.routing.TopicTemplate;
import io.mqttkafka.bridge.core.routing.TopicTemplate.Variable;
import io.mqttkafka.bridge.error.BridgeConfigException;
import io.mqttkafka.bridge.failure.FailurePolicy;
import io.mqttkafka.bridge.message.MqttMessage;
import io.mqttkafka.bridge.message.Received;
import io.mqttkafka.bridge.spi.LastAction;
import io.mqttkafka.bridge.spi.MqttToKafkaRoute;
import io.mqttkafka.bridge.spi.MqttToKafkaRoute.Filter;
import io.mqttkafka.bridge.spi.MqttToKafkaRoute.HeaderTemplate;
import io.mqttkafka.bridge.spi.MqttToKafkaRoute.Mapping;
import io.mqttkafka.bridge.spi.MqttToKafkaRoute.Step;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A route from MQTT, compiled: filter and templates parsed and checked, the functions of the user without their types, and
 * the counts of what it did.
 */
public final class SourceRoute implements CompiledRoute {
    /** A header whose value is made by a template. */
    record CompiledHeader(String name, TopicTemplate template) {}

    public final String name;
    public final TopicFilter filter;
    final QoS qos;

    /** Whether messages of QoS 2 go by transactions. */
    final boolean exactlyOnce;

    final @Nullable PayloadCodec<Object> decoder;
    final List<Step> steps;
    final @Nullable PayloadCodec<Object> encoder;
    final @Nullable TopicTemplate topicTemplate;
    final @Nullable TopicMapper<Object> topicMapper;
    final @Nullable TopicTemplate keyTemplate;
    final @Nullable Function<Received<Object>, byte @Nullable []> keyMapper;
    final List<CompiledHeader> headers;
    final boolean userProperties;
    final boolean metadataHeaders;
    final Partitioner partitioner;
    final int maxTopics;
    final boolean allowInternalTopics;
    final boolean clearedAsTombstone;
    final FailurePolicy failurePolicy;
    final LoopGuard guard;

    /** Follows messages; null if nobody does. */
    final @Nullable GuardedObserver observer;

    final OwnTopics ownTopics;

    /** Whether user code sees the messages of this route. */
    final boolean hasUserCode;

    private final DeliveryTimer timer = new DeliveryTimer();
    private final RouteMeter[] meters = {new RouteMeter(timer), new RouteMeter(timer), new RouteMeter(timer)};

    final KnownTopics topics;
    private volatile boolean emptyWithoutRetain;
    final ErrorMemory errors;
    final Standing standing = new Standing();
    private volatile boolean stopped;

    // The stages of the public API have proven that the types of these functions fit each other.
    @SuppressWarnings("unchecked")
    private SourceRoute(
            MqttToKafkaRoute route,
            LoopGuard guard,
            OwnTopics ownTopics,
            InstantSource clock,
            @Nullable GuardedObserver observer) {
        MqttToKafkaRoute.Source source = route.source();
        MqttToKafkaRoute.Target target = route.target();
        this.guard = guard;
        this.observer = observer;
        this.ownTopics = ownTopics;
        errors = new ErrorMemory(clock);
        name = route.name();
        filter = TopicFilter.parse(source.filter());
        qos = source.qos();
        exactlyOnce = qos == QoS.EXACTLY_ONCE && !source.effectivelyOnce();
        decoder = (PayloadCodec<Object>) source.decoder();
        steps = source.steps();
        encoder = (PayloadCodec<Object>) source.encoder();
        topicMapper = (TopicMapper<Object>) target.topics().mapper();
        keyMapper = (Function<Received<Object>, byte @Nullable []>) target.key().mapper();
        List<String> levels = filter.levelNames();
        Set<Variable> withoutKey = EnumSet.of(Variable.TOPIC, Variable.LEVEL, Variable.HEADER);
        keyTemplate = target.key().template() == null
                ? null
                : TopicTemplate.parse("key", target.key().template(), levels, withoutKey);
        Set<Variable> all = keyTemplate == null ? withoutKey : EnumSet.allOf(Variable.class);
        if (target.topics().template() == null) {
            topicTemplate = null;
        } else {
            topicTemplate = TopicTemplate.parse("toKafka", target.topics().template(), levels, all);
            KafkaTopicName.requirePossible(
                    topicTemplate, filter, target.topics().allowInternal());
            ownTopics.requireNotState("toKafka", constantTopic());
        }
        headers = new ArrayList<>();
        for (HeaderTemplate header : target.headers().templates()) {
            if (header.name().startsWith(LoopGuard.RESERVED_PREFIX)) {
                throw new BridgeConfigException("header: '" + header.name() + "' starts with '"
                        + LoopGuard.RESERVED_PREFIX + "', which the bridge keeps for itself; choose another name");
            }
            headers.add(new CompiledHeader(
                    header.name(), TopicTemplate.parse("header " + header.name(), header.template(), levels, all)));
        }
        userProperties = target.headers().userProperties();
        metadataHeaders = target.headers().metadata();
        partitioner = target.partitioner();
        maxTopics = target.topics().most();
        topics = new KnownTopics(maxTopics);
        allowInternalTopics = target.topics().allowInternal();
        clearedAsTombstone = target.clearedAsTombstone();
        failurePolicy = route.failurePolicy();
        if (failurePolicy.lastAction() instanceof LastAction.DeadLetter deadLetter) {
            ownTopics.requireNotState("onFailure.deadLetter", deadLetter.topic());
            requireLegal("onFailure.deadLetter", deadLetter.topic());
            KafkaTopicName.requireNotInternal(
                    "onFailure.deadLetter",
                    deadLetter.topic(),
                    allowInternalTopics,
                    "choose another name, or call allowInternalTopics()");
        }
        hasUserCode =
                decoder != null || !steps.isEmpty() || encoder != null || topicMapper != null || keyMapper != null;
    }

    /**
     * Compiles a route.
     *
     * @param route the route
     * @param guard marks its messages
     * @param ownTopics where it may not write
     * @param clock says when it failed
     * @param observer follows its messages; null if nobody does
     * @return the route, compiled
     * @throws BridgeConfigException if its filter, templates or names are not legal; the message names the route
     */
    public static SourceRoute compile(
            MqttToKafkaRoute route,
            LoopGuard guard,
            OwnTopics ownTopics,
            InstantSource clock,
            @Nullable GuardedObserver observer) {
        try {
            return new SourceRoute(route, guard, ownTopics, clock, observer);
        } catch (BridgeConfigException e) {
            throw new BridgeConfigException("route '" + route.name() + "': " + e.getMessage(), e);
        }
    }

    private static void requireLegal(String option, String topic) {
        String problem = KafkaTopicName.problem(topic);
        if (problem != null) {
            throw new BridgeConfigException(option + ": " + problem);
        }
    }

    /** Returns the Kafka topic of every message, if that is known before any message is. */
    @Nullable
    String constantTopic() {
        return topicTemplate != null && topicTemplate.isConstant() ? topicTemplate.render(NoValues.INSTANCE) : null;
    }

    /** Says whether a function of the user names the Kafka topic. */
    public boolean hasTopicMapper() {
        return topicMapper != null;
    }

    /** Returns the dead letter topic, if there is one. */
    @Nullable
    String deadLetterTopic() {
        return failurePolicy.lastAction() instanceof LastAction.DeadLetter deadLetter ? deadLetter.topic() : null;
    }

    /** Makes up an MQTT topic that the route takes. */
    public String sampleMqttTopic() {
        return filter.filter().replace("+", Sample.ANY).replace("#", Sample.ANY);
    }

    /** Says where a message of this MQTT topic would go; null if the route has a mapper, which needs a message. */
    @Nullable
    public String sampleKafkaTopic(String mqttTopic) {
        if (topicTemplate == null) {
            return null;
        }
        String[] levels = filter.captures(mqttTopic);
        return topicTemplate.render(new Sample(mqttTopic, levels, sampleKey(mqttTopic)));
    }

    /** Says which key a message of this MQTT topic would have; made up if the route has a mapper, which needs a message. */
    public String sampleKey(String mqttTopic) {
        if (keyMapper != null) {
            return Sample.ANY;
        }
        return keyTemplate == null
                ? mqttTopic
                : keyTemplate.render(new Sample(mqttTopic, filter.captures(mqttTopic), null));
    }

    /** Says whether a message clears the retained message of its topic, and so becomes a record without a value. */
    boolean clears(MqttMessage message) {
        if (!clearedAsTombstone || message.payload().length > 0) {
            return false;
        }
        if (!message.retained()) {
            emptyWithoutRetain = true;
        }
        return message.retained();
    }

    /** Says whether a message that could have cleared a retained one came without the flag that would tell. */
    boolean emptyWithoutRetain() {
        return emptyWithoutRetain;
    }

    RouteMeter meter(int qosLevel) {
        return meters[qosLevel];
    }

    /**
     * Returns the name of the route.
     *
     * @return the name
     */
    @Override
    public String name() {
        return name;
    }

    /**
     * Returns the filter of the route.
     *
     * @return the filter
     */
    public TopicFilter filter() {
        return filter;
    }

    /**
     * Returns the QoS the route subscribes with.
     *
     * @return the QoS
     */
    public QoS qos() {
        return qos;
    }

    /**
     * Says whether messages of QoS 2 go by transactions.
     *
     * @return whether they do
     */
    public boolean exactlyOnce() {
        return exactlyOnce;
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
     * Takes a snapshot of the counts of one QoS.
     *
     * @param qosLevel 0, 1 or 2
     * @return the counts
     */
    @Override
    public io.mqttkafka.bridge.BridgeHealth.RouteCounts counts(int qosLevel) {
        return meters[qosLevel].counts();
    }

    @Override
    public DeliveryTimer timer() {
        return timer;
    }

    /**
     * Returns why the route last failed to deliver a message.
     *
     * @return the error; null if there was none
     */
    @Override
    public @Nullable LastError lastError() {
        return errors.last();
    }

    void lastError(Throwable cause) {
        errors.note(SafeText.of(cause));
    }

    /**
     * Says whether the route has stopped.
     *
     * @return whether it has
     */
    @Override
    public boolean stopped() {
        return stopped;
    }

    void markStopped() {
        stopped = true;
    }

    @SuppressWarnings("unchecked")
    static boolean keeps(Filter step, Object value, MqttMessage message) {
        return ((BiPredicate<Object, MqttMessage>) step.keep()).test(value, message);
    }

    @SuppressWarnings("unchecked")
    static @Nullable Object map(Mapping step, Object value) {
        return ((Function<Object, @Nullable Object>) step.mapping()).apply(value);
    }

    /** The values of a template that asks for none. */
    private enum NoValues implements TopicTemplate.Values {
        INSTANCE;

        @Override
        public String topic() {
            throw new IllegalStateException("a constant asked for the topic");
        }

        @Override
        public String level(int index) {
            throw new IllegalStateException("a constant asked for a level");
        }

        @Override
        public @Nullable String key() {
            return null;
        }

        @Override
        public @Nullable String header(String name) {
            return null;
        }
    }
}
