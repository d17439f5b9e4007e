package io.mqttkafka.bridge.codecs;

import io.mqttkafka.bridge.CodecContext;
import io.mqttkafka.bridge.message.Header;
import java.util.ArrayList;
import java.util.List;

/** A context as the engine makes it, which keeps the headers that are added. */
record FakeCodecContext(String mqttTopic, String kafkaTopic, List<Header> headers, List<Header> added)
        implements CodecContext {
    static FakeCodecContext decoding(Header... headers) {
        return new FakeCodecContext("sensors/1/temp", null, List.of(headers), new ArrayList<>());
    }

    static FakeCodecContext encoding(Header... headers) {
        return new FakeCodecContext("sensors/1/temp", "telemetry", List.of(headers), new ArrayList<>());
    }

    @Override
    public String contentType() {
        return null;
    }

    @Override
    public void addHeader(String name, byte[] value) {
        added.add(new Header(name, value));
    }
}
