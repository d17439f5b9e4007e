package com.example.telemetry;

/**
 * What a sensor measured.
 *
 * @param number which reading of its sensor this is
 * @param celsius the temperature
 */
public record Reading(int number, double celsius) {

    /** Whether somebody has to look after it. */
    public boolean isAlarming() {
        return celsius < 2 || celsius > 8;
    }
}
