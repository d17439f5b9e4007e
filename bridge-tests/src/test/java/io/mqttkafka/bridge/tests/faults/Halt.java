package io.mqttkafka.bridge.tests.faults;

import io.mqttkafka.bridge.core.failpoint.Failpoint;

/**
 * Where a bridge process ends itself, with no chance to notice ({@link Runtime#halt}).
 *
 * @param point the place
 * @param pass at which pass of it, counted from 1
 */
record Halt(Failpoint point, int pass) {

    private static final int FIRST_EXIT_CODE = 64;

    /** Returns what the process ends with, which no other end has. */
    int exitCode() {
        return FIRST_EXIT_CODE + point.ordinal();
    }

    /** Returns it as one line of text. */
    String line() {
        return point + " " + pass;
    }

    static Halt parse(String line) {
        int space = line.indexOf(' ');
        return new Halt(Failpoint.valueOf(line.substring(0, space)), Integer.parseInt(line.substring(space + 1)));
    }
}
