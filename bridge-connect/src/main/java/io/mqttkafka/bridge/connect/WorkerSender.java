package io.mqttkafka.bridge.connect;

import io.mqttkafka.bridge.core.kafka.RecordSender;
import io.mqttkafka.bridge.core.kafka.TopicResolution;
import java.time.Duration;

/** What senders of both directions share: that the worker is there, and that topics are its matter. */
public abstract class WorkerSender implements RecordSender {
    /** Makes a sender. */
    protected WorkerSender() {}

    @Override
    public final void open(Duration timeout) {
        // The worker is there.
    }

    /** The worker creates topics, or fails its task when one is missing. */
    @Override
    public final TopicResolution resolve(String topic) {
        return TopicResolution.ready(1);
    }

    @Override
    public final TopicResolution look(String topic) {
        return resolve(topic);
    }

    @Override
    public final Boolean creates(String topic) {
        return true;
    }

    @Override
    public final void flush() {
        // The worker polls and writes by itself.
    }
}
