package io.mqttkafka.bridge.testkit.broker;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** Lays plugins out as {@code plugin.path} wants them: a folder for each. */
final class ConnectPlugins {

    private ConnectPlugins() {}

    /** Copies folders and jars, and unpacks archives, each into a folder of its own below the given one. */
    static void install(List<Path> plugins, Path below) {
        try {
            for (int i = 0; i < plugins.size(); i++) {
                Path plugin = plugins.get(i);
                Path target = Files.createDirectories(below.resolve("plugin-" + (i + 1)));
                if (Files.isDirectory(plugin)) {
                    copy(plugin, target);
                } else if (plugin.toString().endsWith(".zip")) {
                    unpack(plugin, target);
                } else if (plugin.toString().endsWith(".jar")) {
                    Files.copy(plugin, target.resolve(String.valueOf(plugin.getFileName())));
                } else {
                    throw new IllegalArgumentException(
                            "plugin: " + plugin + " must be a folder that exists, a .zip or a .jar");
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot lay out the plugins " + plugins, e);
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> tree = Files.walk(from)) {
            for (Path one : tree.toList()) {
                Path copy = to.resolve(from.relativize(one).toString());
                if (Files.isDirectory(one)) {
                    Files.createDirectories(copy);
                } else {
                    Files.copy(one, copy);
                }
            }
        }
    }

    private static void unpack(Path archive, Path to) throws IOException {
        try (InputStream file = Files.newInputStream(archive);
                ZipInputStream zip = new ZipInputStream(file)) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                Path target = to.resolve(entry.getName()).normalize();
                if (!target.startsWith(to)) {
                    throw new IOException(archive + " has an entry that leads out of it: " + entry.getName());
                }
                if (entry.isDirectory()) {
                    Files.createDirectories(target);
                } else {
                    Files.createDirectories(target.getParent());
                    Files.copy(zip, target);
                }
            }
        }
    }
}
