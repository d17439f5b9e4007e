package io.mqttkafka.bridge.core.source;

import io.mqttkafka.bridge.core.route.LoopGuard;
import io.mqttkafka.bridge.core.route.MetadataHeaders;
import io.mqttkafka.bridge.core.routing.TopicTemplate;
import io.mqttkafka.bridge.message.Header;
import io.mqttkafka.bridge.message.MqttMessage;
import io.mqttkafka.bridge.message.MqttProperties;
import io.mqttkafka.bridge.message.UserProperty;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes the headers of Kafka records of what MQTT knows. */
public final class RecordHeaders {
    private RecordHeaders() {}

    /** Makes the headers that a route asks for, and the marker if there is one; null if there are none. */
    static @Nullable List<Header> of(
            SourceRoute route, MqttMessage message, TopicTemplate.Values values, @Nullable Header marker) {
        boolean properties =
                route.userProperties && !message.properties().userProperties().isEmpty();
        if (!properties && !route.metadataHeaders && route.headers.isEmpty() && marker == null) {
            return null;
        }
        List<Header> headers = new ArrayList<>();
        if (properties) {
            addUserProperties(headers, message, route.guard);
        }
        if (route.metadataHeaders) {
            addMetadata(headers, message);
        }
        for (SourceRoute.CompiledHeader header : route.headers) {
            headers.add(MetadataHeaders.text(header.name(), header.template().render(values)));
        }
        if (marker != null) {
            headers.add(marker);
        }
        return headers;
    }

    /** Adds the user properties in order: none that belongs to the bridge, and none that could pass for metadata. */
    static void addUserProperties(List<Header> headers, MqttMessage message, LoopGuard guard) {
        for (UserProperty property : message.properties().userProperties()) {
            if (guard.handsOn(property.name())) {
                headers.add(MetadataHeaders.text(MetadataHeaders.headerName(property.name()), property.value()));
            }
        }
    }

    static void addMetadata(List<Header> headers, MqttMessage message) {
        headers.add(MetadataHeaders.text(MetadataHeaders.TOPIC, message.topic()));
        headers.add(MetadataHeaders.text(
                MetadataHeaders.QOS, Integer.toString(message.qos().level())));
        headers.add(MetadataHeaders.text(MetadataHeaders.RETAINED, Boolean.toString(message.retained())));
        headers.add(MetadataHeaders.text(MetadataHeaders.DUPLICATE, Boolean.toString(message.duplicate())));
        MqttProperties properties = message.properties();
        if (properties.payloadIsUtf8() != null) {
            headers.add(MetadataHeaders.text(
                    MetadataHeaders.PAYLOAD_FORMAT, properties.payloadIsUtf8() ? "utf-8" : "bytes"));
        }
        if (properties.contentType() != null) {
            headers.add(MetadataHeaders.text(MetadataHeaders.CONTENT_TYPE, properties.contentType()));
        }
        if (properties.responseTopic() != null && isTopic(properties.responseTopic())) {
            headers.add(MetadataHeaders.text(MetadataHeaders.RESPONSE_TOPIC, properties.responseTopic()));
        }
        if (properties.correlationData() != null) {
            headers.add(new Header(MetadataHeaders.CORRELATION_DATA, properties.correlationData()));
        }
        if (properties.expirySeconds() != null) {
            long deadline = message.receivedAtMillis() + properties.expirySeconds() * 1000;
            headers.add(MetadataHeaders.text(MetadataHeaders.EXPIRES_AT, Long.toString(deadline)));
        }
    }

    /** MQTT forbids others, but not every broker looks; who answers to one would fail in the device's stead. */
    private static boolean isTopic(String responseTopic) {
        return !responseTopic.isEmpty() && responseTopic.indexOf('+') < 0 && responseTopic.indexOf('#') < 0;
    }
}
