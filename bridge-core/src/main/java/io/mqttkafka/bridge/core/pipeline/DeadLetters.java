package io.mqttkafka.bridge.core.pipeline;

import io.mqttkafka.bridge.core.routing.UntrustedText;
import io.mqttkafka.bridge.message.Header;
import io.mqttkafka.bridge.message.UserProperty;
import java.util.ArrayList;
import java.util.List;

/**
 * The headers of a dead letter: where the message came from and why it is here. The value is the payload as it came.
 */
final class DeadLetters {
    private static final String PREFIX = "bridge.dead-letter.";

    private DeadLetters() {}

    static List<Header> headers(Attempt attempt, Throwable cause) {
        List<Header> headers = cause(attempt.route().name(), attempt.failures, cause);
        RecordHeaders.addMetadata(headers, attempt.message);
        RecordHeaders.addUserProperties(headers, attempt.message, attempt.route().guard);
        if (attempt.route().guard.isOn()) {
            UserProperty marker = attempt.route().guard.find(attempt.message);
            if (marker != null) {
                headers.add(RecordHeaders.text(marker.name(), marker.value()));
            }
        }
        return headers;
    }

    /** For a record from Kafka: its own headers follow, repeats and all, but for those of a dead letter that it was before. */
    static List<Header> headers(SinkRoute route, SinkAttempt attempt, Throwable cause) {
        List<Header> headers = cause(route.name(), attempt.failures, cause);
        headers.add(RecordHeaders.text(PREFIX + "origin", attempt.message.origin()));
        for (Header header : attempt.message.headers()) {
            // Whoever asks for the last one of a name would be told the old cause.
            if (!header.name().startsWith(PREFIX)) {
                headers.add(header);
            }
        }
        return headers;
    }

    private static List<Header> cause(String route, int attempts, Throwable cause) {
        List<Header> headers = new ArrayList<>();
        headers.add(RecordHeaders.text(PREFIX + "route", route));
        headers.add(RecordHeaders.text(PREFIX + "cause", cause.getClass().getName()));
        headers.add(RecordHeaders.text(PREFIX + "message", UntrustedText.escape(String.valueOf(cause.getMessage()))));
        headers.add(RecordHeaders.text(PREFIX + "attempts", Integer.toString(attempts)));
        return headers;
    }
}
