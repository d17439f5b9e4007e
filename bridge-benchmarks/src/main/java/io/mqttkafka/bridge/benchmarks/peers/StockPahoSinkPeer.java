package io.mqttkafka.bridge.benchmarks.peers;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttActionListener;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;

/**
 * What a careful user writes by hand with the stock Paho client: a window of messages under way, reason codes checked, and
 * once a second a wait for all acknowledgements before the offsets are committed.
 */
public final class StockPahoSinkPeer implements MqttActionListener {
    /** Held here, as the log manager keeps only weak references. */
    private static final Logger PAHO_LOGGER = Logger.getLogger("org.eclipse.paho");

    private static final Duration POLL = Duration.ofMillis(100);
    private static final int FIRST_ERROR_CODE = 0x80;
    private static final long NEVER_EXPIRE = 0xffff_ffffL;

    private final Consumer<byte[], byte[]> consumer;
    private final MqttAsyncClient client;
    private final int qos;
    private final int places;
    private final Semaphore window;

    private StockPahoSinkPeer(PeerSettings settings) throws MqttException {
        this.consumer = settings.newConsumer();
        this.client = new MqttAsyncClient(settings.serverUri(), settings.clientId(), new MemoryPersistence());
        this.qos = settings.qos();
        this.places = settings.receiveMaximum();
        this.window = new Semaphore(places);
    }

    /** Takes {@link PeerSettings}; runs until it is told to end by SIGTERM. */
    public static void main(String[] args) throws MqttException, InterruptedException {
        PAHO_LOGGER.setLevel(Level.WARNING);
        new StockPahoSinkPeer(PeerSettings.fromArguments(args)).run();
    }

    private void run() throws MqttException, InterruptedException {
        MqttConnectionOptions options = new MqttConnectionOptions();
        options.setCleanStart(false);
        options.setSessionExpiryInterval(NEVER_EXPIRE);
        client.connect(options).waitForCompletion();
        long committedAt = System.nanoTime();
        while (true) {
            for (ConsumerRecord<byte[], byte[]> message : consumer.poll(POLL)) {
                window.acquire();
                String topic = new String(message.key(), StandardCharsets.UTF_8);
                client.publish(topic, message.value(), qos, false, null, this);
            }
            if (System.nanoTime() - committedAt > PeerSettings.COMMIT_INTERVAL.toNanos()) {
                window.acquire(places);
                window.release(places);
                consumer.commitAsync();
                committedAt = System.nanoTime();
            }
        }
    }

    @Override
    public void onSuccess(IMqttToken token) {
        int[] codes = token.getReasonCodes();
        if (codes != null && codes.length > 0 && codes[0] >= FIRST_ERROR_CODE) {
            System.err.println("The broker refused a message: reason code " + codes[0]);
            Runtime.getRuntime().halt(1);
        }
        window.release();
    }

    @Override
    public void onFailure(IMqttToken token, Throwable cause) {
        cause.printStackTrace();
        Runtime.getRuntime().halt(1);
    }
}
