package io.mqttkafka.bridge.standalone.config;

/** One thing that is wrong with a file: where, which option, what, and the mend. Never holds a secret. */
public record Problem(Place place, String message) {
    @Override
    public String toString() {
        return place + ": " + message;
    }
}
