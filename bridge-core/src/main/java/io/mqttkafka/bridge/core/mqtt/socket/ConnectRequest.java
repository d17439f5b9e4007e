package io.mqttkafka.bridge.core.mqtt.socket;

import io.mqttkafka.bridge.config.MqttOptions;
import io.mqttkafka.bridge.core.mqtt.MqttConnectException;
import io.mqttkafka.bridge.core.mqtt.Will;
import io.mqttkafka.bridge.core.mqtt.control.ControlPackets;
import io.mqttkafka.bridge.core.mqtt.wire.ProtocolVersion;
import org.jspecify.annotations.Nullable;

/** What a connection says first: CONNECT with the credentials of the moment. */
final class ConnectRequest {
    private ConnectRequest() {}

    /**
     * Writes it.
     *
     * @throws MqttConnectException if the password cannot be had, or not be said in this version
     */
    static byte[] bytes(ProtocolVersion version, MqttOptions options, @Nullable Will will, String clientId)
            throws MqttConnectException {
        String password = password(options);
        if (version.hasProperties()) {
            return ControlPackets.connect(options, clientId, password, will);
        }
        if (password != null && options.username() == null) {
            throw ConnectFailures.passwordAlone();
        }
        return ControlPackets.connect311(
                options, clientId, options.sessionExpiry().isZero(), password, will);
    }

    private static @Nullable String password(MqttOptions options) throws MqttConnectException {
        try {
            return options.password() == null ? null : options.password().reveal();
        } catch (RuntimeException e) {
            throw ConnectFailures.unasked("mqtt.password", e);
        }
    }
}
