package io.mqttkafka.bridge.core.mqtt.wire;

import io.mqttkafka.bridge.core.mqtt.wire.BrokerLimits.Feature;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the MQTT broker said when it answered CONNECT. MQTT 3.1.1 says little, and its return codes are read as the reason codes
 * that mean the same.
 *
 * @param reasonCode 0, or another one if it refuses
 * @param reason its explanation, or null
 * @param serverReference the server to use instead, or null
 * @param limits what it grants
 */
public record ConnAck(
        int reasonCode, @Nullable String reason, @Nullable String serverReference, BrokerLimits limits) {
    private static final int UNSUPPORTED_VERSION = 0x84;

    /** The highest of the codes by which a broker of MQTT 3.1.1 refuses. */
    private static final int HIGHEST_OLD_CODE = 5;

    /** What the return codes of MQTT 3.1.1 are in MQTT 5. */
    private static final int[] REASON_CODES = {0, UNSUPPORTED_VERSION, 0x85, 0x88, 0x86, 0x87};

    /** What there is in MQTT 3.1.1. */
    private static final Set<Feature> OLD_FEATURES = EnumSet.of(Feature.RETAIN, Feature.WILDCARDS);

    /** Says whether the broker accepts the connection; codes that MQTT 5 does not know are refusals of an older broker. */
    public boolean accepted() {
        return reasonCode == 0;
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

    /** Two bytes: nothing is said of limits. */
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
        BrokerLimits limits = new BrokerLimits(
                sessionPresent,
                -1,
                null,
                2,
                BrokerLimits.MOST_AT_A_TIME,
                BrokerLimits.LARGEST_PACKET,
                -1,
                OLD_FEATURES);
        return new ConnAck(REASON_CODES[code], null, null, limits);
    }

    private static ConnAck read(byte[] bytes, int from, int length) throws MalformedPacketException {
        boolean sessionPresent = (bytes[from] & 1) != 0;
        int reasonCode = reasonCode(bytes[from + 1] & 0xFF, length);
        String reason = null;
        int maximumQos = 2;
        Set<Feature> features = EnumSet.allOf(Feature.class);
        long sessionExpiry = -1;
        long maximumPacketSize = BrokerLimits.LARGEST_PACKET;
        int serverKeepAlive = -1;
        String assigned = null;
        String serverReference = null;
        int receiveMaximum = BrokerLimits.MOST_AT_A_TIME;
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
                    case PropertyReader.SHARED_AVAILABLE ->
                        feature(features, Feature.SHARED_SUBSCRIPTIONS, properties, id);
                    case PropertyReader.WILDCARDS_AVAILABLE -> feature(features, Feature.WILDCARDS, properties, id);
                    case PropertyReader.SUBSCRIPTION_IDS_AVAILABLE ->
                        feature(features, Feature.SUBSCRIPTION_IDENTIFIERS, properties, id);
                    case PropertyReader.RETAIN_AVAILABLE -> feature(features, Feature.RETAIN, properties, id);
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
        BrokerLimits limits = new BrokerLimits(
                sessionPresent,
                sessionExpiry,
                assigned,
                maximumQos,
                receiveMaximum,
                maximumPacketSize,
                serverKeepAlive,
                features);
        return new ConnAck(reasonCode, reason, serverReference, limits);
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

    private static void feature(Set<Feature> features, Feature feature, PropertyReader properties, int id)
            throws MalformedPacketException {
        if (!flag(properties, id)) {
            features.remove(feature);
        }
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
