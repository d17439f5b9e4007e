package io.mqttkafka.bridge.standalone.config;

/** Lays code out. */
final class Code {
    private Code() {}

    /** Puts every call on a line of its own, further in. */
    static String indented(String calls) {
        return calls.isEmpty() ? "" : ("\n" + calls).replace("\n", "\n        ");
    }
}
