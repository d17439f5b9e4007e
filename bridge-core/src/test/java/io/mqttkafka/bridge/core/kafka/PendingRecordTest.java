package io.mqttkafka.bridge.core.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.mqttkafka.bridge.spi.MessageObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PendingRecordTest {
    private final List<String> happened = new ArrayList<>();

    private final MockProducer<byte[], byte[]> producer = new MockProducer<>() {
        @Override
        public Future<RecordMetadata> send(ProducerRecord<byte[], byte[]> record, @Nullable Callback callback) {
            happened.add("send");
            throw new IllegalStateException("full");
        }
    };

    private class Plain extends PendingRecord {
        @Override
        protected void confirmed() {}

        @Override
        protected void unconfirmed(SendFailure failure) {}
    }

    private final class Followed extends Plain {
        @Override
        protected MessageObserver.Scope enter() {
            happened.add("enter");
            return () -> happened.add("close");
        }
    }

    private void handTo(PendingRecord pending) {
        assertThatIllegalStateException()
                .isThrownBy(() -> pending.handTo(producer, new ProducerRecord<>("t", new byte[0]), pending))
                .withMessage("full");
    }

    @Test
    void handTo_followed_isCurrentWhileTheProducerTakesIt() {
        handTo(new Followed());

        assertThat(happened).containsExactly("enter", "send", "close");
    }

    @Test
    void handTo_notFollowed_isSentAsItIs() {
        handTo(new Plain());

        assertThat(happened).containsExactly("send");
    }
}
