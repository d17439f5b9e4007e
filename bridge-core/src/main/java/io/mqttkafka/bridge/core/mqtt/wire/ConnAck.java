package io.mqttkafka.bridge.core.mqtt.wire;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What the MQTT broker said when it answered CONNECT, with the defaults of MQTT 5 for what it did not say.
 *
 * @param sessionPresent whether it still has the session
 * @param reasonCode 0, or 0x80 and above if it refuses
 * @param reason its explanation, or null
 * @param maximumQos the highest QoS it supports
 * @param sharedAvailable whether it supports shared subscriptions
 * @param wildcardsAvailable whether it supports wildcards
 * @param subscriptionIdsAvailable whether it supports subscription identifiers
 * @param sessionExpirySeconds how long it keeps the session; -1 if as long as asked
 * @param maximumPacketSize the largest packet it takes, in bytes
 * @param serverKeepAliveSeconds the keep-alive it imposes; -1 if none
 * @param assignedClientId the client id it chose, or null
 * @param serverReference the server to use instead, or null
 * @param receiveMaximum the most messages of QoS 1 and 2 that it takes at a time
 * @param retainAvailable whether it keeps retained messages
 */
public record ConnAck(
        boolean sessionPresent,
        int reasonCode,
        @Nullable String reason,
        int maximumQos,
        boolean sharedAvailable,
        boolean wildcardsAvailable,
        boolean subscriptionIdsAvailable,
        long sessionExpirySeconds,
        long maximumPacketSize,
        int serverKeepAliveSeconds,
        @Nullable String assignedClientId,
        @Nullable String serverReference,
        int receiveMaximum,
        boolean retainAvailable) {
    private static final int DEFAULT_RECEIVE_MAXIMUM = 65_535;

    /** The highest receive maximum that Paho reads as a positive number. */
    private static final int PAHO_RECEIVE_MAXIMUM = 0x7FFF;

    private static final int UNSUPPORTED_VERSION = 0x84;

    /** What MQTT has room for: a fixed header, and the highest remaining length. */
    private static final long LARGEST_PACKET = 5 + 268_435_455L;

    /** Says whether the broker accepts the connection. */
    public boolean accepted() {
        return reasonCode < 0x80;
    }

    /**
     * Chooses how often the broker is pinged: a longer silence than asked for is not needed.
     *
     * @param asked the keep-alive that was asked for
     * @return the shorter one of that and what the broker imposes
     */
    public Duration keepAlive(Duration asked) {
        return serverKeepAliveSeconds > 0 && serverKeepAliveSeconds < asked.toSeconds()
                ? Duration.ofSeconds(serverKeepAliveSeconds)
                : asked;
    }

    private static void write(byte[] bytes, int at, int uint16) {
        bytes[at] = (byte) (uint16 >> 8);
        bytes[at + 1] = (byte) uint16;
    }

    /**
     * Reads a CONNACK, and changes what Paho makes of it: lowers a receive maximum that it would take for a negative
     * number, and a server keep-alive that would make it ping later than asked, or never.
     *
     * @param bytes the array
     * @param from where the variable header begins
     * @param length the remaining length
     * @param keepAliveSeconds the keep-alive that was asked for
     * @return the CONNACK
     * @throws MalformedPacketException if it is not one
     */
    static ConnAck read(byte[] bytes, int from, int length, int keepAliveSeconds) throws MalformedPacketException {
        if (length < 2) {
            throw new MalformedPacketException("CONNACK is too short");
        }
        boolean sessionPresent = (bytes[from] & 1) != 0;
        // Without properties it is the refusal of a broker that knows only MQTT 3.
        int reasonCode = length == 2 ? UNSUPPORTED_VERSION : bytes[from + 1] & 0xFF;
        String reason = null;
        int maximumQos = 2;
        boolean shared = true;
        boolean wildcards = true;
        boolean subscriptionIds = true;
        long sessionExpiry = -1;
        long maximumPacketSize = LARGEST_PACKET;
        int serverKeepAlive = -1;
        String assigned = null;
        String serverReference = null;
        int receiveMaximum = DEFAULT_RECEIVE_MAXIMUM;
        boolean retain = true;
        if (length > 2) {
            VariableInt size = VariableInt.read(bytes, from + 2, from + length);
            if (size == null || size.next() + size.value() > from + length) {
                throw new MalformedPacketException("CONNACK has properties longer than itself");
            }
            PropertyReader properties = new PropertyReader(bytes, size.next(), size.value());
            long seen = 0;
            for (int id = properties.next(); id >= 0; id = properties.next()) {
                if ((seen & 1L << id) != 0 && id != PropertyReader.USER_PROPERTY) {
                    throw new MalformedPacketException(
                            MalformedPacketException.PROTOCOL_ERROR,
                            "CONNACK has the property 0x" + Integer.toHexString(id) + " twice");
                }
                seen |= 1L << id;
                switch (id) {
                    case PropertyReader.REASON_STRING -> reason = properties.text();
                    case PropertyReader.MAXIMUM_QOS -> maximumQos = (int) properties.number;
                    case PropertyReader.SHARED_AVAILABLE -> shared = properties.number != 0;
                    case PropertyReader.WILDCARDS_AVAILABLE -> wildcards = properties.number != 0;
                    case PropertyReader.SUBSCRIPTION_IDS_AVAILABLE -> subscriptionIds = properties.number != 0;
                    case PropertyReader.SESSION_EXPIRY -> sessionExpiry = properties.number;
                    case PropertyReader.MAXIMUM_PACKET_SIZE -> maximumPacketSize = properties.number;
                    case PropertyReader.SERVER_KEEP_ALIVE -> {
                        serverKeepAlive = (int) properties.number;
                        if (serverKeepAlive == 0 || serverKeepAlive > keepAliveSeconds) {
                            write(bytes, properties.valueAt, keepAliveSeconds);
                        }
                    }
                    case PropertyReader.AUTHENTICATION_METHOD, PropertyReader.AUTHENTICATION_DATA ->
                        throw new MalformedPacketException(
                                MalformedPacketException.PROTOCOL_ERROR,
                                "CONNACK with enhanced authentication, which was not asked for");
                    case PropertyReader.ASSIGNED_CLIENT_ID -> assigned = properties.text();
                    case PropertyReader.SERVER_REFERENCE -> serverReference = properties.text();
                    case PropertyReader.RETAIN_AVAILABLE -> retain = properties.number != 0;
                    case PropertyReader.RECEIVE_MAXIMUM -> {
                        receiveMaximum = (int) properties.number;
                        if (properties.number > PAHO_RECEIVE_MAXIMUM) {
                            write(bytes, properties.valueAt, PAHO_RECEIVE_MAXIMUM);
                        }
                    }
                    default -> {
                        // The others do not concern us.
                    }
                }
            }
        }
        if (receiveMaximum == 0 || maximumPacketSize == 0) {
            throw new MalformedPacketException("CONNACK with a limit of 0");
        }
        return new ConnAck(
                sessionPresent,
                reasonCode,
                reason,
                maximumQos,
                shared,
                wildcards,
                subscriptionIds,
                sessionExpiry,
                maximumPacketSize,
                serverKeepAlive,
                assigned,
                serverReference,
                receiveMaximum,
                retain);
    }
}
