package io.mqttkafka.bridge.core;

import io.mqttkafka.bridge.core.route.LoopGuard;
import io.mqttkafka.bridge.core.route.Sample;
import io.mqttkafka.bridge.core.routing.UntrustedText;
import io.mqttkafka.bridge.core.sink.SinkRoute;
import io.mqttkafka.bridge.core.source.SourceRoute;
import io.mqttkafka.bridge.error.BridgeConfigException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Finds routes that plainly feed each other, by sending a made-up message through filters and templates. What depends on the
 * contents of messages, on mappers or on patterns that the message does not hit is left to the {@link LoopGuard}.
 */
public final class FeedbackCheck {
    private final List<SourceRoute> sources;
    private final List<SinkRoute> sinks;
    private final List<Step> path = new ArrayList<>();
    private final Set<Place> done = new HashSet<>();

    /** Where a message lies in Kafka. */
    private record Place(String topic, String key) {}

    /** One route from Kafka and the route to Kafka that takes what it publishes. */
    private record Step(String kafkaTopic, SinkRoute sink, String mqttTopic, SourceRoute source) {}

    private FeedbackCheck(List<SourceRoute> sources, List<SinkRoute> sinks) {
        this.sources = sources;
        this.sinks = sinks;
    }

    /**
     * Refuses routes that feed each other.
     *
     * @param sources the routes to Kafka
     * @param sinks the routes from Kafka
     * @throws BridgeConfigException if a message of theirs would go round; the message names the routes and the mend
     */
    public static void requireNone(List<SourceRoute> sources, List<SinkRoute> sinks) {
        Set<Place> places = new LinkedHashSet<>();
        sinks.forEach(sink -> sink.topics.forEach(topic -> places.add(new Place(topic, Sample.ANY))));
        sources.forEach(source -> places.addAll(placesOf(source, source.sampleMqttTopic())));
        FeedbackCheck check = new FeedbackCheck(sources, sinks);
        places.forEach(check::follow);
    }

    /**
     * Refuses routes of which nobody can tell where they write, because a function says it: without markers nothing would stop
     * what they send round.
     *
     * @param sources the routes to Kafka
     * @param sinks the routes from Kafka
     * @throws BridgeConfigException if there is one; the message names it and the mend
     */
    public static void requireTemplates(List<SourceRoute> sources, List<SinkRoute> sinks) {
        String mapper = sources.stream()
                .filter(SourceRoute::hasTopicMapper)
                .map(source -> "route '" + source.name() + "': toKafka: ")
                .findFirst()
                .orElse(sinks.stream()
                        .filter(SinkRoute::hasTopicMapper)
                        .map(sink -> "route '" + sink.name() + "': toMqtt: ")
                        .findFirst()
                        .orElse(null));
        if (mapper != null) {
            throw new BridgeConfigException(mapper
                    + "a function names the topic, so that nobody can tell before whether routes feed each other, and MQTT 3.1.1"
                    + " has no user properties to mark messages with; use a template, set mqtt.version(V5), or set"
                    + " loops.guarded(false) if the topics of both directions are apart for certain");
        }
    }

    /** Where a route puts a message: under its key, and, as applications hand messages on under other keys, under any. */
    private static List<Place> placesOf(SourceRoute source, String mqttTopic) {
        String topic = source.sampleKafkaTopic(mqttTopic);
        return topic == null
                ? List.of()
                : List.of(new Place(topic, Sample.ANY), new Place(topic, source.sampleKey(mqttTopic)));
    }

    private void follow(Place place) {
        for (SinkRoute sink : sinks) {
            String mqttTopic = sink.reads(place.topic()) ? sink.sampleMqttTopic(place.topic(), place.key()) : null;
            if (mqttTopic != null) {
                follow(place, sink, mqttTopic);
            }
        }
        done.add(place);
    }

    private void follow(Place place, SinkRoute sink, String mqttTopic) {
        for (SourceRoute source : sources) {
            if (!source.filter.matches(mqttTopic)) {
                continue;
            }
            for (Place next : placesOf(source, mqttTopic)) {
                // A way longer than all routes makes longer and longer topics: no circle that could be shown.
                if (!done.contains(next) && path.size() <= sinks.size()) {
                    path.add(new Step(place.topic(), sink, mqttTopic, source));
                    requireNew(next.topic());
                    follow(next);
                    path.remove(path.size() - 1);
                }
            }
        }
    }

    private void requireNew(String kafkaTopic) {
        for (int i = 0; i < path.size(); i++) {
            if (path.get(i).kafkaTopic().equals(kafkaTopic)) {
                throw feedback(path.subList(i, path.size()));
            }
        }
    }

    private static BridgeConfigException feedback(List<Step> circle) {
        String routes = circle.stream()
                .map(step -> "'" + step.sink().name + "' and '" + step.source().name + "'")
                .collect(Collectors.joining(", "));
        String way = circle.stream()
                .map(step -> "from '" + step.kafkaTopic() + "' to '" + UntrustedText.escape(step.mqttTopic()) + "'")
                .collect(Collectors.joining(" and on "));
        return new BridgeConfigException("route: " + routes + " feed each other: a message goes " + way
                + " and back to '" + circle.get(0).kafkaTopic()
                + "' for ever; keep filter and templates apart, or set loops.allowFeedback(), with which the bridge"
                + " stops each message on its way back");
    }
}
