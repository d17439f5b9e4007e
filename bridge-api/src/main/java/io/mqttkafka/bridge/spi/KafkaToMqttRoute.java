package io.mqttkafka.bridge.spi;

import io.mqttkafka.bridge.BinaryHeaders;
import io.mqttkafka.bridge.MqttTopicMapper;
import io.mqttkafka.bridge.NoSubscribers;
import io.mqttkafka.bridge.PayloadCodec;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.failure.FailurePolicy;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Everything one route from Kafka to MQTT needs, as its stages collected it. Built with {@link Route#fromKafka}.
 *
 * <p>Immutable, provided that the codecs and functions are.
 *
 * @param name the name of the route
 * @param source what it takes and what happens to the value
 * @param target where it goes
 * @param failurePolicy what happens to records that cannot be delivered
 */
public record KafkaToMqttRoute(String name, Source source, Target target, FailurePolicy failurePolicy)
        implements RouteDefinition {
    /**
     * Checks its parts.
     *
     * @param name the name of the route
     * @param source what it takes and what happens to the value
     * @param target where it goes
     * @param failurePolicy what happens to records that cannot be delivered
     * @throws NullPointerException if a part is null
     */
    public KafkaToMqttRoute {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(source, "source");
        Objects.requireNonNull(target, "target");
        Objects.requireNonNull(failurePolicy, "failurePolicy");
    }

    /**
     * The source of a route: either topics or a pattern.
     *
     * <p>Immutable, provided that the codecs and functions are.
     *
     * @param topics the Kafka topics; empty if there is a pattern
     * @param pattern the pattern that topics match as a whole, or null if they are named
     * @param group the consumer group, or null for one made of the client id of the bridge
     * @param clientId the client id of the route's own connection, or null for the bridge's
     * @param decoder decodes the value, or null to leave it bytes
     * @param steps what happens to the value, in order
     * @param encoder encodes the value, or null to pass the original bytes on
     */
    public record Source(
            List<String> topics,
            @Nullable Pattern pattern,
            @Nullable String group,
            @Nullable String clientId,
            @Nullable PayloadCodec<?> decoder,
            List<Step> steps,
            @Nullable PayloadCodec<?> encoder) {
        private static final int LONGEST_CLIENT_ID = 65_535;
        private static final int LONGEST_TOPIC = 249;

        /**
         * Checks its parts, and copies the lists.
         *
         * @param topics the Kafka topics; empty if there is a pattern
         * @param pattern the pattern that topics match as a whole, or null if they are named
         * @param group the consumer group, or null for one made of the client id of the bridge
         * @param clientId the client id of the route's own connection, or null for the bridge's
         * @param decoder decodes the value, or null to leave it bytes
         * @param steps what happens to the value, in order
         * @param encoder encodes the value, or null to pass the original bytes on
         * @throws NullPointerException if a part that is not nullable is or holds null
         * @throws IllegalArgumentException if there are neither topics nor a pattern, or both; if a topic is not a legal name
         *     or named twice; if {@code group} is blank; or if {@code clientId} is blank, longer than 65,535 bytes of UTF-8,
         *     or has U+0000
         */
        public Source {
            topics = List.copyOf(topics);
            steps = List.copyOf(steps);
            if (topics.isEmpty() == (pattern == null)) {
                throw new IllegalArgumentException("fromKafka: needs topics or a pattern, and not both");
            }
            topics.forEach(Source::requireTopic);
            if (topics.stream().distinct().count() < topics.size()) {
                throw new IllegalArgumentException("fromKafka: " + topics + " names a topic twice; name each once");
            }
            if (group != null && group.isBlank()) {
                throw new IllegalArgumentException("group: '" + group + "' is blank; name the consumer group");
            }
            if (clientId != null
                    && (clientId.isBlank()
                            || clientId.indexOf('\0') >= 0
                            || clientId.getBytes(StandardCharsets.UTF_8).length > LONGEST_CLIENT_ID)) {
                throw new IllegalArgumentException("clientId: '"
                        + (clientId.length() <= 80 ? clientId : clientId.substring(0, 80) + "...") + "' must be 1 to "
                        + LONGEST_CLIENT_ID + " bytes of UTF-8, not blank and without U+0000");
            }
        }

        private static void requireTopic(String topic) {
            if (topic.isEmpty()
                    || topic.length() > LONGEST_TOPIC
                    || topic.equals(".")
                    || topic.equals("..")
                    || !topic.chars().allMatch(Source::isLegal)) {
                throw new IllegalArgumentException("fromKafka: '" + topic
                        + "' is not a Kafka topic name; use 1 to 249 of a-z A-Z 0-9 . _ -, or a Pattern");
            }
        }

        private static boolean isLegal(int c) {
            return (c >= 'a' && c <= 'z')
                    || (c >= 'A' && c <= 'Z')
                    || (c >= '0' && c <= '9')
                    || c == '.'
                    || c == '_'
                    || c == '-';
        }

        /**
         * Shows topics or pattern, as default names of routes do.
         *
         * @return the topics with commas between them, or the pattern
         */
        public String topicsShown() {
            return pattern == null ? String.join(",", topics) : pattern.pattern();
        }
    }

    /**
     * The target of a route.
     *
     * <p>Immutable, provided that the mapper is.
     *
     * @param topic the MQTT topic
     * @param qos the QoS to publish with
     * @param effectivelyOnce whether messages of QoS 2 go without transactions, so that a crash can repeat them
     * @param retention which messages are published as retained
     * @param properties the user properties of the messages
     * @param noSubscribers what happens to messages that nobody subscribes to
     */
    public record Target(
            MqttTopic topic,
            QoS qos,
            boolean effectivelyOnce,
            Retention retention,
            UserProperties properties,
            NoSubscribers noSubscribers) {
        /**
         * Checks its parts.
         *
         * @param topic the MQTT topic
         * @param qos the QoS to publish with
         * @param effectivelyOnce whether messages of QoS 2 go without transactions, so that a crash can repeat them
         * @param retention which messages are published as retained
         * @param properties the user properties of the messages
         * @param noSubscribers what happens to messages that nobody subscribes to
         * @throws NullPointerException if a part is null
         * @throws IllegalArgumentException if with QoS 0 {@code noSubscribers} is not {@link NoSubscribers#accept()}, or if a
         *     record without a value clears a retained message and the topic has no template
         */
        public Target {
            Objects.requireNonNull(topic, "topic");
            Objects.requireNonNull(qos, "qos");
            Objects.requireNonNull(retention, "retention");
            Objects.requireNonNull(properties, "properties");
            Objects.requireNonNull(noSubscribers, "noSubscribers");
            if (retention.clearOnTombstone && topic.template == null) {
                throw new IllegalArgumentException(
                        "clearOnTombstone: needs a template of the topic, since a record without a"
                                + " value has none to map");
            }
            if (qos == QoS.AT_MOST_ONCE && !(noSubscribers.choice() instanceof WhenUnheard.Accept)) {
                throw new IllegalArgumentException("noSubscribers: " + noSubscribers
                        + " needs QoS 1 or 2: at QoS 0 the MQTT broker does not say whether somebody subscribes");
            }
        }
    }

    /**
     * The MQTT topic. Of template and mapper exactly one is there.
     *
     * <p>Immutable, provided that the mapper is.
     *
     * @param template the template of the topic
     * @param mapper the mapper of the topic
     */
    public record MqttTopic(
            @Nullable String template, @Nullable MqttTopicMapper<?> mapper) {
        /**
         * Checks its parts.
         *
         * @param template the template of the topic
         * @param mapper the mapper of the topic
         * @throws IllegalArgumentException if there is not one way to make the topic
         */
        public MqttTopic {
            if ((template == null) == (mapper == null)) {
                throw new IllegalArgumentException("toMqtt: needs a template or a mapper, and not both");
            }
        }
    }

    /**
     * Which messages are published as retained.
     *
     * <p>Immutable.
     *
     * @param retain whether they are, unless a header says otherwise
     * @param header the header that says so for each record, or null if there is none
     * @param clearOnTombstone whether a record without a value clears the retained message of its topic
     */
    public record Retention(boolean retain, @Nullable String header, boolean clearOnTombstone) {
        /**
         * Checks its parts.
         *
         * @param retain whether they are, unless a header says otherwise
         * @param header the header that says so for each record, or null if there is none
         * @param clearOnTombstone whether a record without a value clears the retained message of its topic
         * @throws IllegalArgumentException if {@code clearOnTombstone} is there without one of the others, or {@code header} is
         *     blank
         */
        public Retention {
            if (clearOnTombstone && !retain && header == null) {
                throw new IllegalArgumentException(
                        "clearOnTombstone: needs retain(true) or retainHeader(..), or there is nothing to clear");
            }
            if (header != null && header.isBlank()) {
                throw new IllegalArgumentException("retainHeader: '" + header + "' is blank; name a header");
            }
        }
    }

    /**
     * The user properties of the messages.
     *
     * <p>Immutable.
     *
     * @param headers whether headers become user properties
     * @param metadata whether to add where the record came from
     * @param binaryHeaders what happens to headers that are no MQTT strings
     */
    public record UserProperties(boolean headers, boolean metadata, BinaryHeaders binaryHeaders) {
        /**
         * Checks its parts.
         *
         * @param headers whether headers become user properties
         * @param metadata whether to add where the record came from
         * @param binaryHeaders what happens to headers that are no MQTT strings
         * @throws NullPointerException if {@code binaryHeaders} is null
         */
        public UserProperties {
            Objects.requireNonNull(binaryHeaders, "binaryHeaders");
        }
    }

    /**
     * Something that happens to the decoded value.
     *
     * <p>Immutable, provided that the functions are.
     */
    public sealed interface Step permits Filter, Mapping {}

    /**
     * Lets only some records pass.
     *
     * <p>Immutable, provided that the function is.
     *
     * @param keep true for records to bridge; takes the value and the {@link io.mqttkafka.bridge.message.KafkaMessage}
     */
    public record Filter(BiPredicate<?, ?> keep) implements Step {
        /**
         * Checks its part.
         *
         * @param keep true for records to bridge; takes the value and the {@link io.mqttkafka.bridge.message.KafkaMessage}
         * @throws NullPointerException if it is null
         */
        public Filter {
            Objects.requireNonNull(keep, "keep");
        }
    }

    /**
     * Makes another value.
     *
     * <p>Immutable, provided that the function is.
     *
     * @param mapping makes the new value
     */
    public record Mapping(Function<?, ?> mapping) implements Step {
        /**
         * Checks its part.
         *
         * @param mapping makes the new value
         * @throws NullPointerException if it is null
         */
        public Mapping {
            Objects.requireNonNull(mapping, "mapping");
        }
    }
}
