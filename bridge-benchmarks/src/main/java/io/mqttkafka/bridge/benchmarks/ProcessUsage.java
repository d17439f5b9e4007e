package io.mqttkafka.bridge.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a process has used so far, as Linux counts it.
 *
 * @param cpuMillis user and system time, to 10 ms
 * @param peakKibibytes the most memory that was resident at once
 */
record ProcessUsage(long cpuMillis, long peakKibibytes) {
    /** What the kernel tells programs is always in hundredths of a second. */
    private static final long MILLIS_PER_TICK = 10;

    private static final int USER_TICKS = 11;
    private static final int SYSTEM_TICKS = 12;

    static ProcessUsage of(long pid) throws IOException {
        Path process = Path.of("/proc", String.valueOf(pid));
        return new ProcessUsage(
                cpuMillis(Files.readString(process.resolve("stat"))),
                peakKibibytes(Files.readString(process.resolve("status"))));
    }

    private static long cpuMillis(String stat) {
        // The program's name comes first, in parentheses, and may hold blanks.
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return (Long.parseLong(fields[USER_TICKS]) + Long.parseLong(fields[SYSTEM_TICKS])) * MILLIS_PER_TICK;
    }

    private static long peakKibibytes(String status) {
        return status.lines()
                .filter(line -> line.startsWith("VmHWM:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("The process is gone"));
    }
}
