package io.mqttkafka.bridge.benchmarks.peers;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.jspecify.annotations.Nullable;

/**
 * What a careful user writes by hand with the stock Paho client: manual acknowledgements, each sent when Kafka has the
 * message, in the order of receipt. That works at QoS 1 only. At QoS 2 Paho tells the broker on receipt that the message
 * is safe, manual acknowledgements or not; all they add is a second PUBCOMP, for which mosquitto closes the connection.
 */
public final class StockPahoPeer implements MqttCallback {
    private static final long NEVER_EXPIRE = 0xffff_ffffL;
    /** Held here because loggers are collected with their settings. At INFO, Paho logs every message of QoS 2. */
    private static final Logger PAHO_LOGGER = Logger.getLogger("org.eclipse.paho");

    private final MqttAsyncClient client;
    private final Producer<byte[], byte[]> producer;
    private final String kafkaTopic;
    private final Queue<Pending> pending = new ArrayDeque<>();

    private StockPahoPeer(PeerSettings settings) throws MqttException {
        this.producer = settings.newProducer();
        this.client = new MqttAsyncClient(settings.serverUri(), settings.clientId(), new MemoryPersistence());
        this.kafkaTopic = settings.kafkaTopic();
    }

    /** Takes {@link PeerSettings}; runs until it is told to end by SIGTERM. */
    public static void main(String[] args) throws MqttException {
        PAHO_LOGGER.setLevel(Level.WARNING);
        PeerSettings settings = PeerSettings.fromArguments(args);
        StockPahoPeer peer = new StockPahoPeer(settings);
        Runtime.getRuntime().addShutdownHook(new Thread(peer.producer::close));
        peer.start(settings);
    }

    private void start(PeerSettings settings) throws MqttException {
        MqttConnectionOptions options = new MqttConnectionOptions();
        options.setCleanStart(false);
        options.setSessionExpiryInterval(NEVER_EXPIRE);
        options.setReceiveMaximum(settings.receiveMaximum());
        client.setManualAcks(true);
        client.setCallback(this);
        client.connect(options).waitForCompletion();
        client.subscribe(settings.mqttFilter(), settings.qos()).waitForCompletion();
    }

    @Override
    public void messageArrived(String topic, MqttMessage message) {
        Pending receipt = new Pending(message.getId());
        if (message.getQos() == 1) {
            synchronized (pending) {
                pending.add(receipt);
            }
        }
        byte[] key = topic.getBytes(StandardCharsets.UTF_8);
        producer.send(
                new ProducerRecord<>(kafkaTopic, key, message.getPayload()),
                (metadata, failure) -> onCompletion(receipt, failure));
    }

    private void onCompletion(Pending receipt, @Nullable Exception failure) {
        if (failure != null) {
            failure.printStackTrace();
            Runtime.getRuntime().halt(1);
        }
        synchronized (pending) {
            receipt.inKafka = true;
            Pending first = pending.peek();
            while (first != null && first.inKafka) {
                acknowledge(pending.remove());
                first = pending.peek();
            }
        }
    }

    private void acknowledge(Pending receipt) {
        try {
            client.messageArrivedComplete(receipt.packetId, 1);
        } catch (MqttException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void disconnected(MqttDisconnectResponse response) {
        System.err.println("Disconnected: " + response);
        Runtime.getRuntime().halt(1);
    }

    @Override
    public void mqttErrorOccurred(MqttException exception) {
        exception.printStackTrace();
    }

    @Override
    public void deliveryComplete(IMqttToken token) {}

    @Override
    public void connectComplete(boolean reconnect, String serverUri) {}

    @Override
    public void authPacketArrived(int reasonCode, MqttProperties properties) {}

    private static final class Pending {
        private final int packetId;
        private boolean inKafka;

        private Pending(int packetId) {
            this.packetId = packetId;
        }
    }
}
