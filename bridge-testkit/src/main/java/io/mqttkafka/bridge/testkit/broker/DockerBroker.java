package io.mqttkafka.bridge.testkit.broker;

import com.github.dockerjava.api.model.ExposedPort;
import com.github.dockerjava.api.model.PortBinding;
import com.github.dockerjava.api.model.Ports.Binding;
import io.mqttkafka.bridge.testkit.net.Ports;
import java.util.Objects;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;

/**
 * A broker's container that keeps its port and its data when it is stopped and started again, which Testcontainers' own
 * stop does not. Not thread-safe.
 */
final class DockerBroker implements AutoCloseable {

    private static final int STOP_SECONDS = 30;

    private final GenericContainer<?> container;
    private final int port;
    private boolean running;

    /** Prepares a container that does not run yet, with its port bound to a free one of this machine. */
    DockerBroker(GenericContainer<?> container, int containerPort) {
        this.container = container;
        this.port = Ports.free();
        container.withCreateContainerCmdModifier(command -> Objects.requireNonNull(command.getHostConfig())
                .withPortBindings(new PortBinding(Binding.bindPort(port), new ExposedPort(containerPort))));
    }

    static boolean available() {
        return DockerClientFactory.instance().isDockerAvailable();
    }

    String host() {
        return container.getHost();
    }

    int port() {
        return port;
    }

    /** Starts it, if it does not run. */
    void start() {
        if (running) {
            return;
        }
        if (container.getContainerId() == null) {
            container.start();
        } else {
            container
                    .getDockerClient()
                    .startContainerCmd(container.getContainerId())
                    .exec();
        }
        running = true;
    }

    /** Ends what runs in it by SIGTERM; the container stays. */
    void stop() {
        if (running) {
            running = false;
            container
                    .getDockerClient()
                    .stopContainerCmd(container.getContainerId())
                    .withTimeout(STOP_SECONDS)
                    .exec();
        }
    }

    /** Removes the container with its data. */
    @Override
    public void close() {
        running = false;
        container.stop();
    }
}
