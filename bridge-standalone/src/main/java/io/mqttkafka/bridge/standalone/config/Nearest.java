package io.mqttkafka.bridge.standalone.config;

import java.util.Collection;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Finds the name that somebody probably meant. */
final class Nearest {
    private static final int LONGEST = 64;

    private Nearest() {}

    /** Returns the nearest of the names, or null if none is near. */
    static @Nullable String of(String written, Collection<String> names) {
        if (written.length() > LONGEST) {
            return null;
        }
        String lower = written.toLowerCase(Locale.ROOT).replace('_', '-');
        String best = null;
        int least = Math.max(2, written.length() / 3) + 1;
        for (String name : names) {
            int distance = distance(lower.replace("-", ""), name.replace("-", ""));
            if (distance < least) {
                least = distance;
                best = name;
            }
        }
        return best;
    }

    /** Ends a sentence about an unknown name. */
    static String hint(String written, Collection<String> names) {
        String nearest = of(written, names);
        return nearest == null ? "" : "; did you mean " + nearest + "?";
    }

    // Levenshtein's, with two rows.
    private static int distance(String a, String b) {
        int[] before = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            before[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] row = new int[b.length() + 1];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int change = before[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(change, Math.min(before[j], row[j - 1]) + 1);
            }
            before = row;
        }
        return before[b.length()];
    }
}
