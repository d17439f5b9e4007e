package io.mqttkafka.bridge.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The README shows code that compiles and runs: that of {@link SensorsToKafka} and {@link TestingYourRoutesTest}. */
class ReadmeTest {
    private static final Path README = Path.of("..", "README.md");
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
        String readme = Files.readString(README);
        Matcher block = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL)
                .matcher(readme.substring(readme.indexOf("## Testing your routes")));
        assertThat(block.find()).isTrue();
        String shown = code(block.group(1));
        String compiled = code(Files.readString(TESTS));

        int method = shown.indexOf("@Test");
        assertThat(compiled).contains(shown.substring(0, method), shown.substring(method));
    }

    private static String statement(String code, String start) {
        int from = code.indexOf(start);
        return code.substring(from, code.indexOf(".build()", from));
    }

    private static String code(String java) {
        return java.replaceAll(" //.*", "").replaceAll("\\s", "");
    }
}
