package io.mqttkafka.bridge.core.mqtt.wire;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What the MQTT broker said when it answered CONNECT, with the defaults of MQTT 5 for what it did not say. MQTT 3.1.1 says
 * little, and its return codes are read as the reason codes that mean the same.
 *
 * @param version the version of MQTT that it speaks on this connection
 * @param sessionPresent whether it still has the session
 * @param reasonCode 0, or another one if it refuses
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
        ProtocolVersion version,
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

    private static final int UNSUPPORTED_VERSION = 0x84;

    /** The highest of the codes by which a broker of MQTT 3.1.1 refuses. */
    private static final int HIGHEST_OLD_CODE = 5;

    /** What the return codes of MQTT 3.1.1 are in MQTT 5. */
    private static final int[] REASON_CODES = {0, UNSUPPORTED_VERSION, 0x85, 0x88, 0x86, 0x87};

    /** What MQTT has room for: a fixed header, and the highest remaining length. */
    private static final long LARGEST_PACKET = 5 + 268_435_455L;

    /** Says whether the broker accepts the connection; codes that MQTT 5 does not know are refusals of an older broker. */
    public boolean accepted() {
        return reasonCode == 0;
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

    /**
     * Reads a CONNACK.
     *
     * @param version the version of MQTT that was asked for
     * @param bytes the array
     * @param from where the variable header begins
     * @param length the remaining length
     * @return the CONNACK
     * @throws MalformedPacketException if it is not one
     */
    static ConnAck read(ProtocolVersion version, byte[] bytes, int from, int length) throws MalformedPacketException {
        if (length < 2) {
            throw new MalformedPacketException("CONNACK is too short");
        }
        if ((bytes[from] & 0xFE) != 0) {
            throw new MalformedPacketException("CONNACK has flags that MQTT does not know");
        }
        return version.hasProperties() ? read(bytes, from, length) : readOld(bytes, from, length);
    }

    /** Two bytes. Nothing is said of limits: shared subscriptions and their identifiers belong to MQTT 5. */
    private static ConnAck readOld(byte[] bytes, int from, int length) throws MalformedPacketException {
        int code = bytes[from + 1] & 0xFF;
        if (length > 2) {
            throw new MalformedPacketException("CONNACK of MQTT 3.1.1 has " + length + " bytes instead of 2");
        }
        if (code > HIGHEST_OLD_CODE) {
            throw new MalformedPacketException(
                    "CONNACK has the return code 0x" + Integer.toHexString(code) + ", which MQTT 3.1.1 does not know");
        }
        boolean sessionPresent = (bytes[from] & 1) != 0;
        if (code != 0 && sessionPresent) {
            throw protocolError("CONNACK refuses, and resumes a session");
        }
        return new ConnAck(
                ProtocolVersion.V3_1_1,
                sessionPresent,
                REASON_CODES[code],
                null,
                2,
                false,
                true,
                false,
                -1,
                LARGEST_PACKET,
                -1,
                null,
                null,
                DEFAULT_RECEIVE_MAXIMUM,
                true);
    }

    private static ConnAck read(byte[] bytes, int from, int length) throws MalformedPacketException {
        boolean sessionPresent = (bytes[from] & 1) != 0;
        int reasonCode = reasonCode(bytes[from + 1] & 0xFF, length);
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
        if (reasonCode != UNSUPPORTED_VERSION && length == 2) {
            throw new MalformedPacketException("CONNACK has no properties");
        }
        if (length > 2 && !isOld(bytes[from + 1] & 0xFF)) {
            VariableInt size = VariableInt.read(bytes, from + 2, from + length);
            if (size == null || size.next() + size.value() > from + length) {
                throw new MalformedPacketException("CONNACK has properties longer than itself");
            }
            if (size.next() + size.value() < from + length) {
                throw new MalformedPacketException("CONNACK is longer than its properties");
            }
            PropertyReader properties = new PropertyReader(bytes, size.next(), size.value());
            long seen = 0;
            for (int id = properties.next(); id >= 0; id = properties.next()) {
                if ((seen & 1L << id) != 0 && id != PropertyReader.USER_PROPERTY) {
                    throw protocolError("CONNACK has the property 0x" + Integer.toHexString(id) + " twice");
                }
                seen |= 1L << id;
                switch (id) {
                    case PropertyReader.REASON_STRING -> reason = properties.text();
                    case PropertyReader.MAXIMUM_QOS -> maximumQos = flag(properties, id) ? 1 : 0;
                    case PropertyReader.SHARED_AVAILABLE -> shared = flag(properties, id);
                    case PropertyReader.WILDCARDS_AVAILABLE -> wildcards = flag(properties, id);
                    case PropertyReader.SUBSCRIPTION_IDS_AVAILABLE -> subscriptionIds = flag(properties, id);
                    case PropertyReader.RETAIN_AVAILABLE -> retain = flag(properties, id);
                    case PropertyReader.SESSION_EXPIRY -> sessionExpiry = properties.number;
                    case PropertyReader.MAXIMUM_PACKET_SIZE -> maximumPacketSize = properties.number;
                    case PropertyReader.SERVER_KEEP_ALIVE -> serverKeepAlive = (int) properties.number;
                    case PropertyReader.AUTHENTICATION_METHOD, PropertyReader.AUTHENTICATION_DATA ->
                        throw protocolError("CONNACK with enhanced authentication, which was not asked for");
                    case PropertyReader.ASSIGNED_CLIENT_ID -> assigned = properties.text();
                    case PropertyReader.SERVER_REFERENCE -> serverReference = properties.text();
                    case PropertyReader.RECEIVE_MAXIMUM -> receiveMaximum = (int) properties.number;
                    case PropertyReader.USER_PROPERTY,
                            PropertyReader.TOPIC_ALIAS_MAXIMUM,
                            PropertyReader.RESPONSE_INFORMATION -> {
                        // They do not concern us.
                    }
                    default ->
                        throw protocolError("CONNACK with property 0x" + Integer.toHexString(id)
                                + ", which belongs to other packets");
                }
            }
        }
        if (receiveMaximum == 0 || maximumPacketSize == 0) {
            throw protocolError("CONNACK with a limit of 0");
        }
        return new ConnAck(
                ProtocolVersion.V5,
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

    /**
     * A broker that knows only MQTT 3 answers in its own form: two bytes, of which some make three, and codes below those of
     * refusals. Its first code is that for versions.
     */
    private static int reasonCode(int code, int length) throws MalformedPacketException {
        if (isOld(code) || (length == 2 && code == 0)) {
            return UNSUPPORTED_VERSION;
        }
        if (code != 0 && code < 0x80) {
            throw new MalformedPacketException("CONNACK has the reason code 0x" + Integer.toHexString(code));
        }
        return code;
    }

    private static boolean isOld(int code) {
        return code > 0 && code <= HIGHEST_OLD_CODE;
    }

    private static boolean flag(PropertyReader properties, int id) throws MalformedPacketException {
        if (properties.number > 1) {
            throw protocolError(
                    "CONNACK with the value " + properties.number + " of property 0x" + Integer.toHexString(id));
        }
        return properties.number == 1;
    }

    private static MalformedPacketException protocolError(String message) {
        return new MalformedPacketException(MalformedPacketException.PROTOCOL_ERROR, message);
    }
}
