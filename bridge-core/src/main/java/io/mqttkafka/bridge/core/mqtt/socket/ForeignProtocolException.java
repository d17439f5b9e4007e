package io.mqttkafka.bridge.core.mqtt.socket;

import java.io.IOException;

/** What answered speaks another protocol than the server URI says. */
final class ForeignProtocolException extends IOException {
    private static final long serialVersionUID = 1L;

    /** The first bytes of an alert of TLS, and of an answer in HTTP, as the fixed header of a packet. */
    private static final int TLS_ALERT = 0x15;

    private static final int TLS_MAJOR_VERSION = 3;
    private static final int HTTP_FIRST = 'H';
    private static final int HTTP_SECOND = 'T';

    /**
     * Makes the exception.
     *
     * @param message what answers, and the mend
     */
    ForeignProtocolException(String message) {
        super(message);
    }

    /** Says whether another protocol can begin so; its second byte tells more. */
    static boolean mayBegin(int firstByte) {
        return firstByte == TLS_ALERT || firstByte == HTTP_FIRST;
    }

    /** Throws if the first answer is one of another protocol. */
    static void check(int firstByte, int remainingLength) throws ForeignProtocolException {
        if (firstByte == TLS_ALERT && remainingLength == TLS_MAJOR_VERSION) {
            throw new ForeignProtocolException(
                    "speaks TLS; use ssl://, or a port for MQTT without TLS (with TLS it is ssl://)");
        }
        if (firstByte == HTTP_FIRST && remainingLength == HTTP_SECOND) {
            throw new ForeignProtocolException("speaks HTTP; use ws:// if it is MQTT over WebSocket, or another port");
        }
    }
}
