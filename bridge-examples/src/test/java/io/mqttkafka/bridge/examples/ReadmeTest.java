package io.mqttkafka.bridge.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** README and docs/testing.md show code that runs, that of {@link SensorsToKafka} and {@link TestingYourRoutesTest}. */
class ReadmeTest {
    private static final Path README = Path.of("..", "README.md");
    private static final Path TESTING = Path.of("..", "docs", "testing.md");
    private static final Path EXAMPLE =
            Path.of("src", "main", "java", "io", "mqttkafka", "bridge", "examples", "SensorsToKafka.java");

    private static final Path TESTS =
            Path.of("src", "test", "java", "io", "mqttkafka", "bridge", "examples", "TestingYourRoutesTest.java");

    @Test
    void tenLines_areThoseOfTheExample() throws IOException {
        Matcher block = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(Files.readString(README));
        assertThat(block.find()).isTrue();
        String shown = code(block.group(1));
        String compiled = code(Files.readString(EXAMPLE)
                .replace("args[0]", "\"tcp://broker:1883\"")
                .replace("args[1]", "\"kafka:9092\""));

        assertThat(compiled).contains(statement(shown, "Routetelemetry="), statement(shown, "Bridge.builder()"));
    }

    @Test
    void testingYourRoutes_isThatOfTheTest() throws IOException {
        Matcher block = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(Files.readString(TESTING));
        assertThat(block.find()).isTrue();
        String shown = code(block.group(1));
        String compiled = code(Files.readString(TESTS));

        int method = shown.indexOf("@Test");
        assertThat(compiled).contains(shown.substring(0, method), shown.substring(method));
    }

    @Test
    void links_leadToFilesAndHeadings() throws IOException {
        Path root = Path.of("..");
        List<Path> pages = new ArrayList<>(List.of(README, root.resolve("CONTRIBUTING.md")));
        try (Stream<Path> docs = Files.list(root.resolve("docs"))) {
            docs.filter(file -> file.toString().endsWith(".md")).forEach(pages::add);
        }
        assertThat(pages).hasSizeGreaterThan(5);
        for (Path page : pages) {
            Matcher link = Pattern.compile("]\\(([^):]+)\\)").matcher(Files.readString(page));
            while (link.find()) {
                String[] target = link.group(1).split("#", -1);
                Path file = target[0].isEmpty() ? page : page.resolveSibling(target[0]);
                assertThat(file).as("%s of %s", link.group(1), page).exists();
                if (target.length > 1) {
                    assertThat(headings(file)).as(page.toString()).contains(target[1]);
                }
            }
        }
    }

    private static List<String> headings(Path page) throws IOException {
        return Files.readAllLines(page).stream()
                .filter(line -> line.startsWith("#"))
                .map(line -> line.replaceAll("^#+ ", "")
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^a-z0-9 -]", "")
                        .replace(' ', '-'))
                .toList();
    }

    private static String statement(String code, String start) {
        int from = code.indexOf(start);
        return code.substring(from, code.indexOf(".build()", from));
    }

    private static String code(String java) {
        return java.replaceAll(" //.*", "").replaceAll("\\s", "");
    }
}
