package io.mqttkafka.bridge.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mqttkafka.bridge.config.KafkaOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import picocli.CommandLine;

/** What the archive holds beside the program, as far as it can be checked without Docker, systemd, Kubernetes and Grafana. */
class ArchiveFilesTest {
    private static final Path ARCHIVE = Path.of("src", "main", "archive");
    private static final Path DEPLOY = ARCHIVE.resolve("deploy");
    private static final Pattern METRIC = Pattern.compile("\\b((?:bridge|kafka|jvm|process)_[a-z_]+)\\b");
    private static final Pattern OPTION = Pattern.compile("(?<![\\w-])(--[a-z][a-z-]+)");

    @TempDir
    private Path directory;

    private static String read(Path file) throws IOException {
        return Files.readString(file);
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> yaml(String text) {
        return (Map<String, Object>) new Load(LoadSettings.builder().build()).loadFromString(text);
    }

    /** All metrics that a bridge between brokers has, by the names that Prometheus sees. */
    private static Set<String> metrics() {
        try (FakeHealth running = new FakeHealth();
                Metrics metrics = new Metrics()) {
            metrics.of(running.bridge);
            var kafka = KafkaOptions.builder().bootstrapServers("127.0.0.1:1");
            metrics.of(kafka);
            Map<String, Object> properties = new HashMap<>(kafka.build().client());
            properties.put("bootstrap.servers", "127.0.0.1:1");
            properties.put("group.id", "g");
            try (var producer = new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
                    var consumer =
                            new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
                assertThat(producer.metrics()).isNotEmpty();
                assertThat(consumer.metrics()).isNotEmpty();
                return metrics.scrape()
                        .lines()
                        .filter(line -> !line.startsWith("#"))
                        .map(line -> line.replaceFirst("[{ ].*", ""))
                        .collect(Collectors.toCollection(TreeSet::new));
            }
        }
    }

    private static Set<String> named(String text) {
        Set<String> names = new TreeSet<>();
        Matcher found = METRIC.matcher(text);
        while (found.find()) {
            names.add(found.group(1));
        }
        return names;
    }

    @Test
    void everyMetricOfDashboardAlertsAndDocs_exists() throws IOException {
        Set<String> metrics = metrics();

        assertThat(metrics).containsAll(named(read(DEPLOY.resolve("grafana/dashboard.json"))));
        assertThat(metrics).containsAll(named(read(DEPLOY.resolve("alerts.yml"))));
        Set<String> documented = named(read(Path.of("..", "docs", "standalone.md")));
        assertThat(metrics).containsAll(documented);
        assertThat(documented).hasSizeGreaterThan(15);
        // And what there is of the bridge is told.
        assertThat(documented)
                .containsAll(metrics.stream()
                        .filter(name -> name.startsWith("bridge_"))
                        .toList());
    }

    @Test
    void dashboard_hasTwelvePanelsOfOneDataSource() throws IOException {
        JsonNode dashboard = new ObjectMapper()
                .readTree(DEPLOY.resolve("grafana/dashboard.json").toFile());

        assertThat(dashboard.get("panels")).hasSize(12);
        for (JsonNode panel : dashboard.get("panels")) {
            assertThat(panel.get("title").asText()).isNotBlank();
            assertThat(panel.get("targets")).isNotEmpty();
            for (JsonNode target : panel.get("targets")) {
                assertThat(target.get("expr").asText()).contains("$instance");
                assertThat(target.get("datasource").get("uid").asText()).isEqualTo("${datasource}");
            }
        }
    }

    @Test
    void alerts_areSix() throws IOException {
        assertThat(read(DEPLOY.resolve("alerts.yml")).lines().filter(line -> line.contains("- alert: ")))
                .hasSize(6);
        assertThat(yaml(read(DEPLOY.resolve("alerts.yml")))).containsKey("groups");
        assertThat(yaml(read(DEPLOY.resolve("prometheus.yml")))).containsKeys("scrape_configs", "rule_files");
    }

    @Test
    void everyOptionThatAFileNames_isOne() throws IOException {
        CommandLine command = new StandaloneBridge(name -> null).commandLine();
        Set<String> options = command.getSubcommands()
                .get("run")
                .getCommandSpec()
                .optionsMap()
                .keySet();
        for (String file : List.of("Dockerfile", "compose.yaml", "kubernetes.yaml", "mqtt-kafka-bridge.service")) {
            String text = read(DEPLOY.resolve(file))
                    .lines()
                    .filter(line -> line.contains("bridge.yaml") && !line.startsWith("#"))
                    .collect(Collectors.joining("\n"));
            assertThat(text).as(file).contains("run");
            Matcher found = OPTION.matcher(text);
            while (found.find()) {
                assertThat(options).as(file).contains(found.group(1));
            }
        }
    }

    @Test
    void dockerfile_namesWhatIsThereAndDoesNotRunAsRoot() throws IOException {
        String file = read(DEPLOY.resolve("Dockerfile"));

        assertThat(file)
                .contains("\nUSER 10001\n", "\nSTOPSIGNAL SIGTERM\n", "\nENTRYPOINT [\"bin/mqtt-kafka-bridge\"]\n")
                .contains("/health/live", "HEALTHCHECK");
        for (String line : file.lines()
                .filter(line -> line.startsWith("COPY ") || line.startsWith("RUN bin"))
                .toList()) {
            for (String source : line.replaceFirst("^(COPY|RUN) ", "").split(" ")) {
                if (source.matches("bin.*|conf|README.md")) {
                    assertThat(ARCHIVE.resolve(source)).exists();
                }
            }
        }
        assertThat(Path.of("..", "LICENSE")).exists();
    }

    @Test
    @SuppressWarnings("unchecked")
    void compose_mountsWhatIsThere() throws IOException {
        Map<String, Object> services =
                (Map<String, Object>) yaml(read(DEPLOY.resolve("compose.yaml"))).get("services");

        assertThat(services).containsOnlyKeys("mosquitto", "kafka", "bridge", "prometheus", "grafana");
        for (Object service : services.values()) {
            for (Object volume : (List<Object>) ((Map<String, Object>) service).getOrDefault("volumes", List.of())) {
                assertThat(DEPLOY.resolve(volume.toString().replaceFirst(":.*", "")))
                        .exists();
            }
        }
        assertThat(read(DEPLOY.resolve("prometheus.yml"))).contains("bridge:8080");
        assertThat(services.get("bridge").toString()).contains("--http-host, bridge");
    }

    @Test
    void kubernetes_hasARightFileProbesAndTimeToDrain() throws Exception {
        String[] documents = read(DEPLOY.resolve("kubernetes.yaml")).split("(?m)^---$");
        Map<String, Object> config = yaml(documents[0]);
        String file = ((Map<?, ?>) config.get("data")).get("bridge.yaml").toString();
        String deployment = yaml(documents[1]).toString();

        Run run = Run.standaloneBridge(
                "check",
                Files.writeString(directory.resolve("bridge.yaml"), file).toString());

        assertThat(run.exitCode()).as(run.output()).isZero();
        assertThat(deployment)
                .contains("replicas=1", "type=Recreate", "path=/health/live", "path=/health/ready", "runAsNonRoot=true")
                .contains("terminationGracePeriodSeconds=20", "containerPort=8080");
    }

    @Test
    void unit_waitsForTheDrainAndDoesNotRepeatAMistake() throws IOException {
        assertThat(read(DEPLOY.resolve("mqtt-kafka-bridge.service")))
                .contains("\nRestartPreventExitStatus=2\n", "\nTimeoutStopSec=20\n", "\nDynamicUser=yes\n")
                .contains("ExecStart=/opt/mqtt-kafka-bridge/bin/mqtt-kafka-bridge run ");
    }

    @Test
    void scripts_areLegalAndTakeTheirOwnPlace() throws Exception {
        for (String script : List.of("mqtt-kafka-bridge", "prepare")) {
            Path file = ARCHIVE.resolve("bin").resolve(script);
            Process check =
                    new ProcessBuilder("sh", "-n", file.toString()).inheritIO().start();
            assertThat(check.waitFor()).as(script).isZero();
            assertThat(read(file)).startsWith("#!/bin/sh\n").doesNotContain("\r");
        }
        assertThat(read(ARCHIVE.resolve("bin/mqtt-kafka-bridge.cmd"))).contains("%~dp0..", "exit /b %ERRORLEVEL%");
    }
}
