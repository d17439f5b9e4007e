package io.mqttkafka.bridge.standalone.config;

/** Writes a file as a program in Java. */
final class JavaExport {
    private static final String HEAD = """
            import com.fasterxml.jackson.databind.JsonNode;
            import io.mqttkafka.bridge.BinaryHeaders;
            import io.mqttkafka.bridge.Bridge;
            import io.mqttkafka.bridge.NoSubscribers;
            import io.mqttkafka.bridge.Partitioner;
            import io.mqttkafka.bridge.PayloadCodec;
            import io.mqttkafka.bridge.QoS;
            import io.mqttkafka.bridge.Route;
            import io.mqttkafka.bridge.StartMode;
            import io.mqttkafka.bridge.codecs.JsonCodec;
            import io.mqttkafka.bridge.config.MqttVersion;
            import io.mqttkafka.bridge.config.Qos0Overflow;
            import io.mqttkafka.bridge.config.Unrouted;
            import io.mqttkafka.bridge.failure.Backoff;
            import java.io.IOException;
            import java.io.UncheckedIOException;
            import java.nio.file.Files;
            import java.nio.file.Path;
            import java.time.Duration;
            import java.util.regex.Pattern;
            """;

    private static final String ENV = """

                private static String env(String name) {
                    String value = System.getenv(name);
                    if (value == null) {
                        throw new IllegalStateException("the variable " + name + " is not set");
                    }
                    return value;
                }
            """;

    private static final String ENV_OR = """

                private static String env(String name, String otherwise) {
                    String value = System.getenv(name);
                    return value == null ? otherwise : value;
                }
            """;

    private static final String FILE = """

                private static String file(String path) {
                    try {
                        return Files.readString(Path.of(path)).replaceFirst("[\\\\r\\\\n]+\\\\z", "");
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }
            """;

    private JavaExport() {}

    static String of(Assignments<BridgeFile.Draft> options) {
        StringBuilder calls = new StringBuilder();
        for (Assignments.Assigned<BridgeFile.Draft, ?> one : options.assigned()) {
            // Of the program, not of the bridge.
            if (!one.setting().name().equals("log") && !one.setting().name().equals("http")) {
                String call = one.java(options);
                calls.append(call.isEmpty() ? "" : "\n" + call);
            }
        }
        String body = calls.toString().replace("\n", "\n                ");
        String helpers = (body.matches("(?s).*\\benv\\(\"[^\"]*\"\\).*") ? ENV : "")
                + (body.matches("(?s).*\\benv\\(\"[^\"]*\", .*") ? ENV_OR : "")
                + (body.contains("file(\"") ? FILE : "");
        String code = """

                public class ExportedBridge {
                    public static void main(String[] args) throws InterruptedException {
                        try (Bridge bridge = bridge().start()) {
                            bridge.awaitClosed();
                        }
                    }

                    static Bridge bridge() {
                        return Bridge.builder()%s
                                .build();
                    }
                %s}
                """.formatted(body, helpers);
        return imports(code) + code;
    }

    private static String imports(String code) {
        StringBuilder used = new StringBuilder();
        for (String line : HEAD.lines().toList()) {
            String type = line.substring(line.lastIndexOf('.') + 1, line.length() - 1);
            if (code.matches("(?s).*\\b" + type + "\\b.*")) {
                used.append(line).append('\n');
            }
        }
        return used.toString();
    }
}
