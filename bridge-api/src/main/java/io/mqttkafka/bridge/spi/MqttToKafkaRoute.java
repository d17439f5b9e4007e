package io.mqttkafka.bridge.spi;

import io.mqttkafka.bridge.Partitioner;
import io.mqttkafka.bridge.PayloadCodec;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.TopicMapper;
import io.mqttkafka.bridge.failure.FailurePolicy;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.function.BiPredicate;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Everything one route from MQTT to Kafka needs, as its stages collected it. Built with {@link Route#fromMqtt}.
 *
 * <p>Immutable, provided that the codecs and functions are.
 *
 * @param name the name of the route
 * @param source what it takes and what happens to the payload
 * @param target where it goes
 * @param failurePolicy what happens to messages that cannot be delivered
 */
public record MqttToKafkaRoute(String name, Source source, Target target, FailurePolicy failurePolicy)
        implements RouteDefinition {
    /**
     * Checks its parts.
     *
     * @param name the name of the route
     * @param source what it takes and what happens to the payload
     * @param target where it goes
     * @param failurePolicy what happens to messages that cannot be delivered
     * @throws NullPointerException if a part is null
     */
    public MqttToKafkaRoute {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(source, "source");
        Objects.requireNonNull(target, "target");
        Objects.requireNonNull(failurePolicy, "failurePolicy");
    }

    /**
     * The source of a route.
     *
     * <p>Immutable, provided that the codecs and functions are.
     *
     * @param filter the topic filter with named levels
     * @param qos the QoS to subscribe with
     * @param effectivelyOnce whether messages of QoS 2 go without transactions, so that a crash can repeat them
     * @param clientId the client id of the route's own connection, or null for the bridge's
     * @param decoder decodes the payload, or null to leave it bytes
     * @param steps what happens to the value, in order
     * @param encoder encodes the value, or null to pass the original bytes on
     */
    public record Source(
            String filter,
            QoS qos,
            boolean effectivelyOnce,
            @Nullable String clientId,
            @Nullable PayloadCodec<?> decoder,
            List<Step> steps,
            @Nullable PayloadCodec<?> encoder) {
        private static final int LONGEST_CLIENT_ID = 65_535;

        /**
         * Checks its parts, and copies the steps.
         *
         * @param filter the topic filter with named levels
         * @param qos the QoS to subscribe with
         * @param effectivelyOnce whether messages of QoS 2 go without transactions, so that a crash can repeat them
         * @param clientId the client id of the route's own connection, or null for the bridge's
         * @param decoder decodes the payload, or null to leave it bytes
         * @param steps what happens to the value, in order
         * @param encoder encodes the value, or null to pass the original bytes on
         * @throws NullPointerException if a part that is not nullable is or holds null
         * @throws IllegalArgumentException if {@code clientId} is blank, longer than 65,535 bytes of UTF-8, or has U+0000
         */
        public Source {
            Objects.requireNonNull(filter, "filter");
            Objects.requireNonNull(qos, "qos");
            if (clientId != null
                    && (clientId.isBlank()
                            || clientId.indexOf('\0') >= 0
                            || clientId.getBytes(StandardCharsets.UTF_8).length > LONGEST_CLIENT_ID)) {
                throw new IllegalArgumentException("clientId: '"
                        + (clientId.length() <= 80 ? clientId : clientId.substring(0, 80) + "...") + "' must be 1 to "
                        + LONGEST_CLIENT_ID + " bytes of UTF-8, not blank and without U+0000");
            }
            steps = List.copyOf(steps);
        }
    }

    /**
     * The target of a route.
     *
     * <p>Immutable, provided that the functions are.
     *
     * @param topics the Kafka topics
     * @param key the key of the records
     * @param headers the headers of the records
     * @param partitioner the placement on partitions
     * @param clearedAsTombstone whether an empty retained message becomes a record without a value
     */
    public record Target(
            KafkaTopics topics,
            RecordKey key,
            RecordHeaders headers,
            Partitioner partitioner,
            boolean clearedAsTombstone) {
        /**
         * Checks its parts.
         *
         * @param topics the Kafka topics
         * @param key the key of the records
         * @param headers the headers of the records
         * @param partitioner the placement on partitions
         * @param clearedAsTombstone whether an empty retained message becomes a record without a value
         * @throws NullPointerException if a part is null
         * @throws IllegalArgumentException if {@code clearedAsTombstone} is there without templates of topic and key
         */
        public Target {
            Objects.requireNonNull(topics, "topics");
            Objects.requireNonNull(key, "key");
            Objects.requireNonNull(headers, "headers");
            Objects.requireNonNull(partitioner, "partitioner");
            if (clearedAsTombstone && (topics.template == null || key.template == null)) {
                throw new IllegalArgumentException(
                        "clearedAsTombstone: needs templates of topic and key, since an empty"
                                + " message has no value to map, and a record without a value says by its key what it clears");
            }
        }
    }

    /**
     * The Kafka topics a route writes to. Of template and mapper exactly one is there.
     *
     * <p>Immutable, provided that the mapper is.
     *
     * @param template the template of the topic
     * @param mapper the mapper of the topic
     * @param most how many topics the route may write to, from 1 to 100,000
     * @param allowInternal whether names starting with {@code __} are allowed
     */
    public record KafkaTopics(
            @Nullable String template, @Nullable TopicMapper<?> mapper, int most, boolean allowInternal) {
        private static final int MOST_TOPICS = 100_000;

        /**
         * Checks its parts.
         *
         * @param template the template of the topic
         * @param mapper the mapper of the topic
         * @param most how many topics the route may write to, from 1 to 100,000
         * @param allowInternal whether names starting with {@code __} are allowed
         * @throws IllegalArgumentException if there is not one way to make the topic, or {@code most} is out of range
         */
        public KafkaTopics {
            if ((template == null) == (mapper == null)) {
                throw new IllegalArgumentException("toKafka: needs a template or a mapper, and not both");
            }
            if (most < 1 || most > MOST_TOPICS) {
                throw new IllegalArgumentException(
                        "maxTopics: " + most + " must be from 1 to " + MOST_TOPICS + " topics");
            }
        }
    }

    /**
     * The key of the records. Of template and mapper at most one is there; with neither, records have no key.
     *
     * <p>Immutable, provided that the mapper is.
     *
     * @param template the template of the key
     * @param mapper the function that makes the key
     */
    public record RecordKey(
            @Nullable String template, @Nullable Function<?, byte @Nullable []> mapper) {
        /**
         * Checks its parts.
         *
         * @param template the template of the key
         * @param mapper the function that makes the key
         * @throws IllegalArgumentException if both are there
         */
        public RecordKey {
            if (template != null && mapper != null) {
                throw new IllegalArgumentException("key: has a template and a mapper; a record has one key");
            }
        }
    }

    /**
     * The headers of the records.
     *
     * <p>Immutable.
     *
     * @param templates headers to add
     * @param userProperties whether user properties become headers
     * @param metadata whether to add what MQTT knows of the message
     */
    public record RecordHeaders(List<HeaderTemplate> templates, boolean userProperties, boolean metadata) {
        /**
         * Copies the list.
         *
         * @param templates headers to add
         * @param userProperties whether user properties become headers
         * @param metadata whether to add what MQTT knows of the message
         * @throws NullPointerException if {@code templates} is or holds null
         */
        public RecordHeaders {
            templates = List.copyOf(templates);
        }
    }

    /**
     * Something that happens to the decoded value.
     *
     * <p>Immutable, provided that the functions are.
     */
    public sealed interface Step permits Filter, Mapping {}

    /**
     * Lets only some values pass.
     *
     * <p>Immutable, provided that the function is.
     *
     * @param keep true for values to bridge; takes the value and the {@link io.mqttkafka.bridge.message.MqttMessage}
     */
    public record Filter(BiPredicate<?, ?> keep) implements Step {
        /**
         * Checks its part.
         *
         * @param keep true for values to bridge; takes the value and the {@link io.mqttkafka.bridge.message.MqttMessage}
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

    /**
     * A header whose value is made by a template.
     *
     * <p>Immutable.
     *
     * @param name the name of the header
     * @param template the template of its value
     */
    public record HeaderTemplate(String name, String template) {
        /**
         * Checks its parts.
         *
         * @param name the name of the header
         * @param template the template of its value
         * @throws NullPointerException if a part is null
         */
        public HeaderTemplate {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(template, "template");
        }
    }
}
