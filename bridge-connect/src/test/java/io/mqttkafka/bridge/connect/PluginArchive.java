package io.mqttkafka.bridge.connect;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The archive as the build has made it, unpacked. */
final class PluginArchive {
    private PluginArchive() {}

    /** Returns the folder to set as {@code plugin.path}. */
    static Path path() {
        Path archive = Path.of(System.getProperty("plugin.archive", "target/plugin"));
        if (!Files.isDirectory(archive)) {
            throw new IllegalStateException(archive + " is not there; run this test with mvn verify, which makes it");
        }
        return archive;
    }

    /** Returns the archive itself. */
    static Path zip() {
        return Path.of(path() + ".zip");
    }

    /** Returns the names of its files, with folders. */
    static List<String> files() throws IOException {
        try (Stream<Path> all = Files.walk(path())) {
            return all.filter(Files::isRegularFile)
                    .map(file -> {
                        Path inside = path().relativize(file);
                        return inside.subpath(1, inside.getNameCount()).toString();
                    })
                    .toList();
        }
    }
}
