package io.mqttkafka.bridge.standalone.config;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a file holds, with its places. Immutable. */
sealed interface Tree {
    Place place();

    /** All texts below this one, itself included. */
    Stream<Text> texts();

    /** What this is, for people. */
    String kind();

    /**
     * A single value.
     *
     * @param raw as it is written
     * @param value with variables and files put in
     * @param plain whether it is written without quotes
     */
    record Text(String raw, String value, boolean plain, Place place) implements Tree {
        @Override
        public Stream<Text> texts() {
            return Stream.of(this);
        }

        @Override
        public String kind() {
            return "a value";
        }

        /** Says whether variables or files were put in: then the value can be a secret, and is never shown. */
        boolean replaced() {
            return !raw.equals(value);
        }

        /** Never the value. */
        @Override
        public String toString() {
            return "Text[" + place + "]";
        }
    }

    /** No value at all. */
    record Nothing(Place place) implements Tree {
        @Override
        public Stream<Text> texts() {
            return Stream.of();
        }

        @Override
        public String kind() {
            return "nothing";
        }
    }

    /** What has been complained of already; nothing more is said of it. */
    record Refusal(Place place) implements Tree {
        @Override
        public Stream<Text> texts() {
            return Stream.of();
        }

        @Override
        public String kind() {
            return "nothing";
        }
    }

    /** A list. */
    record Items(List<Tree> items, Place place) implements Tree {
        @Override
        public Stream<Text> texts() {
            return items.stream().flatMap(Tree::texts);
        }

        @Override
        public String kind() {
            return "a list";
        }
    }

    /** Options with values, in order. */
    record Entries(Map<String, Entry> entries, Place place) implements Tree {
        @Override
        public Stream<Text> texts() {
            return entries.values().stream().flatMap(entry -> entry.value().texts());
        }

        @Override
        public String kind() {
            return "options of its own";
        }

        @Nullable
        Entry get(String name) {
            return entries.get(name);
        }
    }

    /** One option: the place is that of its name. */
    record Entry(String name, Place place, Tree value) {}
}
