package io.mqttkafka.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.event.BridgeListener;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Keeps the API small: what users have to know, how long its signatures are, and what they can make. */
class ApiSizeTest {
    private static final String SPI = "io.mqttkafka.bridge.spi";
    private static final int MOST_TYPES = 60;
    private static final int MOST_PARAMETERS = 8;

    private static List<Class<?>> publicTypes;

    @BeforeAll
    static void findTypes() throws Exception {
        Path root = Path.of(
                Bridge.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        try (Stream<Path> files = Files.walk(root)) {
            publicTypes = files.map(file -> root.relativize(file).toString())
                    .filter(name -> name.endsWith(".class") && !name.endsWith("-info.class"))
                    .<Class<?>>map(name -> load(name.substring(0, name.length() - ".class".length())
                            .replace('/', '.')
                            .replace('\\', '.')))
                    .filter(ApiSizeTest::isPublic)
                    .toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** A builder counts with what it builds, an event with the listener that is told of it: nobody looks for them. */
    @Test
    void types_thatUsersMeet_areFew() {
        assertThat(publicTypes).contains(Bridge.class, BridgeHealth.RouteCounts.class);
        Set<String> met = forUsers()
                .filter(type -> !type.getSimpleName().equals("Builder") && !isEvent(type))
                .map(Class::getName)
                .collect(Collectors.toSet());
        assertThat(met).hasSizeLessThanOrEqualTo(MOST_TYPES);
    }

    @Test
    void signatures_areShort() {
        assertThat(publicTypes.stream().flatMap(ApiSizeTest::executables))
                .filteredOn(executable -> executable.getParameterCount() > MOST_PARAMETERS)
                .isEmpty();
    }

    @Test
    void optionsAndHealth_areFinalAndMadeByBuildersOnly() {
        List<? extends Class<?>> built = forUsers()
                .filter(type -> Arrays.stream(type.getDeclaredClasses())
                        .anyMatch(nested -> nested.getSimpleName().equals("Builder")))
                .toList();
        assertThat(built).hasSizeGreaterThanOrEqualTo(12);
        assertThat(built).allSatisfy(type -> {
            assertThat(Modifier.isFinal(type.getModifiers())).isTrue();
            assertThat(type.getDeclaredConstructors())
                    .allMatch(constructor -> Modifier.isPrivate(constructor.getModifiers()));
        });
        assertThat(forUsers().filter(type -> type.getSimpleName().endsWith("Options")))
                .allMatch(built::contains)
                .allSatisfy(type -> assertThat(
                                type.getMethod("toBuilder").getReturnType().getSimpleName())
                        .isEqualTo("Builder"));
    }

    private static Stream<Class<?>> forUsers() {
        return publicTypes.stream().filter(type -> !type.getPackageName().equals(SPI));
    }

    private static boolean isEvent(Class<?> type) {
        return type.isRecord() && type.getPackage().equals(BridgeListener.class.getPackage());
    }

    private static Stream<Executable> executables(Class<?> type) {
        Stream<Constructor<?>> constructors = Arrays.stream(type.getDeclaredConstructors());
        return Stream.concat(constructors, Arrays.stream(type.getDeclaredMethods()));
    }

    private static boolean isPublic(Class<?> type) {
        return Modifier.isPublic(type.getModifiers())
                && (type.getDeclaringClass() == null || isPublic(type.getDeclaringClass()));
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName(name, false, ApiSizeTest.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new AssertionError(e);
        }
    }
}
