package io.mqttkafka.bridge.testkit.broker;

import io.mqttkafka.bridge.testkit.net.Polling;
import io.mqttkafka.bridge.testkit.packet.ConnectPacket;
import io.mqttkafka.bridge.testkit.packet.MqttPackets;
import io.mqttkafka.bridge.testkit.packet.MqttProperties;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.Optional;
import org.testcontainers.hivemq.HiveMQContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * A real MQTT 5 broker in a container: HiveMQ Community Edition, by Testcontainers. It keeps sessions and queued messages
 * over {@link #restart()}.
 *
 * <p>Needs Docker and {@code org.testcontainers:hivemq}. Thread-safe.
 */
public final class ContainerMqttBroker implements MqttBroker {

    /** The image that {@link #start()} uses. */
    public static final String IMAGE = "hivemq/hivemq-ce:2025.5";

    private static final int MQTT_PORT = 1883;
    private static final int PROBE_MILLIS = 2_000;
    private static final int CONNACK = 0x20;
    private static final Duration START_TIMEOUT = Duration.ofSeconds(120);

    private final DockerBroker container;

    private ContainerMqttBroker(String image) {
        container = new DockerBroker(new HiveMQContainer(DockerImageName.parse(image)), MQTT_PORT);
    }

    /** Returns whether there is a Docker that Testcontainers can use; the first call takes up to some seconds. */
    public static boolean available() {
        return DockerBroker.available();
    }

    /**
     * Starts a broker of {@link #IMAGE} and returns when it accepts clients.
     *
     * @throws IllegalStateException if there is no Docker
     */
    public static ContainerMqttBroker start() {
        return start(IMAGE);
    }

    /**
     * Starts a broker of another tag of {@code hivemq/hivemq-ce} or {@code hivemq/hivemq4}.
     *
     * @throws IllegalStateException if there is no Docker
     */
    public static ContainerMqttBroker start(String image) {
        ContainerMqttBroker broker = new ContainerMqttBroker(image);
        try {
            broker.restart();
            return broker;
        } catch (RuntimeException | Error e) {
            broker.close();
            throw e;
        }
    }

    /** {@inheritDoc} Here it is where Docker runs. */
    @Override
    public String host() {
        return container.host();
    }

    @Override
    public int port() {
        return container.port();
    }

    @Override
    public synchronized void stop() {
        container.stop();
    }

    @Override
    public synchronized void restart() {
        container.stop();
        container.start();
        // Docker listens on the port before the broker does.
        if (!Polling.until(START_TIMEOUT, this::answers)) {
            throw new IllegalStateException("The MQTT broker in the container does not answer at " + serverUri());
        }
    }

    @Override
    public synchronized void close() {
        container.close();
    }

    private boolean answers() {
        ConnectPacket connect = new ConnectPacket(
                "probe", true, 0, Optional.empty(), Optional.empty(), Optional.empty(), MqttProperties.NONE);
        try (Socket socket = new Socket(host(), port())) {
            socket.setSoTimeout(PROBE_MILLIS);
            socket.getOutputStream().write(MqttPackets.connect(connect).bytes());
            return socket.getInputStream().read() == CONNACK;
        } catch (IOException e) {
            return false;
        }
    }
}
