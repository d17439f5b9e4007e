package io.mqttkafka.bridge.core.pipeline;

import io.mqttkafka.bridge.core.routing.UntrustedText;
import io.mqttkafka.bridge.message.Header;
import java.util.ArrayList;
import java.util.List;

/**
 * The headers of a dead letter: where the message came from and why it is here. The value is the payload as it came.
 */
final class DeadLetters {
    private DeadLetters() {}

    static List<Header> headers(Attempt attempt, Throwable cause) {
        List<Header> headers = new ArrayList<>();
        headers.add(
                RecordHeaders.text("bridge.dead-letter.route", attempt.route().name()));
        headers.add(
                RecordHeaders.text("bridge.dead-letter.cause", cause.getClass().getName()));
        headers.add(RecordHeaders.text(
                "bridge.dead-letter.message", UntrustedText.escape(String.valueOf(cause.getMessage()))));
        headers.add(RecordHeaders.text("bridge.dead-letter.attempts", Integer.toString(attempt.failures)));
        RecordHeaders.addMetadata(headers, attempt.message);
        RecordHeaders.addUserProperties(headers, attempt.message);
        return headers;
    }
}
