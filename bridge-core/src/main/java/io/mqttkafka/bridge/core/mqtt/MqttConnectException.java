package io.mqttkafka.bridge.core.mqtt;

import org.jspecify.annotations.Nullable;

/** A connection or subscription that did not come about. */
public final class MqttConnectException extends Exception {
    private static final long serialVersionUID = 1L;

    /** What kind of obstacle it was. */
    public enum Kind {
        /** Nobody answers: trying again can help. */
        UNREACHABLE,
        /** The broker closes the connection instead of answering CONNECT, as one does that does not know the version. */
        HUNG_UP,
        /** The broker does not speak the version of MQTT that was asked for. */
        VERSION,
        /** The broker asks to come back later. */
        BUSY,
        /** TLS could not be agreed on. */
        TLS,
        /** The broker refuses who we are or what we ask for. */
        REFUSED
    }

    private final Kind kind;

    /**
     * Makes the exception.
     *
     * @param kind what kind of obstacle it was
     * @param message what happened and the mend
     * @param cause the cause, or null
     */
    public MqttConnectException(Kind kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    /** Returns what kind of obstacle it was. */
    public Kind kind() {
        return kind;
    }

    /** Says whether the same attempt can succeed later without anybody mending anything. */
    public boolean passing() {
        return kind == Kind.UNREACHABLE || kind == Kind.BUSY || kind == Kind.HUNG_UP;
    }
}
