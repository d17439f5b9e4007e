package io.mqttkafka.bridge.benchmarks;

/** A peer did not do its work; the benchmark goes on with the next. */
final class PeerFailedException extends Exception {
    private static final long serialVersionUID = 1L;

    PeerFailedException(String message) {
        super(message);
    }
}
