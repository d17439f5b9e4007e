package io.mqttkafka.bridge.standalone.config;

import java.nio.file.Path;
import java.util.List;

/** One reading of a part of a file: where the file lies, which option this is, and what is wrong so far. */
record Reading(Path directory, String path, List<Problem> problems) {
    /** Goes on with an option within this one. */
    Reading below(String name) {
        return new Reading(directory, path.isEmpty() ? name : path + "." + name, problems);
    }

    void complain(Place place, String message) {
        problems.add(new Problem(place, path.isEmpty() ? message : path + ": " + message));
    }
}
