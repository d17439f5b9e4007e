package io.mqttkafka.bridge.standalone;

/** How the program ends. */
final class ExitCodes {
    static final int STOPPED = 0;
    static final int BROKEN = 1;
    static final int USAGE = 2;
    static final int NOT_STARTED = 3;
    static final int ROUTE_STOPPED = 4;
    static final int NOT_DRAINED = 5;
    static final int CASE_FAILED = 6;

    private ExitCodes() {}
}
