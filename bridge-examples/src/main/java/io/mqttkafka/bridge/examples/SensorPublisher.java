package io.mqttkafka.bridge.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.mqttkafka.bridge.examples.SensorMessage.Kind;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttActionListener;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.jspecify.annotations.Nullable;

/** The devices of the quickstart: publishes over a real socket, never more than a window ahead of the broker. */
final class SensorPublisher implements AutoCloseable {
    private static final int WINDOW = 50;
    private static final int PATIENCE_SECONDS = 20;
    private static final int FIRST_ERROR_CODE = 0x80;

    private final MqttAsyncClient client;
    private final Semaphore window = new Semaphore(WINDOW);
    private final Map<Kind, LongAdder> published = new EnumMap<>(Kind.class);
    private volatile @Nullable String refusal;

    private SensorPublisher(MqttAsyncClient client) {
        this.client = client;
        for (Kind kind : Kind.values()) {
            published.put(kind, new LongAdder());
        }
    }

    static SensorPublisher connect(String serverUri) throws MqttException {
        MqttAsyncClient client = new MqttAsyncClient(serverUri, "quickstart-devices", new MemoryPersistence());
        MqttConnectionOptions options = new MqttConnectionOptions();
        options.setCleanStart(true);
        client.connect(options).waitForCompletion(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
        return new SensorPublisher(client);
    }

    /** Returns how many messages the MQTT broker has taken so far. */
    long published() {
        return published.values().stream().mapToLong(LongAdder::sum).sum();
    }

    /** Returns how many messages of one kind the MQTT broker has taken so far. */
    long published(Kind kind) {
        return count(kind).sum();
    }

    private LongAdder count(Kind kind) {
        return Objects.requireNonNull(published.get(kind));
    }

    /** Publishes on a thread of its own; the result is there when the MQTT broker has taken every message. */
    CompletableFuture<Void> publish(List<SensorMessage> messages) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> {
                    try {
                        for (SensorMessage message : messages) {
                            publish(message);
                        }
                        acquire(WINDOW);
                        done.complete(null);
                    } catch (MqttException | InterruptedException | RuntimeException e) {
                        done.completeExceptionally(e);
                    }
                },
                "devices");
        thread.setDaemon(true);
        thread.start();
        return done;
    }

    private void publish(SensorMessage message) throws MqttException, InterruptedException {
        acquire(1);
        client.publish(
                message.mqttTopic(),
                message.payload().getBytes(UTF_8),
                message.kind().qos().level(),
                false,
                null,
                new MqttActionListener() {
                    @Override
                    public void onSuccess(IMqttToken token) {
                        int[] codes = token.getReasonCodes();
                        if (codes != null && codes.length > 0 && codes[0] >= FIRST_ERROR_CODE) {
                            refusal = "reason code " + codes[0];
                        } else {
                            count(message.kind()).increment();
                        }
                        window.release();
                    }

                    @Override
                    public void onFailure(IMqttToken token, Throwable cause) {
                        refusal = String.valueOf(cause);
                        window.release();
                    }
                });
    }

    private void acquire(int permits) throws InterruptedException {
        if (!window.tryAcquire(permits, PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new IllegalStateException("the MQTT broker has not answered for " + PATIENCE_SECONDS + " s");
        }
        if (refusal != null) {
            throw new IllegalStateException("the MQTT broker refused a message: " + refusal);
        }
    }

    @Override
    public void close() throws MqttException {
        client.disconnectForcibly(0, TimeUnit.SECONDS.toMillis(1), true);
        client.close();
    }
}
