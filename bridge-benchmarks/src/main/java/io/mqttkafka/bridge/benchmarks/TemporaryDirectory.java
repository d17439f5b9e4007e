package io.mqttkafka.bridge.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** A directory that vanishes with all it holds. */
final class TemporaryDirectory implements AutoCloseable {
    private final Path path;

    TemporaryDirectory() throws IOException {
        path = Files.createTempDirectory("bridge-benchmark-");
    }

    Path resolve(String name) {
        return path.resolve(name);
    }

    @Override
    public void close() throws IOException {
        try (Stream<Path> children = Files.walk(path)) {
            for (Path child : (Iterable<Path>) children.sorted(Comparator.reverseOrder())::iterator) {
                Files.deleteIfExists(child);
            }
        }
    }
}
