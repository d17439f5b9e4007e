package io.mqttkafka.bridge.core.mqtt;

import static io.mqttkafka.bridge.core.mqtt.ReasonCodes.Meaning.CONNECTION;
import static io.mqttkafka.bridge.core.mqtt.ReasonCodes.Meaning.DONE;
import static io.mqttkafka.bridge.core.mqtt.ReasonCodes.Meaning.MESSAGE;
import static io.mqttkafka.bridge.core.mqtt.ReasonCodes.Meaning.MESSAGE_NOW;
import static io.mqttkafka.bridge.core.mqtt.ReasonCodes.Meaning.PATIENCE;
import static io.mqttkafka.bridge.core.mqtt.ReasonCodes.Meaning.ROUTE;

import org.jspecify.annotations.Nullable;

/** The reason codes of MQTT 5: their names, and what follows from them in each packet that brings one. */
public final class ReasonCodes {
    /** A message was accepted and thrown away: nobody subscribes to its topic. */
    public static final int NO_MATCHING_SUBSCRIBERS = 0x10;

    /** What a reason code says of what has to be done. */
    public enum Meaning {
        /** Nothing: it is done. */
        DONE,
        /** The message is at fault: the same one would be refused again. */
        MESSAGE,
        /** The message is refused as things are now: it may be tried again, as the failure policy says. */
        MESSAGE_NOW,
        /** The broker has no room for now: the same again, later and slower. It is no failure of the message. */
        PATIENCE,
        /** The connection has to be made again. */
        CONNECTION,
        /** Somebody has to mend something: the same again would be refused again. */
        ROUTE
    }

    /** One code; what it means in a packet that must not bring it is what an unknown code means there. */
    private record Row(String name, Meaning acknowledgement, Meaning disconnect, Meaning connack) {}

    private static final Row UNKNOWN = new Row("unknown reason", MESSAGE_NOW, CONNECTION, ROUTE);
    private static final @Nullable Row[] ROWS = new Row[256];

    static {
        // PUBACK and PUBREC, then DISCONNECT, then CONNACK
        row(0x00, "success", DONE, CONNECTION, DONE);
        row(NO_MATCHING_SUBSCRIBERS, "no matching subscribers", DONE, CONNECTION, ROUTE);
        row(0x80, "unspecified error", MESSAGE_NOW, CONNECTION, ROUTE);
        row(0x81, "malformed packet", MESSAGE_NOW, MESSAGE, ROUTE);
        row(0x82, "protocol error", MESSAGE_NOW, MESSAGE, ROUTE);
        row(0x83, "implementation specific error", MESSAGE_NOW, CONNECTION, ROUTE);
        row(0x84, "unsupported protocol version", MESSAGE_NOW, CONNECTION, ROUTE);
        row(0x85, "client identifier not valid", MESSAGE_NOW, CONNECTION, ROUTE);
        row(0x86, "bad user name or password", MESSAGE_NOW, ROUTE, ROUTE);
        row(0x87, "not authorized", MESSAGE_NOW, ROUTE, ROUTE);
        row(0x88, "server unavailable", MESSAGE_NOW, CONNECTION, PATIENCE);
        row(0x89, "server busy", MESSAGE_NOW, PATIENCE, PATIENCE);
        row(0x8A, "banned", MESSAGE_NOW, ROUTE, ROUTE);
        row(0x8B, "server shutting down", MESSAGE_NOW, CONNECTION, ROUTE);
        row(0x8C, "bad authentication method", MESSAGE_NOW, ROUTE, ROUTE);
        row(0x8D, "keep alive timeout", MESSAGE_NOW, CONNECTION, ROUTE);
        row(0x8E, "session taken over", MESSAGE_NOW, ROUTE, ROUTE);
        row(0x8F, "topic filter invalid", MESSAGE_NOW, CONNECTION, ROUTE);
        row(0x90, "topic name invalid", MESSAGE, MESSAGE, ROUTE);
        row(0x91, "packet identifier in use", MESSAGE_NOW, CONNECTION, ROUTE);
        row(0x92, "packet identifier not found", MESSAGE_NOW, CONNECTION, ROUTE);
        row(0x93, "receive maximum exceeded", MESSAGE_NOW, PATIENCE, ROUTE);
        row(0x94, "topic alias invalid", MESSAGE_NOW, MESSAGE, ROUTE);
        row(0x95, "packet too large", MESSAGE_NOW, MESSAGE, ROUTE);
        row(0x96, "message rate too high", MESSAGE_NOW, PATIENCE, ROUTE);
        row(0x97, "quota exceeded", PATIENCE, PATIENCE, PATIENCE);
        row(0x98, "administrative action", MESSAGE_NOW, CONNECTION, ROUTE);
        row(0x99, "payload format invalid", MESSAGE, MESSAGE, ROUTE);
        row(0x9A, "retain not supported", MESSAGE_NOW, MESSAGE, ROUTE);
        row(0x9B, "QoS not supported", MESSAGE_NOW, MESSAGE, ROUTE);
        row(0x9C, "use another server", MESSAGE_NOW, ROUTE, ROUTE);
        row(0x9D, "server moved", MESSAGE_NOW, ROUTE, ROUTE);
        row(0x9E, "shared subscriptions not supported", MESSAGE_NOW, CONNECTION, ROUTE);
        row(0x9F, "connection rate exceeded", MESSAGE_NOW, PATIENCE, PATIENCE);
        row(0xA0, "maximum connect time", MESSAGE_NOW, CONNECTION, ROUTE);
        row(0xA1, "subscription identifiers not supported", MESSAGE_NOW, CONNECTION, ROUTE);
        row(0xA2, "wildcard subscriptions not supported", MESSAGE_NOW, CONNECTION, ROUTE);
    }

    private ReasonCodes() {}

    private static void row(int code, String name, Meaning acknowledgement, Meaning disconnect, Meaning connack) {
        ROWS[code] = new Row(name, acknowledgement, disconnect, connack);
    }

    private static Row of(int code) {
        Row row = code < 0 || code >= ROWS.length ? null : ROWS[code];
        return row == null ? UNKNOWN : row;
    }

    /**
     * Says what a PUBACK or PUBREC means.
     *
     * @param code its reason code
     * @return the meaning
     */
    public static Meaning ofAcknowledgement(int code) {
        return code < 0x80 ? DONE : of(code).acknowledgement();
    }

    /**
     * Says what a DISCONNECT means.
     *
     * @param code its reason code; negative if the connection ended without one
     * @return the meaning, never {@link Meaning#DONE}
     */
    public static Meaning ofDisconnect(int code) {
        return of(code).disconnect();
    }

    /**
     * Says what a CONNACK means.
     *
     * @param code its reason code
     * @return the meaning
     */
    public static Meaning ofConnack(int code) {
        return of(code).connack();
    }

    /**
     * Names a return code of MQTT 3.1.1.
     *
     * @param code the reason code that means the same
     * @return its name and number there
     */
    public static String returnCodeText(int code) {
        int number =
                switch (code) {
                    case 0x84 -> 1;
                    case 0x85 -> 2;
                    case 0x88 -> 3;
                    case 0x86 -> 4;
                    case 0x87 -> 5;
                    default -> 0;
                };
        return of(code).name() + " (return code " + number + ")";
    }

    /**
     * Names a reason code.
     *
     * @param code the code
     * @return its name and number
     */
    public static String text(int code) {
        return of(code).name() + " (0x" + Integer.toHexString(code) + ")";
    }
}
