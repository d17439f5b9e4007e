package io.mqttkafka.bridge.testkit.fake.mqtt;

import io.mqttkafka.bridge.testkit.packet.MqttProperties;
import java.util.Map;

/**
 * What differs from one fake broker to another.
 *
 * @param users names and passwords; empty to let everyone in
 * @param maximumQos 0 to 2
 * @param receiveMaximum how many QoS 2 messages a client may have open
 * @param maximumPacketSize in bytes
 * @param topicAliasMaximum how many aliases either side may use; 0 for none
 * @param serverKeepAlive in seconds, in place of the client's; -1 to leave it to the client
 * @param maximumSessionExpiry in seconds
 * @param maxQueuedMessages how many messages wait for each session
 * @param announced further properties for CONNACK
 */
record BrokerOptions(
        Map<String, String> users,
        int maximumQos,
        int receiveMaximum,
        long maximumPacketSize,
        int topicAliasMaximum,
        int serverKeepAlive,
        long maximumSessionExpiry,
        int maxQueuedMessages,
        MqttProperties announced) {

    /** The session expiry that stands for "never". */
    static final long NEVER = 0xFFFF_FFFFL;

    /** The largest packet MQTT has room for. */
    static final long LARGEST_PACKET = 268_435_460;

    static final int NO_RECEIVE_MAXIMUM = 65_535;
    static final int HIGHEST_QOS = 2;
    static final int CLIENTS_KEEP_ALIVE = -1;

    static final BrokerOptions DEFAULTS = new BrokerOptions(
            Map.of(),
            HIGHEST_QOS,
            NO_RECEIVE_MAXIMUM,
            LARGEST_PACKET,
            10,
            CLIENTS_KEEP_ALIVE,
            NEVER,
            100_000,
            MqttProperties.NONE);

    BrokerOptions {
        users = Map.copyOf(users);
    }
}
