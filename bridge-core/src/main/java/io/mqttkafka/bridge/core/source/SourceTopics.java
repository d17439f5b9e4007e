package io.mqttkafka.bridge.core.source;

import io.mqttkafka.bridge.core.connection.StartTopics;
import io.mqttkafka.bridge.core.kafka.RecordSender;
import io.mqttkafka.bridge.core.kafka.TopicLookups;
import io.mqttkafka.bridge.core.kafka.TopicLostException;
import io.mqttkafka.bridge.core.kafka.TopicResolution;
import io.mqttkafka.bridge.error.BridgeStartException;
import java.util.List;

/** The Kafka topics of the routes of one connection: those that must be there at the start, and those that are in doubt later. */
final class SourceTopics {
    private final List<SourceRoute> routes;
    private final RecordSender sender;
    private final TopicLookups lookups;

    SourceTopics(List<SourceRoute> routes, RecordSender sender, TopicLookups lookups) {
        this.routes = routes;
        this.sender = sender;
        this.lookups = lookups;
    }

    /**
     * Looks at the topics without which a route must not start.
     *
     * @param deadlineNanos when to give up, by {@link System#nanoTime()}
     * @throws BridgeStartException if one is missing, or cannot be written to
     */
    void require(long deadlineNanos) {
        for (SourceRoute route : routes) {
            String constant = route.constantTopic();
            if (constant != null) {
                int partitions =
                        requireReady("toKafka", route, constant, deadlineNanos).partitions();
                String missing = MqttToKafkaPipeline.missingPartition(route, constant, partitions);
                if (missing != null) {
                    throw new BridgeStartException("route '" + route.name() + "': " + missing);
                }
                route.topics.ready(constant, partitions);
            }
            String deadLetter = route.deadLetterTopic();
            if (deadLetter != null) {
                // Not one of those that the route may write to by maxTopics.
                requireReady("onFailure.deadLetter", route, deadLetter, deadlineNanos);
            }
        }
    }

    private TopicResolution requireReady(String option, SourceRoute route, String topic, long deadlineNanos) {
        TopicResolution resolution = StartTopics.resolve(sender, topic, deadlineNanos);
        if (resolution.state() != TopicResolution.State.READY) {
            throw new BridgeStartException(
                    "route '" + route.name() + "': "
                            + resolution.notReady(option, topic).getMessage(),
                    resolution.cause());
        }
        return resolution;
    }

    /** Topics that records have come back from are looked up before the next record. */
    void doubt(Throwable cause) {
        if (cause instanceof TopicLostException lost) {
            for (SourceRoute route : routes) {
                lost.topics().forEach(route.topics::doubt);
            }
            // What was known of them was known before.
            lost.topics().forEach(lookups::forget);
        }
    }
}
