package io.mqttkafka.bridge.core.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mqttkafka.bridge.core.mqtt.wire.ConnAck;
import io.mqttkafka.bridge.core.mqtt.wire.Disconnect;
import io.mqttkafka.bridge.core.mqtt.wire.FrameHandler;
import io.mqttkafka.bridge.core.mqtt.wire.FrameReader;
import io.mqttkafka.bridge.core.mqtt.wire.MalformedPacketException;
import io.mqttkafka.bridge.core.mqtt.wire.PublishFrame;
import io.mqttkafka.bridge.core.mqtt.wire.RequestAnswer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TopicCacheTest {
    private static final int LONGEST = 65_000;
    private static final byte[] CONNACK = {0x20, 3, 0, 0, 0};

    private final List<String> asked = new ArrayList<>();
    private final TopicCache cache = new TopicCache(32L << 20, topic -> {
        asked.add(topic);
        return new RouteMatch[0];
    });

    @Test
    void topic_comesAgain_isRemembered() throws IOException {
        look("a/b", "a/c", "a/b", "a/c");

        assertThat(asked).containsExactly("a/b", "a/c");
    }

    @Test
    void longTopics_areNotAllRemembered() throws IOException {
        String[] topics =
                IntStream.range(0, 1000).mapToObj(TopicCacheTest::longTopic).toArray(String[]::new);
        look(topics);
        asked.clear();

        look(topics);

        // They have 130 MB as text and as bytes, and 8,192 of them would have a gigabyte.
        assertThat(asked).hasSizeGreaterThan(500);
    }

    @Test
    void shortTopic_afterManyLongOnes_isRemembered() throws IOException {
        look(IntStream.range(0, 1000).mapToObj(TopicCacheTest::longTopic).toArray(String[]::new));
        look("a/b");
        asked.clear();

        look("a/b");

        assertThat(asked).isEmpty();
    }

    private static String longTopic(int number) {
        return "x".repeat(LONGEST) + number;
    }

    /** Has messages on these topics arrive. */
    private void look(String... topics) throws IOException {
        ByteArrayOutputStream packets = new ByteArrayOutputStream();
        packets.writeBytes(CONNACK);
        for (String topic : topics) {
            publish(packets, topic.getBytes(StandardCharsets.UTF_8));
        }
        FrameReader reader = new FrameReader(new ByteArrayInputStream(packets.toByteArray()), new Looking(), 1 << 20);
        assertThatExceptionOfType(EOFException.class).isThrownBy(reader::run);
    }

    private static void publish(ByteArrayOutputStream packets, byte[] topic) {
        packets.write(0x30);
        int remaining = topic.length + 3;
        while (remaining > 127) {
            packets.write(remaining & 127 | 128);
            remaining >>= 7;
        }
        packets.write(remaining);
        packets.write(topic.length >> 8);
        packets.write(topic.length);
        packets.writeBytes(topic);
        packets.write(0);
    }

    private final class Looking implements FrameHandler {
        @Override
        public void publish(PublishFrame frame) {
            try {
                cache.lookUp(frame, frame.topicHash());
            } catch (MalformedPacketException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public void beginning(int firstByte) {}

        @Override
        public void arriving(int firstByte, int remainingLength) {}

        @Override
        public void connAck(ConnAck connAck) {}

        @Override
        public void release(int packetId) {}

        @Override
        public void answered(int type, int packetId, int reasonCode) {}

        @Override
        public void answered(RequestAnswer answer) {}

        @Override
        public void pingAnswered() {}

        @Override
        public void disconnected(Disconnect disconnect) {}
    }
}
