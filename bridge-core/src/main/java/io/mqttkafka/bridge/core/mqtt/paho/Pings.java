package io.mqttkafka.bridge.core.mqtt.paho;

import java.time.Duration;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.eclipse.paho.mqttv5.client.MqttPingSender;
import org.eclipse.paho.mqttv5.client.internal.ClientComms;
import org.jspecify.annotations.Nullable;

/**
 * Lets Paho look after the connection in time. Its own timer waits for the keep-alive that was asked for before it looks for
 * the first time, even if the broker has imposed a shorter one.
 */
final class Pings implements MqttPingSender {
    private final Supplier<Duration> keepAlive;
    private final ScheduledThreadPoolExecutor timer;
    private volatile @Nullable ClientComms comms;
    private volatile @Nullable Thread looking;

    Pings(String clientId, Supplier<Duration> keepAlive) {
        this.keepAlive = keepAlive;
        timer = new ScheduledThreadPoolExecutor(
                1,
                task -> {
                    Thread thread = new Thread(task, "MQTT Ping: " + clientId);
                    thread.setDaemon(true);
                    return thread;
                },
                // Paho may ask for another look while it shuts down.
                new ThreadPoolExecutor.DiscardPolicy());
    }

    @Override
    public void init(ClientComms owner) {
        comms = owner;
    }

    @Override
    public void start() {
        schedule(keepAlive.get().toMillis());
    }

    @Override
    public void stop() {
        timer.shutdownNow();
    }

    @Override
    public void schedule(long delayMillis) {
        ClientComms looked = comms;
        if (looked != null) {
            timer.schedule(() -> look(looked), delayMillis, TimeUnit.MILLISECONDS);
        }
    }

    private void look(ClientComms owner) {
        looking = Thread.currentThread();
        try {
            owner.checkForActivity();
        } finally {
            looking = null;
        }
    }

    /** Says whether the calling thread is Paho looking after the connection: if it closes that now, no answer has come. */
    boolean looking() {
        return looking == Thread.currentThread();
    }
}
