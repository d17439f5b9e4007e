package io.mqttkafka.bridge.connect.config;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;

/**
 * Which task subscribes to which filter: each filter goes to the task that it has the highest score with, so that a filter that
 * is added or taken away moves no other, and one task more moves only those that it takes over.
 */
public final class FilterSplit {
    private FilterSplit() {}

    /**
     * Splits filters.
     *
     * @param filters the filters
     * @param tasks how many tasks there may be, at least 1
     * @return the filters of each task, by its number; a task can have none
     */
    public static List<List<String>> among(List<String> filters, int tasks) {
        List<List<String>> all = new ArrayList<>();
        for (int task = 0; task < tasks; task++) {
            all.add(new ArrayList<>());
        }
        for (String filter : filters) {
            int best = 0;
            for (int task = 1; task < tasks; task++) {
                if (score(filter, task) > score(filter, best)) {
                    best = task;
                }
            }
            all.get(best).add(filter);
        }
        return all;
    }

    /** Mixes the bits of both, so that filters of one pattern spread evenly. */
    private static long score(String filter, int task) {
        CRC32 sum = new CRC32();
        sum.update(filter.getBytes(StandardCharsets.UTF_8));
        long mixed = sum.getValue() + (task + 1) * 0x9E3779B97F4A7C15L;
        mixed = (mixed ^ (mixed >>> 30)) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
        return mixed ^ (mixed >>> 31);
    }
}
