package io.mqttkafka.bridge.core.mqtt.control;

import io.mqttkafka.bridge.core.mqtt.wire.ProtocolVersion;

/** The standard's tables of packet types, flags and lengths, written down a second time. */
final class Expected {
    private static final int MALFORMED = 0x81;
    private static final int PROTOCOL_ERROR = 0x82;

    /** By type: the flags that MQTT asks for (-1: PUBLISH), and the shortest and longest remaining length (-1: any). */
    private static final int[][] FROM_SERVER = {
        null,
        null,
        {0, 2, -1},
        {-1, 3, -1},
        {0, 2, -1},
        {0, 2, -1},
        {2, 2, -1},
        {0, 2, -1},
        null,
        {0, 4, -1},
        null,
        {0, 4, -1},
        null,
        {0, 0, 0},
        {0, 0, -1},
        null
    };

    /** The same of MQTT 3.1.1, which has DISCONNECT from clients only. */
    private static final int[][] FROM_SERVER_3_1_1 = {
        null,
        null,
        {0, 2, 2},
        {-1, 3, -1},
        {0, 2, 2},
        {0, 2, 2},
        {2, 2, 2},
        {0, 2, 2},
        null,
        {0, 3, -1},
        null,
        {0, 2, 2},
        null,
        {0, 0, 0},
        null,
        null
    };

    private Expected() {}

    /**
     * The reason code to refuse a packet with when its fixed header has arrived; 0 if it may come.
     *
     * @param version the version of MQTT
     * @param open whether CONNACK has come
     * @param awaited the type that answers the request that is under way; 0 if there is none
     * @param pinged whether a ping is not answered yet
     */
    static int code(ProtocolVersion version, int firstByte, int length, boolean open, int awaited, boolean pinged) {
        int type = firstByte >>> 4 & 15;
        int[] rule = (version == ProtocolVersion.V5 ? FROM_SERVER : FROM_SERVER_3_1_1)[type];
        if (rule == null) {
            return PROTOCOL_ERROR;
        }
        boolean inTime =
                switch (type) {
                    case 2 -> !open;
                    case 9, 11 -> open && awaited == type;
                    case 13 -> open && pinged;
                    case 14 -> true;
                    default -> open;
                };
        if (!inTime) {
            return PROTOCOL_ERROR;
        }
        int flags = firstByte & 15;
        boolean fits = rule[0] < 0 ? (flags & 6) != 6 : flags == rule[0];
        return fits && length >= rule[1] && (rule[2] < 0 || length <= rule[2]) ? 0 : MALFORMED;
    }
}
