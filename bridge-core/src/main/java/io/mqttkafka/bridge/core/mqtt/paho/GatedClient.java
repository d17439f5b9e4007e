package io.mqttkafka.bridge.core.mqtt.paho;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.function.Function;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.internal.MqttState;
import org.eclipse.paho.mqttv5.client.internal.NetworkModule;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;

/** A Paho client whose streams can be replaced. */
final class GatedClient extends MqttAsyncClient {
    private final Function<NetworkModule, NetworkModule> gate;

    GatedClient(String serverUri, String clientId, Pings pings, Function<NetworkModule, NetworkModule> gate)
            throws MqttException {
        super(serverUri, clientId, new MemoryPersistence(), pings, null);
        this.gate = gate;
    }

    /**
     * Tells Paho that the broker is alive. It does not see the messages, and the answer to its ping can lie behind many of
     * them.
     */
    void received() {
        comms.getClientState().notifyReceivedBytes(1);
    }

    /** Wakes a writer of Paho that began to wait just after it was told to stop; nobody else would. */
    void wakeWriter() {
        MqttState state = comms.getClientState();
        if (state != null) {
            state.notifyQueueLock();
        }
    }

    @Override
    protected NetworkModule[] createNetworkModules(String address, MqttConnectionOptions options) throws MqttException {
        NetworkModule[] modules = super.createNetworkModules(address, options);
        for (int i = 0; i < modules.length; i++) {
            modules[i] = gate.apply(modules[i]);
        }
        return modules;
    }

    /** A network module with other streams, which tells when Paho closes it. */
    abstract static class Gate implements NetworkModule {
        private final NetworkModule module;

        Gate(NetworkModule module) {
            this.module = module;
        }

        abstract InputStream inbound(InputStream in);

        abstract OutputStream outbound(OutputStream out);

        /** Paho is about to close the connection. */
        abstract void stopping();

        @Override
        public void start() throws IOException, MqttException {
            module.start();
        }

        @Override
        public InputStream getInputStream() throws IOException {
            return inbound(module.getInputStream());
        }

        @Override
        public OutputStream getOutputStream() throws IOException {
            return outbound(module.getOutputStream());
        }

        @Override
        public void stop() throws IOException {
            stopping();
            module.stop();
        }

        @Override
        public String getServerURI() {
            return module.getServerURI();
        }
    }
}
