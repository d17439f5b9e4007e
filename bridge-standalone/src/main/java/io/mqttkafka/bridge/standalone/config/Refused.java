package io.mqttkafka.bridge.standalone.config;

/** A value is not of the form that its option takes. */
final class Refused extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient Place place;

    Refused(Tree at, String message) {
        super(message);
        place = at.place();
    }

    Place place() {
        return place;
    }
}
