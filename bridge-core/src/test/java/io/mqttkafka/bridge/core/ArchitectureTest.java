package io.mqttkafka.bridge.core;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.syntax.elements.GivenClassesConjunction;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.io.File;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Reader;
import java.io.Writer;
import java.net.ServerSocket;
import java.time.Clock;
import java.time.Instant;
import java.util.Set;
import java.util.Timer;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The directions in which the code of the API and the core may look. */
class ArchitectureTest {
    private static final String ROOT = "io.mqttkafka.bridge";
    private static final String CORE = ROOT + ".core";
    private static final String CODECS = ROOT + ".codecs..";
    private static final String MQTT = CORE + ".mqtt..";
    private static final String KAFKA = CORE + ".kafka..";
    private static final String SESSION = CORE + ".session..";
    private static final String ROUTING = CORE + ".routing..";
    private static final String SOURCE = CORE + ".source..";
    private static final String SINK = CORE + ".sink..";
    private static final String CONNECTION = CORE + ".connection..";
    private static final String ROUTE = CORE + ".route..";
    private static final String[] API = {
        ROOT, ROOT + ".config", ROOT + ".message", ROOT + ".failure", ROOT + ".event", ROOT + ".error", ROOT + ".spi"
    };

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(ROOT);

    static Stream<Named<ArchRule>> rules() {
        return Stream.of(
                rule(
                        "the API depends on the JDK and JSpecify only",
                        classes()
                                .that()
                                .resideInAnyPackage(API)
                                .should()
                                .onlyDependOnClassesThat(
                                        resideInAnyPackage(API).or(resideInAnyPackage("java..", "org.jspecify..")))),
                rule(
                        "nothing opens a port or registers an MBean",
                        noClasses()
                                .should()
                                .dependOnClassesThat(
                                        resideInAnyPackage("javax.management..").or(assignableTo(ServerSocket.class)))),
                rule(
                        "mqtt does not see kafka",
                        noClasses()
                                .that()
                                .resideInAPackage(MQTT)
                                .should()
                                .dependOnClassesThat()
                                .resideInAPackage(KAFKA)),
                rule(
                        "kafka does not see mqtt",
                        noClasses()
                                .that()
                                .resideInAPackage(KAFKA)
                                .should()
                                .dependOnClassesThat()
                                .resideInAPackage(MQTT)),
                rule(
                        "the source does not see the sink",
                        noClasses()
                                .that()
                                .resideInAPackage(SOURCE)
                                .should()
                                .dependOnClassesThat()
                                .resideInAPackage(SINK)),
                rule(
                        "the sink does not see the source",
                        noClasses()
                                .that()
                                .resideInAPackage(SINK)
                                .should()
                                .dependOnClassesThat()
                                .resideInAPackage(SOURCE)),
                rule(
                        "connection and route see neither direction",
                        noClasses()
                                .that()
                                .resideInAnyPackage(CONNECTION, ROUTE)
                                .should()
                                .dependOnClassesThat()
                                .resideInAnyPackage(SOURCE, SINK)),
                rule(
                        "route does not see connection",
                        noClasses()
                                .that()
                                .resideInAPackage(ROUTE)
                                .should()
                                .dependOnClassesThat()
                                .resideInAPackage(CONNECTION)),
                rule(
                        "kafka, mqtt, session and what they stand on see nothing above them",
                        noClasses()
                                .that()
                                .resideInAnyPackage(
                                        KAFKA,
                                        MQTT,
                                        SESSION,
                                        ROUTING,
                                        CORE + ".events..",
                                        CORE + ".time..",
                                        CORE + ".restart..")
                                .should()
                                .dependOnClassesThat()
                                .resideInAnyPackage(CORE, SOURCE, SINK, CONNECTION, ROUTE)),
                rule(
                        "session and routing see neither mqtt nor kafka",
                        pure().should().dependOnClassesThat().resideInAnyPackage(MQTT, KAFKA)),
                rule(
                        "session and routing see no client libraries",
                        pure().should()
                                .dependOnClassesThat()
                                .resideInAnyPackage("org.apache.kafka..", "org.eclipse.paho..", "org.slf4j..")),
                rule(
                        "session and routing use no sockets, streams or files",
                        pure().should()
                                .dependOnClassesThat(resideInAnyPackage(
                                                "java.net..", "java.nio.channels..", "java.nio.file..", "javax.net..")
                                        .or(assignableTo(InputStream.class))
                                        .or(assignableTo(OutputStream.class))
                                        .or(assignableTo(Reader.class))
                                        .or(assignableTo(Writer.class))
                                        .or(assignableTo(File.class)))),
                rule(
                        "session and routing use no threads, locks or executors",
                        pure().should()
                                .dependOnClassesThat(resideInAnyPackage("java.util.concurrent.locks..")
                                        .or(assignableTo(Thread.class))
                                        .or(assignableTo(Executor.class))
                                        .or(assignableTo(ThreadFactory.class))
                                        .or(assignableTo(Timer.class)))),
                rule(
                        "session and routing read no clock",
                        pure().should()
                                .accessTargetWhere(isAnyOf(System.class, "nanoTime", "currentTimeMillis"))
                                .orShould()
                                .accessTargetWhere(isAnyOf(Instant.class, "now"))
                                .orShould()
                                .dependOnClassesThat(assignableTo(Clock.class))),
                rule(
                        "session and routing draw no random numbers that a seed does not repeat",
                        pure().should()
                                .accessTargetWhere(isAnyOf(Math.class, "random"))
                                .orShould()
                                .dependOnClassesThat()
                                .haveNameMatching("java\\.util\\.concurrent\\.ThreadLocalRandom|java\\.security\\..*")),
                rule(
                        "only mqtt.control sees Paho",
                        noClasses()
                                .that()
                                .resideOutsideOfPackage(CORE + ".mqtt.control..")
                                .should()
                                .dependOnClassesThat()
                                .resideInAPackage("org.eclipse.paho..")),
                rule(
                        "of Paho only the packets are used, not its client",
                        noClasses()
                                .should()
                                .dependOnClassesThat()
                                .resideInAPackage("org.eclipse.paho.mqttv5.client..")),
                rule(
                        "mqtt.control and mqtt.wire use no sockets, threads or locks",
                        noClasses()
                                .that()
                                .resideInAnyPackage(CORE + ".mqtt.control..", CORE + ".mqtt.wire..")
                                .should()
                                .dependOnClassesThat(resideInAnyPackage(
                                                "java.net..",
                                                "java.nio.channels..",
                                                "javax.net..",
                                                "java.util.concurrent.locks..")
                                        .or(assignableTo(Thread.class))
                                        .or(assignableTo(Executor.class)))),
                rule(
                        "mqtt.control reads no clock",
                        noClasses()
                                .that()
                                .resideInAPackage(CORE + ".mqtt.control..")
                                .should()
                                .accessTargetWhere(isAnyOf(System.class, "nanoTime", "currentTimeMillis"))
                                .orShould()
                                .accessTargetWhere(isAnyOf(Instant.class, "now"))),
                rule(
                        "only kafka and codecs see kafka-clients",
                        noClasses()
                                .that(resideOutsideOfPackages(KAFKA, CODECS))
                                .should()
                                .dependOnClassesThat()
                                .resideInAPackage("org.apache.kafka..")),
                rule(
                        "only codecs see Jackson",
                        noClasses()
                                .that()
                                .resideOutsideOfPackage(CODECS)
                                .should()
                                .dependOnClassesThat()
                                .resideInAPackage("com.fasterxml..")),
                rule(
                        "codecs do not see the engine",
                        noClasses()
                                .that()
                                .resideInAPackage(CODECS)
                                .should()
                                .dependOnClassesThat()
                                .resideInAPackage(CORE + "..")),
                rule(
                        "the packages of the core have no cycles",
                        slices().assignedFrom(new PackagesOfCore()).should().beFreeOfCycles()),
                rule(
                        "nothing sees java.util.logging",
                        noClasses().should().dependOnClassesThat().resideInAPackage("java.util.logging..")),
                rule("nothing writes to standard output or error", noClasses().should(ACCESS_STANDARD_STREAMS)),
                rule(
                        "only time sees the wall clock, which can go back",
                        noClasses()
                                .that()
                                .resideOutsideOfPackage(CORE + ".time..")
                                .should()
                                .accessTargetWhere(isAnyOf(System.class, "currentTimeMillis"))
                                .orShould()
                                .accessTargetWhere(isAnyOf(java.time.Instant.class, "now"))),
                rule(
                        "nothing sleeps",
                        noClasses()
                                .should()
                                .accessTargetWhere(isAnyOf(Thread.class, "sleep"))
                                .orShould()
                                .accessTargetWhere(isAnyOf(TimeUnit.class, "sleep"))));
    }

    private static Named<ArchRule> rule(String name, ArchRule rule) {
        return Named.of(name, rule.as(name));
    }

    private static GivenClassesConjunction pure() {
        return noClasses().that().resideInAnyPackage(SESSION, ROUTING);
    }

    /** Calls and method references alike. */
    private static DescribedPredicate<JavaAccess<?>> isAnyOf(Class<?> type, String... names) {
        Set<String> set = Set.of(names);
        return describe(
                type.getSimpleName() + "." + String.join("|", names),
                access -> access.getTargetOwner().isEquivalentTo(type) && set.contains(access.getName()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rules")
    void mainCode_rule_holds(ArchRule rule) {
        // The packages grow one after the other: a rule about one that is still empty holds.
        rule.allowEmptyShould(true).check(CLASSES);
    }

    @Test
    void mainCode_imported_holdsApiAndCodecsButNoTests() {
        assertThat(CLASSES.contain(ROOT + ".Bridge")).isTrue();
        assertThat(CLASSES.contain(ROOT + ".codecs.KafkaSerdeCodec")).isTrue();
        assertThat(CLASSES.contain(ArchitectureTest.class.getName())).isFalse();
    }

    /** Every package of the core by itself, the root included. */
    private static final class PackagesOfCore implements SliceAssignment {
        @Override
        public SliceIdentifier getIdentifierOf(JavaClass type) {
            String name = type.getPackageName();
            return name.equals(CORE) || name.startsWith(CORE + ".")
                    ? SliceIdentifier.of(name)
                    : SliceIdentifier.ignore();
        }

        @Override
        public String getDescription() {
            return "packages of the core";
        }
    }
}
