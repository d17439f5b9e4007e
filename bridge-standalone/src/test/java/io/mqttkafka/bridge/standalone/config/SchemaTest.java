package io.mqttkafka.bridge.standalone.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import io.mqttkafka.bridge.standalone.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The JSON Schema takes what the parser takes, and refuses what it refuses, as far as the form goes. */
class SchemaTest {
    private static final Path SCHEMA = Path.of("src", "main", "archive", "conf", "bridge.schema.json");
    private static final String MQTT = "server-uri: tcp://a:1, client-id: x";
    private static final String KAFKA = "bootstrap-servers: \"a:1\"";
    private static final String FROM_MQTT = "from-mqtt: a/b, to-kafka: c";
    private static final String FROM_KAFKA = "from-kafka: c, to-mqtt: a/b";

    private final ObjectMapper json = new ObjectMapper();
    private final JsonSchema schema =
            JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(Json.compact(BridgeFile.schema()));

    @TempDir
    private Path directory;

    /** Every section, with how a document with other options of it looks: %s is where they go. */
    static Map<Section<?>, String> sections() {
        Map<Section<?>, String> sections = new LinkedHashMap<>();
        sections.put(BridgeFile.ROOT, document("", "", FROM_MQTT, "\n%s"));
        sections.put(Sections.MQTT, document(", %s", "", FROM_MQTT, ""));
        sections.put(Sections.TLS, document(", tls: {%s}", "", FROM_MQTT, ""));
        sections.put(Sections.KAFKA, document("", ", %s", FROM_MQTT, ""));
        sections.put(Sections.TRANSACTIONS, document("", ", transactions: {%s}", FROM_MQTT, ""));
        sections.put(Sections.LOOPS, document("", "", FROM_MQTT, "\nloops: {%s}"));
        sections.put(Sections.STATUS, document("", "", FROM_MQTT, "\nstatus: {topic: a, %s}"));
        sections.put(Sections.HTTP, document("", "", FROM_MQTT, "\nhttp: {port: 1, %s}"));
        sections.put(Sections.LOG, document("", "", FROM_MQTT, "\nlog: {%s}"));
        sections.put(Sections.FROM_MQTT, document("", "", FROM_MQTT + ", %s", ""));
        sections.put(Sections.FROM_KAFKA, document("", "", FROM_KAFKA + ", %s", ""));
        sections.put(Sections.ON_FAILURE, document("", "", FROM_MQTT + ", on-failure: {%s}", ""));
        return sections;
    }

    private static String document(String mqtt, String kafka, String route, String rest) {
        return "mqtt: {" + MQTT + mqtt + "}\nkafka: {" + KAFKA + kafka + "}\nroutes: {r: {" + route + "}}" + rest
                + "\n";
    }

    /** A right document with an option added, or with another value where it has the option. */
    static String document(Section<?> section, String option) {
        String name = option.substring(0, option.indexOf(':'));
        String document = sections().getOrDefault(section, "%s");
        for (Setting<?, ?> setting : section.settings()) {
            // Another name, or another way, for the same.
            if (section != BridgeFile.ROOT && setting.names().contains(name)) {
                for (String other : setting.names()) {
                    document = document.replaceFirst("(?<=[{ ])" + other + ": [^,}]*(, )?", "");
                }
            }
        }
        if (name.equals("from-kafka-pattern")) {
            document = document.replace("from-kafka: c, ", "");
        }
        if (section == BridgeFile.ROOT) {
            document = document.replaceFirst("(?m)^" + name + ": .*\n", "");
        }
        return document.replace("%s", option).replace("{, ", "{").replace(", }", "}");
    }

    @Test
    void fileInTheArchive_isThatOfTheParser() throws IOException {
        String generated = Json.pretty(BridgeFile.schema()) + "\n";

        assertThat(Files.readString(SCHEMA))
                .as("write it anew with: mqtt-kafka-bridge schema > conf/bridge.schema.json")
                .isEqualTo(generated);
    }

    @Test
    void everyOption_isTakenAndRefusedByBoth() throws IOException {
        List<String> differences = new ArrayList<>();
        int taken = 0;
        int refused = 0;
        for (Section<?> section : sections().keySet()) {
            for (Setting<?, ?> setting : section.settings()) {
                String needed = setting.needed() == null ? "" : ", " + example(section, setting.needed());
                String comma = section == BridgeFile.ROOT ? "" : needed;
                for (String name : setting.names()) {
                    for (String value : setting.form().examples()) {
                        taken += compare(document(section, name + ": " + value + comma), true, differences);
                    }
                    for (String value : setting.form().counterExamples()) {
                        refused += compare(document(section, name + ": " + value + comma), false, differences);
                    }
                }
                if (!needed.isEmpty()) {
                    compare(
                            document(
                                    section,
                                    setting.name() + ": "
                                            + setting.form().examples().get(0)),
                            false,
                            differences);
                }
                if (setting.names().size() > 1) {
                    String value = ": " + setting.form().examples().get(0);
                    String both = setting.names().get(0) + value + ", "
                            + setting.names().get(1) + value;
                    compare(document(section, both), false, differences);
                }
            }
            compare(document(section, "no-such-option: 1"), false, differences);
        }

        assertThat(differences).isEmpty();
        assertThat(taken).isGreaterThan(100);
        assertThat(refused).isGreaterThan(200);
    }

    private static String example(Section<?> section, String name) {
        return section.settings().stream()
                .filter(setting -> setting.name().equals(name))
                .map(setting -> name + ": " + setting.form().examples().get(0))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void missingParts_areRefusedByBoth() throws IOException {
        List<String> differences = new ArrayList<>();
        String whole = document("", "", FROM_MQTT, "");
        compare(whole, true, differences);
        for (String part : List.of(
                "mqtt: .*\n",
                "kafka: .*\n",
                "routes: .*\n",
                "server-uri: tcp://a:1, ",
                "from-mqtt: a/b, ",
                ", to-kafka: c")) {
            compare(whole.replaceFirst(part, ""), false, differences);
        }
        for (String text : List.of("[a]", "text", "mqtt: {}")) {
            compare(text, false, differences);
        }

        assertThat(differences).isEmpty();
    }

    /** The verdicts of both on the form of a document; returns 1. */
    private int compare(String yaml, boolean right, List<String> differences) throws IOException {
        Path file = Files.writeString(directory.resolve("bridge.yaml"), yaml);
        List<Problem> problems =
                BridgeFile.read(file, Map.of("SECRET", "x")::get).problems(Set.of());
        JsonNode document = json.valueToTree(new Load(LoadSettings.builder().build()).loadFromString(yaml));
        boolean parser = problems.isEmpty();
        boolean valid = schema.validate(document).isEmpty();
        if (parser != right || valid != right) {
            differences.add((right ? "right" : "wrong") + ", parser " + parser + " " + problems + ", schema " + valid
                    + ": " + yaml);
        }
        return 1;
    }
}
