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

    private static long score(String filter, int task) {
        CRC32 sum = new CRC32();
        sum.update((task + "\0" + filter + "\0" + task).getBytes(StandardCharsets.UTF_8));
        return sum.getValue();
    }
}
