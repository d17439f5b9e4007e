package io.mqttkafka.bridge.core;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The sizes that the code keeps to, so that a file can be read at once and a call be understood. */
class HouseTest {
    private static final Path MAIN = Path.of("src/main/java/io/mqttkafka/bridge/core");
    private static final int MOST_LINES = 700;
    private static final int MOST_LINES_OF_NINE_IN_TEN = 420;
    private static final int MOST_PARAMETERS = 8;

    /** Classes with constructors or methods that may have more parameters: none. */
    private static final Set<String> WIDE = Set.of();

    /** Classes that the main code of other modules alone uses, or a ServiceLoader. */
    private static final Set<String> USED_ELSEWHERE = Set.of("DefaultBridgeProvider", "kafka.TopicTrial");

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.mqttkafka.bridge");

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(path -> path.toString().endsWith(".java") && !path.endsWith("package-info.java"))
                    .toList();
        }
    }

    private static int lines(Path file) {
        try (Stream<String> lines = Files.lines(file)) {
            return (int) lines.count();
        } catch (IOException e) {
            throw new AssertionError(file + " cannot be read", e);
        }
    }

    private static String name(JavaClass type) {
        String root = HouseTest.class.getPackageName() + ".";
        return type.getName().startsWith(root) ? type.getName().substring(root.length()) : type.getName();
    }

    @Test
    void files_areNotLong() throws IOException {
        List<Path> files = files(MAIN);
        assertThat(files).hasSizeGreaterThan(100);
        assertThat(files).allSatisfy(file -> assertThat(lines(file)).isLessThanOrEqualTo(MOST_LINES));
    }

    @ParameterizedTest
    @ValueSource(strings = {"source", "sink"})
    void files_nineInTen_areShort(String folder) throws IOException {
        List<Integer> lengths = files(MAIN.resolve(folder)).stream()
                .map(HouseTest::lines)
                .sorted()
                .toList();
        assertThat(lengths).hasSizeGreaterThan(10);
        assertThat(lengths.get((int) Math.ceil(lengths.size() * 0.9) - 1)).isLessThan(MOST_LINES_OF_NINE_IN_TEN);
    }

    @Test
    void signatures_areShort() {
        List<String> wide = CLASSES.stream()
                .filter(type -> !WIDE.contains(name(type)) && !type.isAnonymousClass())
                .flatMap(type -> type.getCodeUnits().stream())
                .filter(unit -> !unit.getName().startsWith("lambda$")
                        && unit.getRawParameterTypes().size() > MOST_PARAMETERS)
                .map(JavaCodeUnit::getFullName)
                .toList();
        assertThat(wide).isEmpty();
    }

    /** As far as it shows: what only tests use is a class that no other class of the main code knows. */
    @Test
    void classes_areUsedByMainCode() {
        List<String> unused = CLASSES.stream()
                .filter(type -> type.getPackageName().startsWith(HouseTest.class.getPackageName()))
                .filter(type -> type.isTopLevelClass() && !type.getSimpleName().equals("package-info"))
                .filter(type -> type.getDirectDependenciesToSelf().stream()
                        .map(dependency -> outermost(dependency.getOriginClass()))
                        .allMatch(type::equals))
                .map(HouseTest::name)
                .filter(name -> !USED_ELSEWHERE.contains(name))
                .toList();
        assertThat(unused).isEmpty();
    }

    private static JavaClass outermost(JavaClass type) {
        return type.getEnclosingClass().map(HouseTest::outermost).orElse(type);
    }
}
